// Is each way in which a broker can be bad counted under its own name, and does every run end?
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>

#include "tests/e2e/sim_run.h"
#include "tests/support/bridge_program.h"
#include "tests/support/mosquitto.h"
#include "tests/support/scripted_bridge.h"
#include "tests/support/scripted_broker.h"

namespace fleet::tests {
namespace {

constexpr int kDevices = 20;
// Calls are accepted and no message comes: what is missing is counted, and is not what most of these tests are about.
constexpr int kPass = FLEET_RELEASE_BUILD ? 0 : 4;
constexpr int kFail = FLEET_RELEASE_BUILD ? 1 : 4;

using Counts = std::map<std::string, int>;

std::string scenario(const ScriptedBroker& broker, const ScriptedBridge& bridge,
                     const std::string& thresholds = "[ calls.failed == 0 ]") {
  return to_yaml({.devices = kDevices,
                  .qos = 1,
                  .rate = "20/s",
                  .hold = "2s",
                  .drain = "1s",
                  .fleet_extra = "    connect: { protocol: 5, back_off: { first: 20ms, longest: 40ms } }",
                  .target = fmt::format("{{ broker: \"mqtt://127.0.0.1:{}\", bridge: \"http://127.0.0.1:{}\" }}",
                                        broker.port(), bridge.port()),
                  .thresholds = thresholds});
}

ScriptedBridge::Reply accept_all(std::uint64_t, const std::string&) { return {ScriptedBridge::accepted(), false}; }

Counts counts(const nlohmann::json& object) { return object.get<Counts>(); }

TEST(BadBrokers, RefusedLoginsAreCountedByReasonAndTriedAgain) {
  ScriptedBridge bridge(accept_all);
  ScriptedBroker::Script script;
  script.connack = [](std::uint64_t n) { return static_cast<std::uint8_t>(n % 4 == 0 ? 0x89 : 0); };
  ScriptedBroker broker(script);
  SimRun run(scenario(broker, bridge));
  EXPECT_EQ(run.wait(), kPass) << run.output();
  const nlohmann::json fleet = run.result()["fleet"];
  ASSERT_TRUE(fleet["connect"]["refused"].contains("server busy")) << fleet;
  EXPECT_GE(fleet["connect"]["refused"]["server busy"], 5);
  EXPECT_EQ(fleet["connect"]["refused"]["server busy"], fleet["connect"]["failed"]);
  EXPECT_EQ(fleet["connect"]["refused"].size(), 1u);
  EXPECT_EQ(fleet["kept_out"], 0);
  EXPECT_NE(run.output().find("server busy"), std::string::npos) << run.output();
}

TEST(BadBrokers, AShareOfTheLoginsRefusedForGoodStaysOutAndIsOwedItsMessages) {
  ScriptedBridge bridge(accept_all);
  ScriptedBroker::Script script;
  script.connack = [](std::uint64_t n) -> std::uint8_t {
    if (n == 1) return 0x86;
    return n % 4 == 0 ? 0x87 : 0;
  };
  ScriptedBroker broker(script);
  SimRun run(scenario(broker, bridge));
  EXPECT_EQ(run.wait(), kPass) << run.output();
  const nlohmann::json result = run.result();
  const nlohmann::json& connect = result["fleet"]["connect"];
  EXPECT_EQ(counts(connect["refused"]), (Counts{{"not authorized", 5}, {"bad user name or password", 1}}));
  EXPECT_EQ(connect["failed"], 6) << "nobody tries again";
  EXPECT_EQ(connect["time_us"]["count"], 14);
  EXPECT_EQ(result["fleet"]["kept_out"], 6);
  EXPECT_EQ(result["calls"]["accepted"], 40);
  EXPECT_EQ(result["deliveries"]["expected"], 40 * 20);
  EXPECT_EQ(result["deliveries"]["missing"], result["deliveries"]["expected"]);
  EXPECT_TRUE(result["cost"]["fleet_bytes_per_connection"].is_null());
  EXPECT_NE(run.output().find(", 6 kept out, "), std::string::npos) << run.output();
  EXPECT_NE(run.output().find("5 × not authorized, 1 × bad user name or password"), std::string::npos) << run.output();
  EXPECT_NE(run.output().find("6 of 20 devices are kept out: what calls owe them is missing"), std::string::npos)
      << run.output();
}

// Who is told that the broker is busy asks again, and the run does not wait for it for ever.
TEST(BadBrokers, AShareThatIsNotReadyInTimeIsLate) {
  ScriptedBridge bridge(accept_all);
  ScriptedBroker::Script script;
  script.connack = [](std::uint64_t n) { return static_cast<std::uint8_t>(n < 18 ? 0 : 0x89); };
  ScriptedBroker broker(script);
  SimRun run(scenario(broker, bridge), {"--set", "phases.ready_within=1s"});
  EXPECT_EQ(run.wait(), kPass) << run.output();
  const nlohmann::json result = run.result();
  EXPECT_EQ(result["fleet"]["late"], 2);
  EXPECT_EQ(result["fleet"]["kept_out"], 0);
  EXPECT_GE(result["fleet"]["connect"]["refused"]["server busy"], 2);
  EXPECT_EQ(result["calls"]["accepted"], 40);
  EXPECT_TRUE(result["cost"]["fleet_bytes_per_connection"].is_null());
  EXPECT_NE(run.output().find(", 2 not ready in time, "), std::string::npos) << run.output();
  EXPECT_NE(run.output().find("2 of 20 devices were not ready within 1 s; failed until then: "), std::string::npos)
      << run.output();
}

TEST(BadBrokers, ABrokerThatIsBusyForEverEndsTheRun) {
  ScriptedBridge bridge(accept_all);
  ScriptedBroker::Script script;
  script.connack = [](std::uint64_t) { return std::uint8_t{0x89}; };
  ScriptedBroker broker(script);
  SimRun run(scenario(broker, bridge), {"--set", "phases.ready_within=500ms"});
  EXPECT_EQ(run.wait(), 3) << run.output();
  EXPECT_NE(run.output().find("none of 20 devices was ready after 0.5 s, 0 were connected; failed so far: "),
            std::string::npos)
      << run.output();
  EXPECT_NE(run.output().find(" × server busy"), std::string::npos) << run.output();
}

TEST(BadBrokers, AThresholdDecidesWhetherAShareMayStayOut) {
  ScriptedBridge bridge(accept_all);
  ScriptedBroker::Script script;
  script.connack = [](std::uint64_t n) { return static_cast<std::uint8_t>(n == 7 ? 0x8A : 0); };
  ScriptedBroker broker(script);
  SimRun run(scenario(broker, bridge, "[ calls.failed == 0, fleet.kept_out == 0 ]"));
  EXPECT_EQ(run.wait(), kFail) << run.output();
  const nlohmann::json result = run.result();
  EXPECT_EQ(counts(result["fleet"]["connect"]["refused"]), (Counts{{"banned", 1}}));
  EXPECT_NE(run.output().find("fleet.kept_out == 0 does not hold: observed 1"), std::string::npos) << run.output();
}

TEST(BadBrokers, LoginsOfWhichNoneIsAcceptedEndTheRunWithASentence) {
  ScriptedBridge bridge(accept_all);
  ScriptedBroker::Script script;
  script.connack = [](std::uint64_t n) { return static_cast<std::uint8_t>(n == 0 ? 0x86 : 0x87); };
  ScriptedBroker broker(script);
  SimRun run(scenario(broker, bridge));
  EXPECT_EQ(run.wait(), 3) << run.output();
  EXPECT_NE(run.output().find("the broker refuses the devices: 20 of 20 will never get in (1 × bad user name or "
                              "password, 19 × not authorized); check "),
            std::string::npos)
      << run.output();
}

TEST(BadBrokers, ALowerQosIsCounted) {
  ScriptedBridge bridge(accept_all);
  ScriptedBroker::Script script;
  script.suback = [](std::uint64_t n, std::uint8_t qos) { return n % 2 == 0 ? std::uint8_t{0} : qos; };
  ScriptedBroker broker(script);
  SimRun run(scenario(broker, bridge));
  EXPECT_EQ(run.wait(), kPass) << run.output();
  const nlohmann::json result = run.result();
  EXPECT_EQ(result["fleet"]["subscriptions"]["lowered"], kDevices / 2);
  EXPECT_EQ(result["fleet"]["subscriptions"]["refused"], 0);
  EXPECT_NE(run.output().find("10 subscriptions granted at a lower QoS"), std::string::npos) << run.output();
}

TEST(BadBrokers, AShareOfTheSubscriptionsRejectedIsCountedByReason) {
  ScriptedBridge bridge(accept_all);
  ScriptedBroker::Script script;
  script.suback = [](std::uint64_t n, std::uint8_t qos) {
    if (n == 3) return std::uint8_t{0x97};
    return n % 8 == 5 ? std::uint8_t{0x87} : qos;
  };
  ScriptedBroker broker(script);
  SimRun run(scenario(broker, bridge));
  EXPECT_EQ(run.wait(), kPass) << run.output();
  const nlohmann::json fleet = run.result()["fleet"];
  EXPECT_EQ(fleet["subscriptions"]["refused"], 3);
  EXPECT_EQ(counts(fleet["subscriptions"]["errors"]), (Counts{{"quota exceeded", 1}, {"not authorized", 2}}));
  EXPECT_EQ(fleet["kept_out"], 3);
  EXPECT_EQ(fleet["connect"]["failed"], 0);
  EXPECT_NE(run.output().find("2 × not authorized, 1 × quota exceeded"), std::string::npos) << run.output();
}

TEST(BadBrokers, SubscriptionsOfWhichNoneIsGrantedEndTheRunWithASentence) {
  ScriptedBridge bridge(accept_all);
  ScriptedBroker::Script script;
  script.suback = [](std::uint64_t, std::uint8_t) { return std::uint8_t{0x97}; };
  ScriptedBroker broker(script);
  SimRun run(scenario(broker, bridge));
  EXPECT_EQ(run.wait(), 3) << run.output();
  EXPECT_NE(run.output().find("the broker refused 20 subscriptions (20 × quota exceeded), and no device is ready; "
                              "check the topics"),
            std::string::npos)
      << run.output();
}

// As some brokers do where a device may not read what it asks for.
TEST(BadBrokers, AShareTurnedAwayInPlaceOfASubackStaysOut) {
  ScriptedBridge bridge(accept_all);
  ScriptedBroker::Script script;
  script.turn_away = [](std::uint64_t n) {
    return n < 2 ? std::optional<std::uint8_t>(0x87) : n == 2 ? std::optional<std::uint8_t>(0x97) : std::nullopt;
  };
  ScriptedBroker broker(script);
  SimRun run(scenario(broker, bridge));
  EXPECT_EQ(run.wait(), kPass) << run.output();
  const nlohmann::json fleet = run.result()["fleet"];
  EXPECT_EQ(counts(fleet["connect"]["lost"]), (Counts{{"not authorized", 2}, {"quota exceeded", 1}}));
  EXPECT_EQ(counts(fleet["connect"]["refused"]), (Counts{}));
  EXPECT_EQ(fleet["connect"]["failed"], 3);
  EXPECT_EQ(fleet["kept_out"], 2) << "a quota may have room later";
}

TEST(BadBrokers, EndsWithAReasonCodeAndRejectedSubscriptionsOfTheRunAreCounted) {
  ScriptedBridge bridge(accept_all);
  ScriptedBroker::Script script;
  // The first device is ended as soon as all are there, and its next subscription is rejected.
  script.end = [](std::uint64_t n) {
    return n == kDevices - 1 ? std::optional<std::uint8_t>(0x98) : std::nullopt;  // administrative action
  };
  script.suback = [](std::uint64_t n, std::uint8_t qos) { return n >= kDevices ? std::uint8_t{0x97} : qos; };
  ScriptedBroker broker(script);
  SimRun run(scenario(broker, bridge));
  EXPECT_EQ(run.wait(), kPass) << run.output();
  const nlohmann::json fleet = run.result()["fleet"];
  EXPECT_EQ(counts(fleet["connect"]["lost"]), (Counts{{"administrative action", 1}}));
  EXPECT_EQ(fleet["subscriptions"]["refused"], 1);
  EXPECT_EQ(counts(fleet["subscriptions"]["errors"]), (Counts{{"quota exceeded", 1}}));
  EXPECT_EQ(fleet["kept_out"], 1);
}

TEST(BadBrokers, WhoIsEndedWithAReasonCodeAndThenRefusedForGoodIsCountedUnderBoth) {
  ScriptedBridge bridge(accept_all);
  ScriptedBroker::Script script;
  script.end = [](std::uint64_t n) {
    return n % 4 == 0 ? std::optional<std::uint8_t>(0x98) : std::nullopt;  // administrative action
  };
  script.connack = [](std::uint64_t n) { return static_cast<std::uint8_t>(n >= kDevices ? 0x8A : 0); };
  ScriptedBroker broker(script);
  SimRun run(scenario(broker, bridge));
  EXPECT_EQ(run.wait(), kPass) << run.output();
  const nlohmann::json fleet = run.result()["fleet"];
  EXPECT_EQ(counts(fleet["connect"]["lost"]), (Counts{{"administrative action", 5}}));
  EXPECT_EQ(counts(fleet["connect"]["refused"]), (Counts{{"banned", 5}}));
  EXPECT_EQ(fleet["connect"]["reconnects"], 0);
  EXPECT_EQ(fleet["kept_out"], 5);
}

// Its handshake is under way until the sub-devices are there, and must not keep the next gateway from its turn.
TEST(BadBrokers, AGatewayThatIsRejectedATopicStaysOutWithItsSubDevices) {
  ScriptedBridge bridge(accept_all);
  ScriptedBroker::Script script;
  script.suback = [](std::uint64_t n, std::uint8_t qos) { return n == 0 ? std::uint8_t{0x87} : qos; };
  ScriptedBroker broker(script);
  SimRun run(fmt::format(R"(# Does the other gateway come up?
name: gateways
workers: 1
target: {{ broker: "mqtt://127.0.0.1:{}", bridge: "http://127.0.0.1:{}" }}
products:
  hub: {{ kind: gateway, topics: {{ get: subscribe }} }}
  sensor: {{ kind: sub-device, topics: {{ get: subscribe }} }}
fleet:
  hubs: {{ product: hub, count: 2, name: "hub-{{index}}", connect: {{ protocol: 5, in_flight: 1 }}, subscribe: [ {{ topic: get }} ] }}
  sensors: {{ product: sensor, count: 4, name: "sensor-{{index}}", gateway: {{ group: hubs, login: false }}, subscribe: [ {{ topic: get }} ] }}
calls: {{ push: {{ api: BatchPub, to: sensors, topic: get, pick: all, rate: 10/s }} }}
phases: {{ hold: 500ms, drain: 500ms }}
health: {{ send_lag_p99: 5s, hiccup: 5s }}
thresholds: [ calls.failed == 0 ]
)",
                         broker.port(), bridge.port()));
  EXPECT_EQ(run.wait(), kPass) << run.output();
  const nlohmann::json result = run.result();
  EXPECT_EQ(counts(result["fleet"]["subscriptions"]["errors"]), (Counts{{"not authorized", 1}}));
  EXPECT_EQ(result["fleet"]["kept_out"], 1);
  EXPECT_EQ(result["fleet"]["connect"]["time_us"]["count"], 1);
  EXPECT_EQ(result["deliveries"]["missing"], 5 * 4);
}

// Mosquitto lets those in whose client identifier begins with a prefix; the bridge's own does.
TEST(BadBrokers, WhoGetsInHasEveryMessageAndWhoDoesNotIsMissingEach) {
  Mosquitto broker({.more = "clientid_prefixes a1BwAGVdemo&newdevice10\n"});
  broker.explain("clientid_prefixes");
  broker.explain("not authorised");
  BridgeProgram bridge({.broker_port = broker.port(), .mqtt_more = ", client_id: \"a1BwAGVdemo&newdevice10\""});
  ASSERT_TRUE(bridge.wait_for_broker());
  SimRun run(fmt::format(R"(# What do those miss whom the broker refuses?
name: refused
target: {{ broker: "mqtt://127.0.0.1:{}", bridge: "http://127.0.0.1:{}" }}
products: {{ lamp: {{ key: a1BwAGVdemo, topics: {{ get: subscribe }} }} }}
fleet:
  lamps: {{ product: lamp, count: 100, name: "newdevice1{{index:2}}", subscribe: [ {{ topic: get }} ] }}
calls: {{ push: {{ api: BatchPub, to: lamps, topic: get, pick: all, rate: 10/s }} }}
phases: {{ warm_up: 100ms, hold: 500ms, drain: 1s }}
health: {{ send_lag_p99: 5s, hiccup: 5s }}
thresholds: [ calls.failed == 0, calls.rejected == 0, deliveries.received == 50, deliveries.missing == 450 ]
)",
                         broker.port(), bridge.port()));
  EXPECT_EQ(run.wait(), kPass) << run.output();
  const nlohmann::json result = run.result();
  EXPECT_EQ(counts(result["fleet"]["connect"]["refused"]), (Counts{{"not authorized", 90}}));
  EXPECT_EQ(result["fleet"]["kept_out"], 90);
  EXPECT_EQ(result["deliveries"]["received"], 50);
  EXPECT_EQ(result["deliveries"]["missing"], 450);
}

}  // namespace
}  // namespace fleet::tests
