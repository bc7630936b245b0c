// Products and single devices: made, listed, described, deleted.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "api_fixture.h"
#include "bridge/devices/sessions.h"

namespace fleet::bridge::test {
namespace {

using nlohmann::json;
using Params = std::map<std::string, std::string>;
using ::testing::ElementsAre;

std::string product(ApiUnderTest& bridge, Params params) {
  params.try_emplace("NodeType", "0");
  return bridge.act("CreateProduct", params).json().value("ProductKey", "");
}

TEST(CreateProduct, MakesAProductThatCanBeUsed) {
  ApiUnderTest bridge;
  const json answer = bridge
                          .act("CreateProduct", {{"ProductName", "Light_1"},
                                                 {"NodeType", "0"},
                                                 {"DataFormat", "1"},
                                                 {"Description", "Product test"},
                                                 {"AliyunCommodityCode", "iothub_senior"},
                                                 {"NetType", "WIFI"}})
                          .json();
  EXPECT_EQ(answer["Success"], true);
  const std::string key = answer["ProductKey"];
  const json data = answer["Data"];
  EXPECT_EQ(data["ProductKey"], key);
  EXPECT_EQ(data["ProductName"], "Light_1");
  EXPECT_EQ(data["NodeType"], 0);
  EXPECT_EQ(data["DataFormat"], 1);
  EXPECT_EQ(data["AliyunCommodityCode"], "iothub_senior");
  EXPECT_EQ(data["Description"], "Product test");
  EXPECT_EQ(data["AuthType"], "secret");
  EXPECT_FALSE(data["ProductSecret"].get<std::string>().empty());

  const json topics = bridge.act("QueryProductTopic", {{"ProductKey", key}}).json()["Data"]["ProductTopicInfo"];
  ASSERT_EQ(topics.size(), 3u);
  std::map<std::string, std::string> operations;
  for (const json& topic : topics) {
    operations[topic["TopicShortName"]] = topic["Operation"];
    EXPECT_TRUE(topic["Id"].is_string());
    EXPECT_EQ(topic["ProductKey"], key);
  }
  EXPECT_EQ(operations, (std::map<std::string, std::string>{{"/" + key + "/${deviceName}/user/get", "1"},
                                                            {"/" + key + "/${deviceName}/user/update", "0"},
                                                            {"/" + key + "/${deviceName}/user/update/error", "0"}}));
  EXPECT_EQ(bridge.act("RegisterDevice", {{"ProductKey", key}, {"DeviceName", "light"}}).member("Success"), "true");
  EXPECT_TRUE(bridge
                  .act("BatchPub", {{"ProductKey", key},
                                    {"DeviceName.1", "light"},
                                    {"TopicShortName", "get"},
                                    {"MessageContent", "aGVsbG8="}})
                  .accepted());
}

TEST(CreateProduct, KnowsGatewaysSubDevicesAndCertificates) {
  ApiUnderTest bridge;
  const Registry& registry = bridge.api.registry();
  EXPECT_EQ(registry.product(product(bridge, {{"ProductName", "gates"}, {"NodeType", "1"}}))->kind(),
            DeviceKind::gateway);
  EXPECT_EQ(registry.product(product(bridge, {{"ProductName", "subs"}, {"ProtocolType", "modbus"}}))->kind(),
            DeviceKind::sub_device);
  const Product* const x509 = registry.product(product(bridge, {{"ProductName", "certs"}, {"AuthType", "x509"}}));
  EXPECT_EQ(x509->kind(), DeviceKind::device);
  EXPECT_TRUE(x509->x509());
}

TEST(CreateProduct, RefusesBadProducts) {
  ApiUnderTest bridge;
  const auto code = [&bridge](const std::string& name, const std::string& value) {
    Params params = {{"ProductName", "Light"}, {"NodeType", "0"}};
    params[name] = value;
    return bridge.act("CreateProduct", params).member("Code");
  };
  const std::string wide = "\xe6\x99\xba";
  EXPECT_EQ(code("ProductName", ""), "iot.prod.NullProductName");
  for (const std::string& bad : {std::string("abc"), std::string(31, 'a'), std::string("a light"), wide + "a",
                                 std::string("\xe3\x81\x82\xe3\x81\x82"), std::string("\xff\xff\xff\xff")}) {
    EXPECT_EQ(code("ProductName", bad), "iot.prod.InvalidFormattedProductName") << bad;
  }
  EXPECT_EQ(code("NodeType", ""), "iot.prod.InvalidNodeType");
  EXPECT_EQ(code("NodeType", "2"), "iot.prod.InvalidNodeType");
  EXPECT_EQ(code("DataFormat", "7"), "iot.common.InvalidFormattedParameter");
  EXPECT_EQ(code("AliyunCommodityCode", "x"), "iot.prod.InvalidAliyunCommodityCode");
  EXPECT_EQ(code("Description", std::string(101, 'x')), "iot.prod.LongProductDesc");
  EXPECT_EQ(code("Description", "\xff"), "iot.common.InvalidFormattedParameter");
  std::string hundred;
  for (int i = 0; i < 100; ++i) hundred += wide;
  EXPECT_EQ(code("Description", hundred), "");
  EXPECT_EQ(code("Description", "again"), "iot.prod.AlreadyExistedProductName");
  EXPECT_EQ(bridge.act("CreateProduct", {{"NodeType", "0"}}).member("Code"), "MissingProductName");
  EXPECT_EQ(bridge.act("CreateProduct", {{"ProductName", "Lamp"}}).member("Code"), "MissingNodeType");
}

TEST(QueryProductTopic, RefusesUnknownProducts) {
  ApiUnderTest bridge;
  EXPECT_EQ(bridge.act("QueryProductTopic", {{"ProductKey", "nobody"}}).member("Code"), "iot.prod.NotExistedProduct");
  EXPECT_EQ(bridge.act("QueryProductTopic", {}).member("Code"), "MissingProductKey");
  const json answer = bridge.act("QueryProductTopic", {{"ProductKey", "otherproduct"}}).json();
  EXPECT_EQ(answer["Data"], json::parse(R"({"ProductTopicInfo":[]})"));
}

TEST(RegisterDevice, MakesADevice) {
  ApiUnderTest bridge;
  const json data =
      bridge
          .act("RegisterDevice",
               {{"ProductKey", "a1BwAGVxxxx"}, {"DeviceName", "light"}, {"Nickname", "detectors_in_beijing"}})
          .json()["Data"];
  EXPECT_EQ(data["ProductKey"], "a1BwAGVxxxx");
  EXPECT_EQ(data["DeviceName"], "light");
  EXPECT_EQ(data["Nickname"], "detectors_in_beijing");
  EXPECT_EQ(data["DeviceSecret"].get<std::string>().size(), 32u);
  const std::string iot_id = data["IotId"];
  const json detail = bridge.act("QueryDeviceDetail", {{"IotId", iot_id}}).json()["Data"];
  EXPECT_EQ(detail["DeviceName"], "light");
  EXPECT_EQ(detail["DeviceSecret"], data["DeviceSecret"]);
  EXPECT_EQ(detail["UtcCreate"], "2026-01-02T03:04:05.000Z");
  EXPECT_EQ(detail["GmtCreate"], "2026-01-02 11:04:05");
  EXPECT_EQ(detail["Status"], "UNACTIVE");
  EXPECT_EQ(detail["NodeType"], 0);
}

TEST(RegisterDevice, MakesANameWhereNoneIsGiven) {
  ApiUnderTest bridge;
  const json first = bridge.act("RegisterDevice", {{"ProductKey", "a1BwAGVxxxx"}}).json()["Data"];
  const json second = bridge.act("RegisterDevice", {{"ProductKey", "a1BwAGVxxxx"}, {"DeviceName", ""}}).json()["Data"];
  EXPECT_EQ(first["DeviceName"].get<std::string>().size(), 20u);
  EXPECT_NE(first["DeviceName"], second["DeviceName"]);
  EXPECT_EQ(first["Nickname"], "");
}

TEST(RegisterDevice, RefusesBadDevices) {
  ApiUnderTest bridge;
  const auto code = [&bridge](Params params) { return bridge.act("RegisterDevice", params).member("Code"); };
  EXPECT_EQ(code({}), "MissingProductKey");
  EXPECT_EQ(code({{"ProductKey", "nobody"}}), "iot.prod.NotExistedProduct");
  EXPECT_EQ(code({{"ProductKey", "a1BwAGVxxxx"}, {"DeviceName", "abc"}}), "iot.device.InvalidFormattedDeviceName");
  EXPECT_EQ(code({{"ProductKey", "a1BwAGVxxxx"}, {"DeviceName", "newdevice1"}}), "iot.device.AlreadyExistedDeviceName");
  EXPECT_EQ(code({{"ProductKey", "a1BwAGVxxxx"}, {"Nickname", "a b c"}}), "iot.common.InvalidFormattedParameter");
}

TEST(QueryDevice, ListsTheYoungestFirst) {
  ApiUnderTest bridge;
  const std::string key = product(bridge, {{"ProductName", "Light"}});
  for (int i = 1; i <= 12; ++i) {
    (void)bridge.act("RegisterDevice", {{"ProductKey", key}, {"DeviceName", fmt::format("light-{}", i)}});
  }
  const json page = bridge.act("QueryDevice", {{"ProductKey", key}}).json();
  EXPECT_EQ(page["Total"], 12);
  EXPECT_EQ(page["PageCount"], 2);
  EXPECT_EQ(page["Page"], 1);
  EXPECT_EQ(page["PageSize"], 10);
  ASSERT_EQ(page["Data"]["DeviceInfo"].size(), 10u);
  EXPECT_EQ(page["Data"]["DeviceInfo"][0]["DeviceName"], "light-12");
  EXPECT_EQ(page["Data"]["DeviceInfo"][0]["UtcCreate"], "2026-01-02T03:04:05.000Z");
  EXPECT_EQ(page["Data"]["DeviceInfo"][9]["DeviceName"], "light-3");
  const json last = bridge.act("QueryDevice", {{"ProductKey", key}, {"CurrentPage", "2"}}).json();
  ASSERT_EQ(last["Data"]["DeviceInfo"].size(), 2u);
  EXPECT_EQ(last["Data"]["DeviceInfo"][1]["DeviceName"], "light-1");
  const json past = bridge.act("QueryDevice", {{"ProductKey", key}, {"CurrentPage", "3"}}).json();
  EXPECT_EQ(past["Data"]["DeviceInfo"].size(), 0u);
  EXPECT_EQ(bridge.act("QueryDevice", {{"ProductKey", key}, {"PageSize", "51"}}).member("Code"),
            "iot.common.InvalidPageParams");
  EXPECT_EQ(bridge.act("QueryDevice", {{"ProductKey", "a b"}}).member("Code"), "iot.prod.InvalidFormattedProductkey");
}

// Of the product a1BwAGVxxxx; "gate-1" is a gateway with two lamps.
class DeviceStates : public ::testing::Test {
 protected:
  DeviceStates() {
    const DeviceName subs[] = {{"a1BwAGVxxxx", "lamp-0001"}, {"a1BwAGVxxxx", "lamp-0002"}};
    EXPECT_TRUE(bridge.api.registry().add_sub_devices({"gates", "gate-1"}, subs));
  }
  static Config config() {
    Config config = example_config();
    config.products.push_back({.key = "gates", .kind = DeviceKind::gateway, .devices = {{"gate-1", "s"}}});
    return config;
  }
  static Params named(const std::string& name) {
    return {{"ProductKey", name.starts_with("gate") ? "gates" : "a1BwAGVxxxx"}, {"DeviceName", name}};
  }
  std::string status(const std::string& name) {
    return bridge.act("QueryDeviceDetail", named(name)).json()["Data"]["Status"];
  }
  void log_in(const std::string& name) {
    const Device* const device = bridge.api.registry().device({"a1BwAGVxxxx", name});
    EXPECT_TRUE(bridge.api.registry().activate({&device, 1}));
    EXPECT_TRUE(bridge.api.sessions().open({"a1BwAGVxxxx", name}, {"gates", "gate-1"}));
  }
  // "TOPIC STATUS NAME" or "kick CODE NAME".
  std::vector<std::string> told() {
    std::vector<std::string> out;
    for (const Notice& notice : bridge.api.take_notices()) {
      const json payload = json::parse(notice.payload);
      out.push_back(notice.is_kick() ? fmt::format("kick {} {}", payload["code"].dump(), notice.kicked_device_name)
                                     : fmt::format("{} {} {}", notice.topic, payload["params"]["status"].dump(),
                                                   payload["params"]["subList"][0]["deviceName"].dump()));
    }
    return out;
  }

