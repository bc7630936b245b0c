// Gateways against fleet-bridge and a real Mosquitto: topology, sub-device sessions and what gateways are told. The
// gateways speak MQTT through our own engine, the bridge listens through Paho.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tests/contract/mqtt_gateway.h"
#include "tests/support/child_process.h"
#include "tests/support/http_caller.h"
#include "tests/support/mosquitto.h"
#include "tests/support/run_loop.h"
#include "tests/support/temp_dir.h"
#include "wire/mqtt/connection.h"

namespace fleet::tests {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using wire::mqtt::Qos;

constexpr const char* kSecret = "neverToBeSeenInALog";

std::string lamp(int number) { return fmt::format("lamp-{}", number); }

json signed_lamp(int number, const std::string& method = "hmacsha1") {
  return signed_item("lamps", lamp(number), kSecret, method);
}

json bare_lamp(int number) { return {{"productKey", "lamps"}, {"deviceName", lamp(number)}}; }

class BridgeDevices : public testing::Test {
 protected:
  // `more`: further lines of bridge.yaml.
  void start(const std::string& more = {}) {
    std::string lamps;
    for (int i = 1; i <= 60; ++i) lamps += fmt::format("{{ name: {}, secret: {} }}, ", lamp(i), kSecret);
    const auto path = directory_.write(
        "bridge.yaml",
        fmt::format("http: {{ listen: 127.0.0.1:0 }}\nmqtt: {{ broker: mqtt://127.0.0.1:{} }}\nlimits: off\n"
                    "registry: {{ store: sqlite:{} }}\n"
                    "accounts: [ {{ access_key_id: testid, access_key_secret: testsecret }} ]\n"
                    "products:\n"
                    "  - {{ key: gates, kind: gateway, devices: [ {{ name: gate-1 }}, {{ name: gate-2 }} ] }}\n"
                    "  - {{ key: lamps, kind: sub-device, devices: [ {} ] }}\n{}",
                    broker_.port(), (directory_.path() / "registry.db").string(), lamps, more));
    bridge_.emplace(std::vector<std::string>{FLEET_BRIDGE_PROGRAM, "--config", path.string()});
    const std::string ready = "listening on http://127.0.0.1:";
    ASSERT_TRUE(bridge_->wait_for_output(ready)) << bridge_->output();
    const std::string output = bridge_->output();
    caller_.emplace(static_cast<std::uint16_t>(std::atoi(output.c_str() + output.find(ready) + ready.size())));
  }
  std::unique_ptr<Gateway> gateway(const std::string& name) {
    return std::make_unique<Gateway>(loop_, context_, broker_.port(), name);
  }
  json call(const std::string& action, FormParams params) {
    const auto reply = caller_->call(post(signed_form(action, std::move(params))));
    return reply ? json::parse(reply->body, nullptr, false) : json();
  }
  // BatchAddThingTopo of these lamps.
  json attach(const std::string& gateway_name, const std::vector<int>& numbers) {
    FormParams params = {{"GwProductKey", "gates"}, {"GwDeviceName", gateway_name}};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const std::string prefix = fmt::format("TopoAddItem.{}.", i + 1);
      const json item = signed_lamp(numbers[i]);
      params.emplace_back(prefix + "ProductKey", "lamps");
      params.emplace_back(prefix + "DeviceName", lamp(numbers[i]));
      params.emplace_back(prefix + "ClientId", item["clientId"]);
      params.emplace_back(prefix + "Timestamp", "1767323045678");
      params.emplace_back(prefix + "SignMethod", item["signMethod"]);
      params.emplace_back(prefix + "Sign", item["sign"]);
    }
    return call("BatchAddThingTopo", std::move(params));
  }
  std::string status(const std::string& product_key, const std::string& name) {
    return call("QueryDeviceDetail", {{"ProductKey", product_key}, {"DeviceName", name}})["Data"]["Status"];
  }
  // Ends the bridge in order; nothing in its log is unexplained, and no secret.
  void stop() {
    EXPECT_EQ(bridge_->stop(), 0);
    const std::string log = bridge_->output();
    EXPECT_THAT(log, Not(HasSubstr(kSecret)));
    EXPECT_TRUE(log_explained_ || std::count(log.begin(), log.end(), '\n') == 1) << log;
  }

