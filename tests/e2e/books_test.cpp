// Do the books of whole runs balance, against a real Mosquitto and a real bridge?
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/e2e/sim_run.h"
#include "tests/support/bridge_program.h"
#include "tests/support/mosquitto.h"

namespace fleet::tests {
namespace {

// A debug or sanitizer build is INVALID by design; its books must balance all the same.
int expected_exit(int optimised) { return FLEET_RELEASE_BUILD ? optimised : 4; }

void expect_whole(const nlohmann::json& result, int calls, int deliveries) {
  EXPECT_EQ(result["calls"]["scheduled"], calls);
  EXPECT_EQ(result["calls"]["sent"], calls);
  EXPECT_EQ(result["calls"]["accepted"], calls);
  EXPECT_EQ(result["calls"]["rejected"], 0);
  EXPECT_EQ(result["calls"]["failed"], 0);
  EXPECT_EQ(result["deliveries"]["expected"], deliveries);
  EXPECT_EQ(result["deliveries"]["received"], deliveries);
  for (const char* name : {"missing", "duplicate", "misdelivered", "corrupt", "downgraded", "unaccepted", "late"}) {
    EXPECT_EQ(result["deliveries"][name], 0) << name;
  }
  EXPECT_EQ(result["times_us"]["response"]["count"], deliveries);
  EXPECT_EQ(result["times_us"]["service"]["count"], deliveries);
  EXPECT_EQ(result["times_us"]["completion"]["count"], calls);
  EXPECT_EQ(result["times_us"]["hops"]["broker"]["count"], calls);
}

TEST(Books, EveryDeliveryOfAnOpenLoopIsAccountedFor) {
  SimRun run(to_yaml({}));
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  expect_whole(run.result(), 50, 1000);
}

TEST(Books, AtQos1) {
  SimRun run(to_yaml({.qos = 1}));
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  expect_whole(run.result(), 50, 1000);
}

TEST(Books, WithRandomPicksOnMqtt5) {
  SimRun run(to_yaml({.devices = 130,
                      .qos = 1,
                      .fleet_extra = "    connect: { protocol: 5, rate: 5000/s }",
                      .call_extra = "    pick: random"}));
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  expect_whole(run.result(), 50, 1000);
}

TEST(Books, WithPahoDevices) {
  SimRun run(to_yaml({.devices = 40, .fleet_extra = "    engine: paho"}));
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  expect_whole(run.result(), 50, 1000);
  EXPECT_NE(run.output().find("Paho"), std::string::npos) << run.output();
}

TEST(Books, WithThePahoPublisher) {
  for (const int qos : {0, 1}) {
    SimRun run(to_yaml({.qos = qos, .target = "{ broker: mosquitto, bridge: { use: local, publisher: paho } }"}));
    EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
    expect_whole(run.result(), 50, 1000);
  }
}

TEST(Books, WithFourPublisherConnections) {
  SimRun run(to_yaml({.qos = 1, .target = "{ broker: mosquitto, bridge: { use: local, connections: 4 } }"}));
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  expect_whole(run.result(), 50, 1000);
}

TEST(Books, InTheDialectOfBcast) {
  for (const int qos : {0, 1}) {
    SimRun run(to_yaml({.qos = qos, .target = "{ broker: mosquitto, bridge: { use: local, dialect: emqx-bcast } }"}));
    EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
    expect_whole(run.result(), 50, 1000);
  }
}

// A bridge that runs already, by its URL, with an API key of its own; and what it says to a wrong one.
TEST(Books, InTheDialectOfBcastOfABridgeThatRunsAlready) {
  Mosquitto broker;
  BridgeProgram bridge({.broker_port = broker.port()});
  ASSERT_TRUE(bridge.wait_for_broker());
  const auto scenario = [&](const std::string& secret) {
    std::string yaml =
        to_yaml({.qos = 1,
                 .target = fmt::format("{{ broker: \"mqtt://127.0.0.1:{}\", bridge: {{ url: "
                                       "\"http://127.0.0.1:{}\", dialect: emqx-bcast, access_key_id: key, "
                                       "access_key_secret: {} }} }}",
                                       broker.port(), bridge.port(), secret)});
    const std::string product = "  lamp:\n";
    return yaml.replace(yaml.find(product), product.size(), product + "    key: a1BwAGVdemo\n");
  };
  SimRun run(scenario("secret"));
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  expect_whole(run.result(), 50, 1000);
  SimRun stranger(scenario("wrong"));
  EXPECT_EQ(stranger.wait(), expected_exit(1)) << stranger.output();
  EXPECT_EQ(stranger.result()["calls"]["errors"]["BAD_API_KEY_OR_SECRET"], 50) << stranger.result()["calls"];
}

TEST(Books, OfCallsToFiveHundredDevices) {
  SimRun run(to_yaml({.devices = 1'200,
                      .batch = 500,
                      .qos = 1,
                      .rate = "10/s",
                      .fleet_extra = "    connect: { rate: 5000/s }",
                      .call_extra = "    pick: random",
                      .target = "{ broker: mosquitto, bridge: { dialect: emqx-bcast, connections: 2 } }"}));
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  expect_whole(run.result(), 10, 5'000);
}

TEST(Books, OfAClosedLoopBalance) {
  SimRun run(to_yaml({.rate = "max", .call_extra = "    in_flight: 4"}));
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  const nlohmann::json result = run.result();
  const int calls = result["calls"]["accepted"];
  EXPECT_GT(calls, 0);
  expect_whole(result, calls, calls * 20);
}

TEST(Books, OfTwoCallGroupsAndTwoFleetGroupsAreKeptApart) {
  const std::string scenario = R"(# Two of each.
name: two
target: { broker: mosquitto, bridge: local }
products:
  lamp: { topics: { get: subscribe } }
  plug: { topics: { get: subscribe, alarm: subscribe } }
fleet:
  lamps: { product: lamp, count: 60, name: "lamp-{index:4}", subscribe: [ { topic: get } ] }
  plugs: { product: plug, count: 40, name: "plug-{index:4}", subscribe: [ { topic: get }, { topic: alarm, qos: 1 } ] }
calls:
  lights: { api: BatchPub, to: lamps, topic: get, batch: 30, payload: 64B, rate: 20/s }
  alarms: { api: BatchPub, to: plugs, topic: alarm, batch: 10, qos: 1, payload: 1KB, rate: 30/s }
phases: { warm_up: 100ms, hold: 1s, drain: 10s }
health: { send_lag_p99: 5s, hiccup: 5s }
thresholds: [ deliveries.missing == 0 ]
)";
  SimRun run(scenario);
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  const nlohmann::json result = run.result();
  EXPECT_EQ(result["deliveries"]["received"], 20 * 30 + 30 * 10);
  EXPECT_EQ(result["deliveries"]["misdelivered"], 0);
  EXPECT_EQ(result["groups"]["lamps"]["deliveries"]["received"], 600);
  EXPECT_EQ(result["groups"]["plugs"]["deliveries"]["received"], 300);
  EXPECT_EQ(result["call_groups"]["lights"]["calls"]["accepted"], 20);
  EXPECT_EQ(result["call_groups"]["alarms"]["calls"]["accepted"], 30);
}

TEST(Books, AFailedThresholdIsExitCode1) {
  SimRun run(to_yaml({.thresholds = "[ deliveries.received == 7 ]"}));
  EXPECT_EQ(run.wait(), expected_exit(1)) << run.output();
  EXPECT_NE(run.output().find("deliveries.received == 7"), std::string::npos) << run.output();
}

TEST(Books, QuotasOfTheApiAreEnforcedWhenAskedFor) {
  SimRun run(to_yaml({.rate = "200/s",
                      .target = "{ broker: mosquitto, bridge: local, limits: api }",
                      .thresholds = "[ deliveries.missing == 0 ]"}));
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  const nlohmann::json result = run.result();
  EXPECT_GT(result["calls"]["errors"]["Throttling.User"], 0);
  EXPECT_EQ(result["calls"]["accepted"].get<int>() + result["calls"]["rejected"].get<int>(), 200);
}

}  // namespace
}  // namespace fleet::tests