  ApiUnderTest bridge{config()};
};

TEST_F(DeviceStates, FollowSessions) {
  EXPECT_EQ(status("lamp-0001"), "UNACTIVE");
  EXPECT_EQ(status("gate-1"), "UNACTIVE");
  log_in("lamp-0001");
  EXPECT_EQ(status("lamp-0001"), "ONLINE");
  EXPECT_EQ(status("gate-1"), "ONLINE") << "one of its sub-devices is";
  const json page = bridge.act("QueryDevice", {{"ProductKey", "gates"}}).json();
  EXPECT_EQ(page["Data"]["DeviceInfo"][0]["DeviceStatus"], "ONLINE");
  EXPECT_TRUE(bridge.api.sessions().close({"a1BwAGVxxxx", "lamp-0001"}, "gates/gate-1"));
  EXPECT_EQ(status("lamp-0001"), "OFFLINE");
  EXPECT_EQ(status("gate-1"), "UNACTIVE");
}

TEST_F(DeviceStates, DisableThingEndsTheSessionAndTellsTheGateway) {
  log_in("lamp-0001");
  EXPECT_EQ(bridge.act("DisableThing", named("lamp-0001")).json().size(), 2u);
  EXPECT_EQ(status("lamp-0001"), "DISABLE");
  EXPECT_THAT(told(), ElementsAre("/sys/gates/gate-1/thing/topo/change 8 \"lamp-0001\"", "kick 522 lamp-0001"));
  EXPECT_EQ(bridge.act("DisableThing", named("lamp-0001")).member("Success"), "true");
  EXPECT_THAT(told(), ElementsAre()) << "nothing new";
  EXPECT_EQ(bridge.act("EnableThing", named("lamp-0001")).member("Success"), "true");
  EXPECT_THAT(told(), ElementsAre("/sys/gates/gate-1/thing/topo/change 2 \"lamp-0001\""));
  EXPECT_EQ(status("lamp-0001"), "ONLINE") << "until the kick is carried out";
  EXPECT_EQ(bridge.act("EnableThing", named("lamp-0001")).member("Success"), "true");
  EXPECT_THAT(told(), ElementsAre());
}

TEST_F(DeviceStates, DisablingAGatewayEndsTheSessionsOfItsSubDevices) {
  EXPECT_EQ(bridge.act("DisableThing", named("gate-1")).member("Success"), "true");
  EXPECT_THAT(told(), ElementsAre("kick 522 lamp-0001", "kick 522 lamp-0002"));
  EXPECT_EQ(bridge.act("EnableThing", named("gate-1")).member("Success"), "true");
  EXPECT_EQ(bridge.act("DisableThing", named("newdevice1")).member("Success"), "true");
  EXPECT_THAT(told(), ElementsAre()) << "nobody's";
  EXPECT_EQ(bridge.act("DisableThing", named("nobody")).member("Code"), "iot.device.NotExistedDevice");
  EXPECT_EQ(bridge.act("DisableThing", {}).member("Code"), "iot.prod.NullProductKey");
  EXPECT_EQ(bridge.act("EnableThing", {{"IotId", "x"}}).member("Code"), "iot.device.InvalidIoTId");
}

TEST(DeleteDevice, DeletesForGood) {
  ApiUnderTest bridge;
  const Params named = {{"ProductKey", "a1BwAGVxxxx"}, {"DeviceName", "newdevice1"}};
  const std::string iot_id(bridge.api.registry().device({"a1BwAGVxxxx", "newdevice1"})->iot_id());
  const json answer = bridge.act("DeleteDevice", named).json();
  EXPECT_EQ(answer["Success"], true);
  EXPECT_EQ(bridge.act("DeleteDevice", named).member("Code"), "iot.device.NotExistedDevice");
  EXPECT_EQ(bridge.act("QueryDeviceDetail", {{"IotId", iot_id}}).member("Code"), "iot.device.NotExistedDevice");
  EXPECT_TRUE(bridge.api.take_notices().empty());
  EXPECT_EQ(bridge.call(example_params()).member("Code"), "iot.device.NotExistedDevice");
  // Its place is taken by another device, which has another IotId.
  (void)bridge.act("RegisterDevice", {{"ProductKey", "a1BwAGVxxxx"}, {"DeviceName", "another"}});
  EXPECT_EQ(bridge.act("DeleteDevice", {{"IotId", iot_id}}).member("Code"), "iot.device.NotExistedDevice");
}

TEST(DeleteDevice, TellsTheGatewaysConcerned) {
  Config config = example_config();
  config.products.push_back(
      {.key = "gates", .kind = DeviceKind::gateway, .devices = {{"gate-1", "s"}, {"gate-2", "s"}}});
  ApiUnderTest bridge(config);
  Registry& registry = bridge.api.registry();
  const DeviceName subs[] = {{"a1BwAGVxxxx", "lamp-0001"}, {"a1BwAGVxxxx", "lamp-0002"}};
  ASSERT_TRUE(registry.add_sub_devices({"gates", "gate-1"}, subs));
  EXPECT_EQ(bridge.act("DeleteDevice", {{"ProductKey", "a1BwAGVxxxx"}, {"DeviceName", "lamp-0001"}}).member("Success"),
            "true");
  auto notices = bridge.api.take_notices();
  ASSERT_EQ(notices.size(), 2u);
  EXPECT_EQ(notices[0].topic, "/sys/gates/gate-1/thing/topo/change");
  EXPECT_EQ(json::parse(notices[0].payload)["params"]["status"], 1);
  EXPECT_EQ(notices[1].topic, "/ext/error/gates/gate-1");
  EXPECT_EQ(json::parse(notices[1].payload)["code"], 521);
  EXPECT_EQ(notices[1].kicked_device_name, "lamp-0001");
  EXPECT_EQ(bridge.act("DeleteDevice", {{"ProductKey", "gates"}, {"DeviceName", "gate-1"}}).member("Success"), "true");
  notices = bridge.api.take_notices();
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0].topic, "/ext/error/gates/gate-1");
  EXPECT_EQ(notices[0].kicked_device_name, "lamp-0002");
  EXPECT_EQ(registry.gateway_of(*registry.device(subs[1])), nullptr);
}

}  // namespace
}  // namespace fleet::bridge::test
