// Do faults out of the scenario happen, are they told, and do the books stay whole over them?
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/e2e/sim_run.h"

namespace fleet::tests {
namespace {

int expected_exit(int optimised) { return FLEET_RELEASE_BUILD ? optimised : 4; }

void expect_balance(const nlohmann::json& result) {
  const auto& deliveries = result["deliveries"];
  EXPECT_EQ(deliveries["expected"].get<std::int64_t>(),
            deliveries["received"].get<std::int64_t>() + deliveries["missing"].get<std::int64_t>());
  const auto& calls = result["calls"];
  EXPECT_EQ(calls["sent"].get<std::int64_t>(), calls["accepted"].get<std::int64_t>() +
                                                   calls["rejected"].get<std::int64_t>() +
                                                   calls["failed"].get<std::int64_t>());
  for (const auto& fault : result["faults"]) {
    EXPECT_LE(fault["missing"].get<std::int64_t>(), deliveries["missing"].get<std::int64_t>()) << fault;
    EXPECT_LE(fault["rejected"].get<std::int64_t>(), calls["rejected"].get<std::int64_t>()) << fault;
    EXPECT_LE(fault["failed"].get<std::int64_t>(), calls["failed"].get<std::int64_t>()) << fault;
    if (fault["lost"] == 0 || fault["back"]["all_s"].is_null()) continue;
    EXPECT_LE(fault["back"]["p50_s"].get<double>(), fault["back"]["p99_s"].get<double>());
    EXPECT_LE(fault["back"]["p99_s"].get<double>(), fault["back"]["all_s"].get<double>());
  }
}

std::string with_faults(const QuickScenario& scenario, const std::string& entries) {
  return to_yaml(scenario) + "faults:\n" + entries;
}

// Plays a scenario that ships, shortened; the limits of the run's own health are not what these tests are about.
SimRun shipped(const char* name, std::vector<std::string> sets) {
  std::vector<std::string> words{"run", std::string(FLEET_SCENARIOS) + "/" + name};
  sets.insert(sets.begin(), {"health={send_lag_p99: 5s, hiccup: 5s}", "phases.warm_up=200ms"});
  for (std::string& set : sets) {
    words.emplace_back("--set");
    words.push_back(std::move(set));
  }
  return SimRun(SimRun::WithOut{}, std::move(words));
}

TEST(Faults, AReconnectStormBringsEverybodyBack) {
  SimRun run = shipped("reconnect-storm.yaml", {"fleet.lamps.count=400", "phases.hold=3s", "faults.0.at=1s"});
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  const nlohmann::json result = run.result();
  expect_balance(result);
  EXPECT_EQ(result["calls"]["accepted"], 60);
  EXPECT_EQ(result["deliveries"]["expected"], 6'000);
  ASSERT_EQ(result["faults"].size(), 1u);
  const auto& fault = result["faults"][0];
  EXPECT_EQ(fault["lost"], 400);
  EXPECT_EQ(fault["not_back"], 0);
  EXPECT_GE(fault["at_s"].get<double>(), 1);
  EXPECT_EQ(result["fleet"]["connect"]["reconnects"], 400);
  EXPECT_NE(run.output().find("400 connections lost, ready again: 50% after"), std::string::npos) << run.output();
}

TEST(Faults, ABrokerRestartLosesNothingThatWasAcceptedAtQos1) {
  // A broker may be back within 20 ms: so many calls that some fall in between.
  SimRun run = shipped("broker-restart.yaml", {"fleet.lamps.count=300", "phases.hold=4s", "faults.0.at=1s",
                                               "calls.push.rate=200/s", "calls.push.batch=20"});
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  const nlohmann::json result = run.result();
  expect_balance(result);
  EXPECT_EQ(result["calls"]["scheduled"], 800);
  EXPECT_EQ(result["calls"]["failed"], 0);
  EXPECT_EQ(result["deliveries"]["missing"], 0);
  EXPECT_EQ(result["deliveries"]["expected"].get<int>(), result["calls"]["accepted"].get<int>() * 20);
  const auto& fault = result["faults"][0];
  EXPECT_EQ(fault["lost"], 300);
  EXPECT_EQ(fault["not_back"], 0);
  EXPECT_GT(fault["ended_s"].get<double>(), fault["at_s"].get<double>());
  EXPECT_EQ(fault["missing"], 0);
  EXPECT_GT(result["calls"]["rejected"], 0) << "the restart fell between two calls";
  EXPECT_EQ(result["reasons"].size(), FLEET_RELEASE_BUILD ? 0u : 1u)
      << "an end that was asked for: " << result["reasons"];
  // Both processes of the broker are in its CPU, and the memory is that of the one that runs.
  EXPECT_GT(result["cost"]["cpu_us_per_delivery"]["broker"].get<double>(), 0);
  EXPECT_GT(result["cost"]["rss_kib"]["broker"].get<double>(), 0);
}

TEST(Faults, AStoppedBrokerShowsInResponseAndCostsNobodyHisConnection) {
  SimRun run(with_faults({.hold = "2s"}, "  - { at: 500ms, do: broker-stop, for: 300ms }\n"));
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  const nlohmann::json result = run.result();
  expect_balance(result);
  EXPECT_EQ(result["calls"]["accepted"], 100);
  EXPECT_EQ(result["deliveries"]["received"], 2'000);
  EXPECT_GE(result["times_us"]["response"]["max"].get<double>(), 200'000);
  const auto& fault = result["faults"][0];
  EXPECT_EQ(fault["lost"], 0);
  EXPECT_TRUE(fault["back"]["all_s"].is_null());
  EXPECT_GE(fault["ended_s"].get<double>() - fault["at_s"].get<double>(), 0.299);
  for (const auto& row : result["timeline"]) {
    const auto second = row["t_s"].get<double>();
    const bool under_way = second + 1 > fault["at_s"].get<double>() && second <= fault["ended_s"].get<double>();
    EXPECT_EQ(row.value("faults", nlohmann::json::array()).size(), under_way ? 1u : 0u) << row;
  }
  EXPECT_EQ(result["timeline"][0]["faults"], nlohmann::json::array({0}));
}

TEST(Faults, AKilledBrokerComesBackOnItsPort) {
  SimRun run(with_faults({.hold = "3s", .thresholds = "[ faults.0.not_back == 0, faults.0.lost == 200 ]"},
                         "  - { at: 500ms, do: broker-kill, for: 300ms }\n"));
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  const nlohmann::json result = run.result();
  expect_balance(result);
  EXPECT_EQ(result["fleet"]["connect"]["reconnects"], 200);
  EXPECT_GT(result["faults"][0]["rejected"].get<int>() + result["faults"][0]["failed"].get<int>(), 0);
  for (const auto& row : result["thresholds"]) EXPECT_EQ(row["ok"], true) << row;
}

TEST(Faults, ABridgeThatIsKilledOrRestartedIsCalledAgain) {
  for (const char* what : {"bridge-kill, for: 300ms", "bridge-restart"}) {
    SimRun run(with_faults({.qos = 1, .hold = "3s", .thresholds = "[ deliveries.missing == 0 ]"},
                           fmt::format("  - {{ at: 1s, do: {} }}\n", what)));
    EXPECT_EQ(run.wait(), expected_exit(0)) << what << run.output();
    const nlohmann::json result = run.result();
    expect_balance(result);
    EXPECT_EQ(result["calls"]["sent"], 150);
    const auto& fault = result["faults"][0];
    EXPECT_EQ(fault["lost"], 0) << fault;
    EXPECT_FALSE(fault["ended_s"].is_null()) << fault;
    // The last second of the hold is long behind it.
    std::int64_t calls_at_the_end = 0;
    for (const auto& row : result["timeline"]) {
      if (row["t_s"] >= 2) calls_at_the_end += row["calls"].get<std::int64_t>();
    }
    EXPECT_GT(calls_at_the_end, 40) << result["timeline"];
    EXPECT_GT(result["cost"]["cpu_us_per_delivery"]["bridge"].get<double>(), 0);
  }
}

TEST(Faults, HalfOpenConnectionsEndByKeepAliveAndBySeed) {
  const std::string scenario =
      with_faults({.devices = 100,
                   .hold = "2s",
                   .drain = "30s",
                   .fleet_extra = "    connect: { keep_alive: 1s }",
                   .thresholds = "[ faults.0.lost == 20, faults.0.not_back == 0, faults.1.not_back == 0 ]"},
                  "  - { at: 200ms, do: cut, connections: { group: lamps, share: 20%, how: half_open } }\n"
                  "  - { at: 300ms, do: cut, connections: { group: lamps, share: 20%, how: reset } }\n");
  SimRun run(scenario);
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  const nlohmann::json first = run.result();
  expect_balance(first);
  EXPECT_EQ(first["faults"][0]["lost"], 20);
  EXPECT_EQ(first["faults"][0]["not_back"], 0);
  EXPECT_EQ(first["faults"][1]["not_back"], 0);
  EXPECT_GT(first["deliveries"]["missing"], 0) << "QoS 0 to devices that do not read";
  EXPECT_LE(first["faults"][1]["lost"], 20) << "whom it finds half open is the first one's";
  SimRun again(scenario);
  again.wait();
  EXPECT_EQ(again.result()["faults"][1]["lost"], first["faults"][1]["lost"]);
}

TEST(Faults, CtrlCEndsThemAtOnce) {
  SimRun run(with_faults({.hold = "60s"}, "  - { at: 100ms, do: broker-stop, for: 50s }\n"));
  ASSERT_TRUE(run.wait_for("fault 0: broker-stop for 50s"));
  run.signal(SIGINT);
  EXPECT_EQ(run.wait(), 4) << run.output();
  const nlohmann::json result = run.result();
  expect_balance(result);
  EXPECT_EQ(result["deliveries"]["missing"], 0) << "the broker went on";
  EXPECT_FALSE(result["faults"][0]["ended_s"].is_null());
}

TEST(Faults, AChildThatDiesByItselfIsStillTold) {
  SimRun run(with_faults({.hold = "3s", .drain = "1s"}, "  - { at: 1500ms, do: bridge-kill, for: 100ms }\n"));
  ASSERT_TRUE(run.wait_for("hold "));
  const pid_t bridge = run.child("fleet-bridge");
  ASSERT_GT(bridge, 0);
  kill(bridge, SIGKILL);
  EXPECT_EQ(run.wait(), expected_exit(1)) << run.output();
  const std::string reasons = run.result()["reasons"].dump();
  EXPECT_NE(reasons.find("fleet-bridge was killed by signal 9"), std::string::npos) << reasons;
  EXPECT_NE(reasons.find("fault 0, bridge-kill, found its program ended already"), std::string::npos) << reasons;
}

}  // namespace
}  // namespace fleet::tests