  Mosquitto broker_;
  TempDir directory_;
  RunLoop loop_;
  wire::mqtt::ConnectionContext context_{loop_.io()};
  std::optional<ChildProcess> bridge_;
  std::optional<HttpCaller> caller_;
  bool log_explained_ = false;
};

TEST_F(BridgeDevices, AGatewayAttachesItsLampsAndLogsThemIn) {
  start();
  const auto gate = gateway("gate-1");
  const json added = gate->ask("thing/topo/add", json::array({signed_lamp(1), signed_lamp(2, "hmacSha256")}));
  EXPECT_EQ(added["code"], 200) << added;
  EXPECT_EQ(added["data"], json::array({bare_lamp(1), bare_lamp(2)}));
  EXPECT_EQ(gate->ask("thing/topo/get", json::object(), Qos::at_least_once)["data"], added["data"]);
  EXPECT_EQ(status("lamps", "lamp-1"), "UNACTIVE");
  const json in = gate->ask("combine/login", signed_lamp(1));
  EXPECT_EQ(in["code"], 200) << in;
  EXPECT_EQ(in["data"], bare_lamp(1));
  EXPECT_EQ(status("lamps", "lamp-1"), "ONLINE");
  EXPECT_EQ(status("gates", "gate-1"), "ONLINE");
  EXPECT_EQ(gate->code("combine/login", signed_lamp(3)), 6401);
  EXPECT_EQ(gate->code("combine/batch_login", {{"deviceList", json::array({signed_lamp(1), signed_lamp(2)})}}), 200);
  EXPECT_EQ(gate->code("combine/batch_logout", json::array({bare_lamp(1), bare_lamp(2)})), 200);
  EXPECT_EQ(gate->code("combine/logout", bare_lamp(1)), 520);
  EXPECT_EQ(status("lamps", "lamp-1"), "OFFLINE");
  EXPECT_EQ(gate->code("thing/topo/delete", json::array({bare_lamp(2)})), 200);
  EXPECT_EQ(gate->ask("thing/topo/get", json::object())["data"], json::array({bare_lamp(1)}));
  const json registered = gate->ask("thing/sub/register",
                                    json::array({bare_lamp(1), {{"productKey", "lamps"}, {"deviceName", "new-one"}}}));
  EXPECT_EQ(registered["code"], 200);
  EXPECT_EQ(registered["data"][0]["deviceSecret"], kSecret);
  EXPECT_EQ(call("QueryDeviceDetail", {{"IotId", registered["data"][1]["iotId"]}})["Data"]["DeviceName"], "new-one");
  EXPECT_EQ(gate->code("thing/list/found", json::array({bare_lamp(1)})), 200);
  EXPECT_THAT(gate->left(), ElementsAre());
  stop();
}

