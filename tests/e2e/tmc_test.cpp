// Do whole runs of consumers balance, message by message and group by group?
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/e2e/sim_run.h"
#include "tests/support/bridge_program.h"
#include "tests/support/mosquitto.h"

namespace fleet::tests {
namespace {

// A debug or sanitizer build is INVALID by design; its books must balance all the same.
int expected_exit(int optimised) { return FLEET_RELEASE_BUILD ? optimised : 4; }

struct TmcScenario {
  std::string workers = "1";
  std::string engine = "native";
  std::string target = "{ broker: mosquitto, bridge: local }";
  std::string api = "taobao.tmc.messages.produce";
  std::string rate = "40/s";
  int batch = 50;
  std::string topics = "[ taobao_jds_TradeTrace ]";
  std::string thresholds = "[ calls.failed == 0, deliveries.missing == 0, deliveries.duplicate == 0 ]";
};

std::string to_yaml(const TmcScenario& s) {
  return fmt::format(R"(# Who gets what?
name: tmc
workers: {}
target: {}
fleet:
  warehouse: {{ kind: consumer, count: 20, engine: {}, consume: {{ group: warehouse, topics: {} }} }}
  analytics: {{ kind: consumer, count: 4, engine: {}, consume: {{ group: analytics, topics: {} }} }}
calls:
  trades:
    api: {}
    to: [ warehouse, analytics ]
    topics: {}
    batch: {}
    payload: 512B
    rate: {}
phases: {{ warm_up: 200ms, hold: 1s, drain: 10s }}
health: {{ send_lag_p99: 5s, hiccup: 5s }}
thresholds: {}
)",
                     s.workers, s.target, s.engine, s.topics, s.engine, s.topics, s.api, s.topics, s.batch, s.rate,
                     s.thresholds);
}

void expect_whole(const nlohmann::json& result, int calls, int batch) {
  const int messages = calls * batch;
  EXPECT_EQ(result["calls"]["sent"], calls);
  EXPECT_EQ(result["calls"]["accepted"], calls);
  EXPECT_EQ(result["calls"]["partial"], 0);
  EXPECT_EQ(result["deliveries"]["expected"], messages);
  EXPECT_EQ(result["deliveries"]["received"], messages);
  for (const char* name :
       {"missing", "duplicate", "misdelivered", "corrupt", "out_of_order", "downgraded", "unaccepted", "late"}) {
    EXPECT_EQ(result["deliveries"][name], 0) << name;
  }
  EXPECT_EQ(result["times_us"]["response"]["count"], messages);
  EXPECT_EQ(result["times_us"]["completion"]["count"], calls);
  EXPECT_EQ(result["times_us"]["hops"]["broker"]["count"], calls);
  EXPECT_EQ(result["fleet"]["consumers"], 24);
  EXPECT_EQ(result["fleet"]["devices"], 0);
  EXPECT_EQ(result["fleet"]["connections"], 24);
  const std::pair<const char*, int> groups[] = {{"warehouse", 20}, {"analytics", 4}};
  for (const auto& [name, consumers] : groups) {
    const nlohmann::json& group = result["groups"][name];
    EXPECT_EQ(group["deliveries"]["expected"], messages / 2) << name;
    EXPECT_EQ(group["deliveries"]["received"], messages / 2) << name;
    EXPECT_EQ(group["times_us"]["service"]["count"], messages / 2) << name;
    EXPECT_EQ(group["balance"]["mean"].get<double>(), messages / 2.0 / consumers) << name;
    EXPECT_GT(group["balance"]["min"], 0) << name;
    EXPECT_LE(group["balance"]["max"], messages / 2) << name;
  }
}

TEST(Tmc, EveryMessageReachesOneConsumerOfItsGroup) {
  for (const char* workers : {"1", "2"}) {
    SimRun run(to_yaml(TmcScenario{.workers = workers}));
    EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
    expect_whole(run.result(), 40, 50);
    EXPECT_NE(run.output().find("balance     warehouse: "), std::string::npos) << run.output();
  }
}

TEST(Tmc, OnPahoToo) {
  SimRun run(to_yaml(TmcScenario{.workers = "2", .engine = "paho"}));
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  expect_whole(run.result(), 40, 50);
}

TEST(Tmc, TheSingleCallAndTwoTopicsOfAForeignAlphabet) {
  SimRun run(to_yaml(TmcScenario{.api = "taobao.tmc.message.produce",
                                 .rate = "400/s",
                                 .batch = 1,
                                 .topics = "[ created, \"订单 \\\"&=%\\\"\" ]"}));
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  expect_whole(run.result(), 400, 1);
}

TEST(Tmc, AsManyAsFit) {
  SimRun run(to_yaml(TmcScenario{.rate = "max", .batch = 10}));
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  const nlohmann::json result = run.result();
  const int calls = result["calls"]["accepted"];
  EXPECT_GT(calls, 0);
  expect_whole(result, calls, 10);
}

// A bridge whose app does not know the second group: every other message is refused, and not owed.
TEST(Tmc, RefusedMessagesAreNotOwed) {
  Mosquitto broker;
  BridgeProgram bridge({.broker_port = broker.port()});
  ASSERT_TRUE(bridge.wait_for_broker());
  std::string scenario = to_yaml(
      TmcScenario{.target = fmt::format("{{ broker: \"mqtt://127.0.0.1:{}\", bridge: {{ url: \"http://127.0.0.1:{}\", "
                                        "app_key: \"12345678\", app_secret: helloworld }} }}",
                                        broker.port(), bridge.port()),
                  .thresholds = "[ deliveries.missing == 0, calls.partial == 40, calls.refused_messages == 1000, "
                                "call_groups.trades.calls.partial == 40, groups.analytics.balance.max == 0 ]"});
  const std::string known = "consume: { group: analytics";
  scenario.replace(scenario.find(known), known.size(), "consume: { group: unknown");
  SimRun run(scenario);
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  const nlohmann::json result = run.result();
  EXPECT_EQ(result["calls"]["accepted"], 40);
  EXPECT_EQ(result["calls"]["message_errors"]["isv.invalid-paramter: target_group does not exist"], 1000)
      << result["calls"];
  EXPECT_EQ(result["deliveries"]["expected"], 1000);
  EXPECT_EQ(result["deliveries"]["received"], 1000);
  EXPECT_EQ(result["deliveries"]["unaccepted"], 0);
  EXPECT_EQ(result["groups"]["warehouse"]["deliveries"]["received"], 1000);
  EXPECT_EQ(result["groups"]["analytics"]["deliveries"]["expected"], 0);
  EXPECT_NE(run.output().find("1,000 messages refused in 40 accepted calls"), std::string::npos) << run.output();
}

TEST(Tmc, AWrongSecretIsRejectedByItsCode) {
  Mosquitto broker;
  BridgeProgram bridge({.broker_port = broker.port()});
  ASSERT_TRUE(bridge.wait_for_broker());
  SimRun run(to_yaml(
      TmcScenario{.target = fmt::format("{{ broker: \"mqtt://127.0.0.1:{}\", bridge: {{ url: \"http://127.0.0.1:{}\", "
                                        "app_secret: wrong }} }}",
                                        broker.port(), bridge.port())}));
  EXPECT_EQ(run.wait(), expected_exit(1)) << run.output();
  EXPECT_EQ(run.result()["calls"]["errors"]["25 Invalid signature"], 40) << run.result()["calls"];
}

TEST(Tmc, TheShippedScenarioRuns) {
  TempDir directory;
  const std::string out = (directory.path() / "out").string();
  SimRun run(std::vector<std::string>{"run", FLEET_SCENARIOS "/tmc.yaml", "--out", out, "--set", "phases.warm_up=200ms",
                                      "--set", "phases.hold=1s", "--set", "phases.drain=10s", "--set",
                                      "health={send_lag_p99: 5s, hiccup: 5s}", "--set",
                                      "thresholds.6=calls.sent == 50"});
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  std::ifstream file(out + "/result.json");
  const nlohmann::json result = nlohmann::json::parse(file, nullptr, false);
  ASSERT_TRUE(result.is_object());
  EXPECT_EQ(result["deliveries"]["received"], 2'500);
  for (const nlohmann::json& threshold : result["thresholds"]) EXPECT_EQ(threshold["ok"], true) << threshold;
}

}  // namespace
}  // namespace fleet::tests
