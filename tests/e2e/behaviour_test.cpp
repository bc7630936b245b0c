// Do the books balance when devices behave like devices: away, coming and going?
#include <gtest/gtest.h>

#include <fstream>
#include <utility>

#include "tests/e2e/sim_run.h"

namespace fleet::tests {
namespace {

int expected_exit() { return FLEET_RELEASE_BUILD ? 0 : 4; }

void expect_balance(const nlohmann::json& result) {
  const auto& deliveries = result["deliveries"];
  EXPECT_EQ(deliveries["expected"].get<std::int64_t>(),
            deliveries["received"].get<std::int64_t>() + deliveries["missing"].get<std::int64_t>());
}

// 200 devices of which 160 leave half a second into the hold and are back 2 s later; 100 calls for 20 devices each.
QuickScenario away(const std::string& connect) {
  return {.qos = 1,
          .hold = "2s",
          .drain = "30s",
          .fleet_extra = "    connect: " + connect + "\n    away: [ { at: 500ms, for: 2s, share: 80% } ]",
          .thresholds = "[ calls.failed == 0, deliveries.missing == 0, absence.returned == 160 ]"};
}

TEST(Behaviour, WhatWaitsForDevicesThatAreAwayIsReceivedLater) {
  for (const char* connect : {"{ protocol: 5, clean_start: false, session_expiry: 1h }", "{ clean_start: false }"}) {
    SimRun run(to_yaml(away(connect)));
    EXPECT_EQ(run.wait(), expected_exit()) << run.output();
    const nlohmann::json result = run.result();
    EXPECT_EQ(result["deliveries"]["expected"], 2'000);
    EXPECT_EQ(result["deliveries"]["received"], 2'000);
    EXPECT_EQ(result["deliveries"]["absent"], 0);
    const nlohmann::json& absence = result["groups"]["lamps"]["absence"];
    EXPECT_EQ(absence["left"], 160);
    EXPECT_EQ(absence["returned"], 160);
    EXPECT_EQ(absence["resumed"], 160);
    EXPECT_EQ(absence["forgotten"], 0);
    EXPECT_EQ(absence["skipped"], 0);
    // Every call names 16 of those who are away, give or take those of its batch; three quarters of the calls do.
    EXPECT_GT(absence["backlog"], 1'000);
    EXPECT_GT(absence["caught_up_us"]["count"], 100);
    EXPECT_EQ(result["absence"]["backlog"], absence["backlog"]);
    EXPECT_NE(run.output().find("backlog: "), std::string::npos) << run.output();
  }
}

TEST(Behaviour, WithoutASessionItIsCountedAsSentToTheAbsent) {
  SimRun run(to_yaml(away("{ clean_start: true }")));
  EXPECT_EQ(run.wait(), expected_exit()) << run.output();
  const nlohmann::json result = run.result();
  expect_balance(result);
  EXPECT_GT(result["deliveries"]["absent"], 1'000);
  EXPECT_EQ(result["deliveries"]["expected"].get<int>() + result["deliveries"]["absent"].get<int>(), 2'000);
  EXPECT_EQ(result["absence"]["resumed"], 0);
  EXPECT_EQ(result["absence"]["backlog"], 0);
}

TEST(Behaviour, ChurnCostsNothingThatIsOwed) {
  for (const auto& [how, clean] : {std::pair{"disconnect", "true"}, std::pair{"abrupt", "false"}}) {
    SimRun run(to_yaml({.qos = 1,
                        .hold = "2s",
                        .fleet_extra = std::string("    connect: { clean_start: ") + clean +
                                       " }\n    churn: { leave: 40/s, away: 300ms, how: " + how + " }",
                        .thresholds = "[ calls.failed == 0, deliveries.missing == 0 ]"}));
    EXPECT_EQ(run.wait(), expected_exit()) << run.output();
    const nlohmann::json result = run.result();
    expect_balance(result);
    EXPECT_EQ(result["deliveries"]["expected"].get<int>() + result["deliveries"]["absent"].get<int>(), 2'000);
    EXPECT_EQ(result["absence"]["left"], 80) << how;
    EXPECT_EQ(result["absence"]["returned"], 80) << how;
    EXPECT_EQ(result["absence"]["resumed"], std::string_view(clean) == "true" ? 0 : 80);
    EXPECT_EQ(result["fleet"]["connect"]["reconnects"], 80);
  }
}

TEST(Behaviour, ChurnOnPahoCostsNothingThatIsOwed) {
  SimRun run(to_yaml({.devices = 60,
                      .qos = 1,
                      .fleet_extra = "    engine: paho\n    churn: { leave: 20/s, away: 300ms }",
                      .thresholds = "[ calls.failed == 0, deliveries.missing == 0, absence.returned == 20 ]"}));
  EXPECT_EQ(run.wait(), expected_exit()) << run.output();
  expect_balance(run.result());
}

TEST(Behaviour, ATakeoverLosesNothingThatASessionKeeps) {
  for (const char* engine : {"native", "paho"}) {
    SimRun run(
        to_yaml({.devices = 60,
                 .qos = 1,
                 .fleet_extra = std::string("    connect: { clean_start: false }\n    takeover: { rate: 20/s }\n") +
                                "    engine: " + engine,
                 .thresholds = "[ calls.failed == 0, deliveries.missing == 0, takeover.failed == 0 ]"}));
    EXPECT_EQ(run.wait(), expected_exit()) << run.output();
    const nlohmann::json result = run.result();
    EXPECT_EQ(result["deliveries"]["received"], 1'000);
    const nlohmann::json& takeover = result["groups"]["lamps"]["takeover"];
    EXPECT_EQ(takeover["begun"], 20) << engine;
    EXPECT_EQ(takeover["done"], 20) << engine;
    EXPECT_EQ(takeover["time_us"]["count"], 20);
    EXPECT_EQ(takeover["session_taken_over"].get<int>() + takeover["closed"].get<int>(), 20) << engine;
  }
}

TEST(Behaviour, WhatIsSentWhileUnsubscribedIsNotMissing) {
  SimRun run(to_yaml({.qos = 1,
                      .hold = "2s",
                      .fleet_extra = "    resubscribe: { rate: 40/s, after: 300ms }",
                      .thresholds = "[ calls.failed == 0, deliveries.missing == 0, deliveries.duplicate == 0 ]"}));
  EXPECT_EQ(run.wait(), expected_exit()) << run.output();
  const nlohmann::json result = run.result();
  expect_balance(result);
  EXPECT_GT(result["deliveries"]["unsubscribed"], 0);
  EXPECT_EQ(result["deliveries"]["absent"], 0);
  EXPECT_EQ(result["deliveries"]["expected"].get<int>() + result["deliveries"]["unsubscribed"].get<int>(), 2'000);
  EXPECT_EQ(result["resubscribe"]["unsubscribed"], 80);
  EXPECT_EQ(result["resubscribe"]["again"], 80);
  EXPECT_EQ(result["fleet"]["connect"]["reconnects"], 0);
}

TEST(Behaviour, TheBrokerDropsWhoPingsNoMore) {
  SimRun run(
      to_yaml({.devices = 20,
               .fleet_extra = "    connect: { keep_alive: 1s, protocol: 5 }\n    silence: [ { at: 0s, share: 50% } ]",
               .thresholds = "[ deliveries.missing == 0, silence.dropped == 10 ]"}));
  EXPECT_EQ(run.wait(), expected_exit()) << run.output();
  const nlohmann::json result = run.result();
  EXPECT_EQ(result["groups"]["lamps"]["silence"]["begun"], 10);
  EXPECT_EQ(result["fleet"]["connect"]["reconnects"], 10);
  int lost = 0;
  for (const auto& [reason, times] : result["fleet"]["connect"]["lost"].items()) lost += times.get<int>();
  EXPECT_EQ(lost, 10) << result["fleet"]["connect"];
}

TEST(Behaviour, EveryDeliveryHasItsReply) {
  for (const char* how : {"qos: 1, spread: constant", "qos: 2, spread: exponential"}) {
    SimRun run(to_yaml({.qos = 1,
                        .fleet_extra = std::string("    reply: [ { to: get, topic: update, delay: 20ms, ") + how +
                                       ", payload: '{name};{sequence}' } ]",
                        .thresholds = "[ deliveries.missing == 0, reply.dropped == 0 ]"}));
    EXPECT_EQ(run.wait(), expected_exit()) << run.output();
    const nlohmann::json result = run.result();
    const nlohmann::json& reply = result["groups"]["lamps"]["reply"];
    // What came in the hold: of the last calls of the hold, or of the warm-up, a few deliveries may be on the other
    // side.
    const int scheduled = reply["scheduled"].get<int>();
    EXPECT_NEAR(scheduled, 1'000, 40);
    EXPECT_EQ(reply["sent"], scheduled);
    EXPECT_EQ(reply["acknowledged"], scheduled);
    EXPECT_EQ(reply["lag_us"]["count"], scheduled);
  }
}

// Each device hears its own topic `state`, where the broker keeps its will: whoever is back after it was gone without a
// word finds it there.
TEST(Behaviour, AWillIsPublishedForWhoIsGoneWithoutAWordOnly) {
  for (const auto& [how, wills] : {std::pair{"abrupt", 20}, std::pair{"disconnect", 0}}) {
    SimRun run(to_yaml({.devices = 60,
                        .fleet_extra =
                            std::string("    will: { topic: state, retain: true, qos: 1, ") +
                            "payload: '{name} is gone' }\n    churn: { leave: 20/s, away: 300ms, how: " + how + " }",
                        .thresholds = "[ deliveries.missing == 0, absence.returned == 20 ]"}),
               {"--set", "products.lamp.topics.state=both", "--set",
                "fleet.lamps.subscribe=[{topic: get, qos: 1}, {topic: state, qos: 1}]"});
    EXPECT_EQ(run.wait(), expected_exit()) << run.output();
    const nlohmann::json result = run.result();
    EXPECT_EQ(result["deliveries"]["wills"], wills);
    EXPECT_EQ(result["deliveries"]["foreign"], 0);
    EXPECT_EQ(result["deliveries"]["retained"], 0);
  }
}

// The same topic, where each device now keeps what it published last itself.
TEST(Behaviour, ARetainedMessageIsThereForWhoComesBack) {
  SimRun run(
      to_yaml({.devices = 60,
               .fleet_extra = "    publish: [ { topic: state, every: 100ms, retain: true, payload: '{sequence}' } ]\n"
                              "    churn: { leave: 20/s, away: 300ms }",
               .thresholds = "[ deliveries.missing == 0, absence.returned == 20 ]"}),
      {"--set", "products.lamp.topics.state=both", "--set",
       "fleet.lamps.subscribe=[{topic: get, qos: 1}, {topic: state, qos: 1}]"});
  EXPECT_EQ(run.wait(), expected_exit()) << run.output();
  EXPECT_EQ(run.result()["deliveries"]["retained"], 20);
}

TEST(Behaviour, DevicesPublishInBurstsAtEveryQos) {
  SimRun run(to_yaml({.devices = 60,
                      .fleet_extra = "    publish:\n"
                                     "      - { topic: update, every: 500ms, burst: 3, qos: 2, payload: a }\n"
                                     "      - { topic: update, every: 1s, qos: 1, payload: b }\n"
                                     "      - { topic: update, every: 1s, burst: 2, payload: c }",
                      .thresholds = "[ deliveries.missing == 0 ]"}));
  EXPECT_EQ(run.wait(), expected_exit()) << run.output();
  const nlohmann::json telemetry = run.result()["telemetry"];
  EXPECT_EQ(telemetry["scheduled"], 60 * (2 * 3 + 1 + 2));
  EXPECT_EQ(telemetry["sent"], telemetry["scheduled"]);
  EXPECT_EQ(telemetry["acknowledged"], telemetry["scheduled"]);
}

TEST(Behaviour, WhoWaitsLongerComesBackAllTheSame) {
  SimRun run(to_yaml({.devices = 50,
                      .hold = "2s",
                      .fleet_extra = "    connect: { back_off: { model: constant, first: 300ms, jitter: full } }",
                      .thresholds = "[ faults.0.lost == 50, faults.0.not_back == 0 ]"}),
             {"--set", "faults=[{at: 200ms, do: cut, connections: {group: lamps}}]"});
  EXPECT_EQ(run.wait(), expected_exit()) << run.output();
  EXPECT_EQ(run.result()["fleet"]["connect"]["lost"]["connection closed"], 50);
}

// The scenarios that ship, shortened.
std::string shipped(const std::string& name) {
  std::ifstream file(std::string(FLEET_SCENARIOS) + "/" + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ShippedBehaviour, OfflineBacklog) {
  SimRun run(shipped("offline-backlog.yaml"),
             {"--set", "fleet.meters.count=300", "--set", "phases={warm_up: 100ms, hold: 2s, drain: 30s}", "--set",
              "fleet.meters.away=[{at: 300ms, for: 1700ms}]", "--set", "health={send_lag_p99: 5s, hiccup: 5s}"});
  EXPECT_EQ(run.wait(), expected_exit()) << run.output();
  EXPECT_EQ(run.result()["absence"]["returned"], 300);
}

TEST(ShippedBehaviour, SlowReaders) {
  SimRun run(shipped("slow-readers.yaml"),
             {"--set", "fleet.lamps.count=100", "--set", "phases={warm_up: 100ms, hold: 3s, drain: 60s}", "--set",
              "health={send_lag_p99: 5s, hiccup: 5s}", "--set",
              "thresholds=[calls.failed == 0, deliveries.missing == 0, slow_reading.held_back > 0]"});
  EXPECT_EQ(run.wait(), expected_exit()) << run.output();
  // Theirs had to wait for the drain; it is the scenario that makes them slow, so this is no matter of the machine.
  EXPECT_GT(run.result()["groups"]["snails"]["times_us"]["response"]["max"].get<double>(), 500'000);
}

TEST(ShippedBehaviour, Takeover) {
  SimRun run(shipped("takeover.yaml"),
             {"--set", "fleet.lamps.count=300", "--set", "phases={warm_up: 100ms, hold: 1s, drain: 20s}", "--set",
              "health={send_lag_p99: 5s, hiccup: 5s}", "--set",
              "thresholds=[deliveries.missing == 0, takeover.failed == 0, takeover.begun == 100]"});
  EXPECT_EQ(run.wait(), expected_exit()) << run.output();
}

}  // namespace
}  // namespace fleet::tests