TEST_F(BridgeDevices, BothGatewaysHearOfAMoveAndTheOldOneIsKicked) {
  start();
  const auto first = gateway("gate-1");
  const auto second = gateway("gate-2");
  EXPECT_EQ(attach("gate-1", {1, 2, 3})["Success"], true);
  EXPECT_EQ(first->wait_change(),
            json({{"status", 0}, {"subList", json::array({bare_lamp(1), bare_lamp(2), bare_lamp(3)})}}));
  EXPECT_EQ(first->code("combine/login", signed_lamp(1)), 200);
  EXPECT_EQ(attach("gate-2", {1, 2})["Success"], true);
  EXPECT_EQ(first->wait_change(), json({{"status", 1}, {"subList", json::array({bare_lamp(1), bare_lamp(2)})}}));
  EXPECT_EQ(second->wait_change(), json({{"status", 0}, {"subList", json::array({bare_lamp(1), bare_lamp(2)})}}));
  const json kick = first->wait_kick();
  EXPECT_EQ(kick["code"], 6401) << kick;
  EXPECT_EQ(kick["message"], "topo relation not exist");
  EXPECT_EQ(kick["data"], bare_lamp(1));
  EXPECT_EQ(first->code("combine/login", signed_lamp(1)), 6401);
  EXPECT_EQ(second->code("combine/login", signed_lamp(1)), 200);
  // The same again, asked for by a gateway: the other one loses what it had logged in.
  EXPECT_EQ(first->code("thing/topo/add", json::array({signed_lamp(1)})), 200);
  EXPECT_EQ(second->wait_change(), json({{"status", 1}, {"subList", json::array({bare_lamp(1)})}}));
  EXPECT_EQ(second->wait_kick()["code"], 6401);
  // What a deleted, a disabled and an enabled lamp come to.
  EXPECT_EQ(first->code("combine/batch_login", {signed_lamp(1), signed_lamp(3)}), 200);
  const FormParams third = {{"ProductKey", "lamps"}, {"DeviceName", "lamp-3"}};
  EXPECT_EQ(call("DisableThing", third)["Success"], true);
  EXPECT_EQ(first->wait_change(), json({{"status", 8}, {"subList", json::array({bare_lamp(3)})}}));
  EXPECT_EQ(first->wait_kick()["code"], 522);
  EXPECT_EQ(first->code("combine/login", signed_lamp(3)), 522);
  EXPECT_EQ(status("lamps", "lamp-3"), "DISABLE");
  EXPECT_EQ(call("EnableThing", third)["Success"], true);
  EXPECT_EQ(first->wait_change()["status"], 2);
  EXPECT_EQ(call("DeleteDevice", {{"ProductKey", "lamps"}, {"DeviceName", "lamp-1"}})["Success"], true);
  EXPECT_EQ(first->wait_change(), json({{"status", 1}, {"subList", json::array({bare_lamp(1)})}}));
  EXPECT_EQ(first->wait_kick()["code"], 521);
  EXPECT_EQ(first->code("combine/login", signed_lamp(1)), 6100);
  EXPECT_THAT(first->left(), ElementsAre());
  EXPECT_THAT(second->left(), ElementsAre());
  stop();
}

TEST_F(BridgeDevices, AGatewayIsAskedToAttach) {
  start();
  const auto gate = gateway("gate-1");
  const json asked =
      call("NotifyAddThingTopo", {{"GwProductKey", "gates"},
                                  {"GwDeviceName", "gate-1"},
                                  {"DeviceListStr", R"([{"productKey":"lamps","deviceName":"lamp-1"}])"}});
  EXPECT_EQ(asked["Success"], true) << asked;
  const json notice = gate->wait(gate->topic("thing/topo/add/notify"));
  EXPECT_EQ(notice["id"], asked["Data"]["MessageId"]);
  EXPECT_EQ(notice["params"], json::array({bare_lamp(1)}));
  EXPECT_EQ(notice["method"], "thing.topo.add.notify");
  gate->send(gate->topic("thing/topo/add/notify_reply"), R"({"id":"1","code":200,"data":{}})");
  EXPECT_EQ(gate->code("thing/topo/add", json::array({signed_lamp(1)})), 200);
  stop();
}

TEST_F(BridgeDevices, WhatWasAnsweredIsThereAfterAKill) {
  start();
  const auto gate = gateway("gate-1");
  EXPECT_EQ(gate->code("thing/topo/add", json::array({signed_lamp(1)})), 200);
  EXPECT_EQ(gate->code("combine/login", signed_lamp(1)), 200);
  const json registered =
      gate->ask("thing/sub/register", json::array({{{"productKey", "lamps"}, {"deviceName", "new-one"}}}));
  EXPECT_EQ(call("DisableThing", {{"ProductKey", "lamps"}, {"DeviceName", "lamp-2"}})["Success"], true);
  bridge_->signal(SIGKILL);
  EXPECT_EQ(bridge_->wait(), 128 + SIGKILL);
  start();
  EXPECT_EQ(gate->ask("thing/topo/get", json::object())["data"], json::array({bare_lamp(1)}));
  EXPECT_EQ(status("lamps", "lamp-1"), "OFFLINE") << "the session is gone, that it was online is not";
  EXPECT_EQ(status("lamps", "lamp-2"), "DISABLE");
  EXPECT_EQ(gate->code("combine/logout", bare_lamp(1)), 520);
  const json again =
      gate->ask("thing/sub/register", json::array({{{"productKey", "lamps"}, {"deviceName", "new-one"}}}));
  EXPECT_EQ(again["data"], registered["data"]);
  stop();
}

