// Is each way in which a broker can be bad counted under its own name, and does every run end?
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/e2e/sim_run.h"
#include "tests/support/scripted_bridge.h"
#include "tests/support/scripted_broker.h"

namespace fleet::tests {
namespace {

constexpr int kDevices = 20;
// Calls are accepted and no message comes: what is missing is counted, and is not what these tests are about.
constexpr int kPass = FLEET_RELEASE_BUILD ? 0 : 4;

std::string scenario(const ScriptedBroker& broker, const ScriptedBridge& bridge) {
  return to_yaml({.devices = kDevices,
                  .qos = 1,
                  .rate = "20/s",
                  .hold = "2s",
                  .drain = "1s",
                  .fleet_extra = "    connect: { protocol: 5, back_off: { first: 20ms, longest: 40ms } }",
                  .target = fmt::format("{{ broker: \"mqtt://127.0.0.1:{}\", bridge: \"http://127.0.0.1:{}\" }}",
                                        broker.port(), bridge.port()),
                  .thresholds = "[ calls.failed == 0 ]"});
}

ScriptedBridge::Reply accept_all(std::uint64_t, const std::string&) { return {ScriptedBridge::accepted(), false}; }

TEST(BadBrokers, RefusedLoginsAreCountedByReasonAndTriedAgain) {
  ScriptedBridge bridge(accept_all);
  // Every fourth CONNECT: server busy.
  ScriptedBroker::Script script;
  script.connack = [](std::uint64_t n) { return static_cast<std::uint8_t>(n % 4 == 0 ? 0x89 : 0); };
  ScriptedBroker broker(script);
  SimRun run(scenario(broker, bridge));
  EXPECT_EQ(run.wait(), kPass) << run.output();
  const nlohmann::json connect = run.result()["fleet"]["connect"];
  ASSERT_EQ(connect["refused"].size(), 1u) << connect;
  EXPECT_GE(connect["refused"].begin().value(), 5);
  EXPECT_EQ(connect["refused"].begin().value(), connect["failed"]);
  EXPECT_NE(run.output().find("refused"), std::string::npos) << run.output();
}

TEST(BadBrokers, LoginsThatAreNeverAcceptedEndTheRunWithASentence) {
  ScriptedBridge bridge(accept_all);
  ScriptedBroker::Script script;
  script.connack = [](std::uint64_t n) { return static_cast<std::uint8_t>(n % 4 == 0 ? 0x87 : 0); };
  ScriptedBroker broker(script);
  SimRun run(scenario(broker, bridge));
  EXPECT_EQ(run.wait(), 3) << run.output();
  EXPECT_NE(run.output().find("the broker refuses the devices"), std::string::npos) << run.output();
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

TEST(BadBrokers, RejectedSubscriptionsEndTheRunWithASentence) {
  ScriptedBridge bridge(accept_all);
  ScriptedBroker::Script script;
  script.suback = [](std::uint64_t n, std::uint8_t qos) { return n == 3 ? std::uint8_t{0x97} : qos; };
  ScriptedBroker broker(script);
  SimRun run(scenario(broker, bridge));
  EXPECT_EQ(run.wait(), 3) << run.output();
  EXPECT_NE(run.output().find("the broker refused 1 subscriptions"), std::string::npos) << run.output();
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
  ASSERT_EQ(fleet["connect"]["lost"].size(), 1u) << fleet;
  EXPECT_EQ(fleet["connect"]["lost"].begin().value(), 1);
  EXPECT_NE(fleet["connect"]["lost"].begin().key(), "connection closed");
  EXPECT_EQ(fleet["subscriptions"]["refused"], 1);
}

}  // namespace
}  // namespace fleet::tests