TEST_F(BridgeDevices, BadMessagesHarmNobody) {
  start();
  log_explained_ = true;
  const auto gate = gateway("gate-1");
  const std::string topic = gate->topic("thing/topo/add");
  for (const std::string& payload :
       {std::string(), std::string("{"), std::string("[]"), std::string("\xff\xfe"), std::string(70'000, '['),
        std::string(R"({"id":"1","params":)") + std::string(20'000, '[') + std::string(20'000, ']') + "}",
        std::string(R"({"sys":{"ack":0}})"), std::string(1, '\0')}) {
    gate->send(topic, payload, Qos::at_least_once);
  }
  EXPECT_EQ(gate->wait(topic + "_reply")["code"], 460);
  for (const json& params : {json(), json::array(), json(7), json("x"), json::array({1}), json::object(),
                             json::array({{{"productKey", "lamps"}}}), json::array({bare_lamp(1)})}) {
    EXPECT_EQ(gate->code("thing/topo/add", params), 460) << params;
  }
  gate->send("/sys/gates/g%7f/thing/topo/get", R"({"id":"x"})");
  gate->send("/sys/gates/nobody/thing/topo/get", R"({"id":"x"})");
  EXPECT_EQ(gate->code("thing/topo/add", json::array({signed_lamp(1)})), 200);
  EXPECT_EQ(attach("gate-2", {2})["Success"], true);
  EXPECT_TRUE(bridge_->wait_for_output("device messages dropped since the start"));
  stop();
}

// More requests at once than the bridge may keep: what it drops it says, what it keeps it answers, and HTTP goes on.
TEST_F(BridgeDevices, AFloodIsBounded) {
  start();
  log_explained_ = true;
  const auto gate = gateway("gate-1");
  const std::string padding(30'000, ' ');
  for (int i = 0; i < 400; ++i)
    gate->send(gate->topic("thing/topo/get"), R"({"id":"flood","method":"")" + padding + "}");
  EXPECT_EQ(attach("gate-1", {1})["Success"], true);
  EXPECT_EQ(gate->insist("thing/topo/get")["data"], json::array({bare_lamp(1)}));
  stop();
}

TEST_F(BridgeDevices, ComesBackWithTheBroker) {
  start();
  log_explained_ = true;
  broker_.explain("terminating");
  broker_.kill();
  ASSERT_TRUE(bridge_->wait_for_output("device connection: lost"));
  EXPECT_EQ(attach("gate-1", {1})["Success"], true) << "nobody hears of it";
  broker_.start_again();
  ASSERT_TRUE(bridge_->wait_for_output("device connection: connected"));
  // Behind that line the subscription is on its way.
  EXPECT_EQ(gateway("gate-1")->insist("thing/topo/get")["data"], json::array({bare_lamp(1)}));
  stop();
}

TEST_F(BridgeDevices, CanBeOff) {
  start("devices: off\n");
  const auto gate = gateway("gate-1");
  EXPECT_EQ(attach("gate-1", {1})["Success"], true);
  gate->send(gate->topic("thing/topo/get"), R"({"id":"1"})", Qos::at_least_once);
  EXPECT_EQ(status("gates", "gate-1"), "UNACTIVE");
  // Its own word, behind whatever the bridge had to say to the call.
  gate->send(gate->topic("thing/topo/change"), R"({"id":"its own"})", Qos::at_least_once);
  EXPECT_EQ(gate->wait(gate->topic("thing/topo/change"))["id"], "its own");
  EXPECT_THAT(gate->left(), ElementsAre());
  stop();
}

TEST_F(BridgeDevices, ABrokerThatRefusesItsTopicsIsTold) {
  Mosquitto strict({.open_topics_only = true});
  strict.explain("is not allowed");
  const auto path = directory_.write(
      "strict.yaml",
      fmt::format("http: {{ listen: 127.0.0.1:0 }}\nmqtt: {{ broker: mqtt://127.0.0.1:{} }}\n", strict.port()));
  ChildProcess bridge({FLEET_BRIDGE_PROGRAM, "--config", path.string()});
  EXPECT_TRUE(bridge.wait_for_output("refuses the subscription to /sys/+/+/thing/topo/add"));
  EXPECT_TRUE(bridge.wait_for_output("listening on")) << bridge.output();
  EXPECT_EQ(bridge.stop(), 0);
}

}  // namespace
}  // namespace fleet::tests
