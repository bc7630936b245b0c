// Does a bad way between fleet, bridge and broker show where it should, and nowhere else?
#include <gtest/gtest.h>

#include "tests/e2e/sim_run.h"

namespace fleet::tests {
namespace {

int expected_exit(int optimised) { return FLEET_RELEASE_BUILD ? optimised : 4; }

std::string with_faults(const QuickScenario& scenario, const std::string& entries) {
  return to_yaml(scenario) + "faults:\n" + entries;
}

void expect_balance(const nlohmann::json& result) {
  const auto& deliveries = result["deliveries"];
  EXPECT_EQ(deliveries["expected"].get<std::int64_t>(),
            deliveries["received"].get<std::int64_t>() + deliveries["missing"].get<std::int64_t>());
}

TEST(Proxy, DelayIsInEveryTimeOfItsSpanAndLosesNothing) {
  SimRun run(with_faults({.devices = 100, .qos = 1, .hold = "2s"},
                         "  - { at: 0s, do: slow, between: fleet-broker, delay: 40ms, jitter: 10ms, for: 1900ms }\n"));
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  const nlohmann::json result = run.result();
  expect_balance(result);
  EXPECT_EQ(result["deliveries"]["received"], 2'000);
  EXPECT_EQ(result["deliveries"]["out_of_order"], 0);
  EXPECT_GE(result["times_us"]["response"]["p50"].get<double>(), 40'000);
  EXPECT_EQ(result["context"]["proxies"], nlohmann::json::array({"fleet-broker"}));
  EXPECT_NE(result["notes"].dump().find("a proxy of the simulator stands between fleet-broker"), std::string::npos);
  EXPECT_EQ(result["faults"][0]["lost"], 0);
}

TEST(Proxy, ANarrowWayIsAsWideAsItSays) {
  // 20 calls × 20 devices × 1 KB in the hold: 400 KB through 100 KB/s, so the last of them are seconds late.
  SimRun run(with_faults({.devices = 100,
                          .rate = "20/s",
                          .hold = "2s",
                          .drain = "30s",
                          .thresholds = "[ deliveries.missing == 0, deliveries.duplicate == 0 ]"},
                         "  - { at: 0s, do: slow, between: bridge-broker, bandwidth: 100KB, for: 1990ms }\n"),
             {"--set", "calls.push.payload=1KB"});
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  const nlohmann::json result = run.result();
  expect_balance(result);
  EXPECT_GE(result["times_us"]["response"]["max"].get<double>(), 500'000);
  EXPECT_EQ(result["context"]["proxies"], nlohmann::json::array({"bridge-broker"}));
}

TEST(Proxy, ACutKeepsEverybodyOutUntilItIsOver) {
  SimRun run(
      with_faults({.hold = "4s", .drain = "3s", .thresholds = "[ faults.0.lost == 200, faults.0.not_back == 0 ]"},
                  "  - { at: 500ms, do: cut, between: fleet-broker, for: 1s }\n"));
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  const nlohmann::json result = run.result();
  expect_balance(result);
  EXPECT_EQ(result["calls"]["accepted"], 200) << "bridge and broker noticed nothing";
  const auto& fault = result["faults"][0];
  EXPECT_GE(fault["back"]["p50_s"].get<double>(), 1);
  EXPECT_GT(fault["missing"], 0);
  EXPECT_EQ(fault["missing"], result["deliveries"]["missing"]);
  EXPECT_EQ(result["fleet"]["connect"]["reconnects"], 200);
}

TEST(Proxy, AShareIsCutAndTheRestGoesOn) {
  SimRun run(with_faults({.hold = "3s", .drain = "3s", .thresholds = "[ faults.0.lost == 40, faults.0.not_back == 0 ]"},
                         "  - { at: 500ms, do: cut, between: fleet-broker, connections: { share: 20% } }\n"));
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  expect_balance(run.result());
}

TEST(Proxy, ABridgeThatIsCutOffRejectsAndComesBack) {
  SimRun run(with_faults({.qos = 1, .hold = "5s", .drain = "20s", .thresholds = "[ deliveries.missing == 0 ]"},
                         "  - { at: 1s, do: cut, between: bridge-broker, for: 1s }\n"));
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  const nlohmann::json result = run.result();
  expect_balance(result);
  const auto& fault = result["faults"][0];
  EXPECT_GT(fault["lost"], 0) << "the bridge's connections";
  EXPECT_EQ(fault["not_back"], 0) << fault;
  EXPECT_GE(fault["back"]["all_s"].get<double>(), 1);
  EXPECT_GT(fault["rejected"].get<int>() + fault["failed"].get<int>(), 0);
  EXPECT_EQ(result["fleet"]["connect"]["reconnects"], 0);
}

TEST(Proxy, HalfOpenConnectionsSwallowAndAreResetWhenItIsOver) {
  SimRun run(with_faults({.hold = "4s", .drain = "4s", .thresholds = "[ faults.0.lost > 0, faults.0.not_back == 0 ]"},
                         "  - { at: 500ms, do: cut, between: fleet-broker, for: 1s, "
                         "connections: { share: 50%, how: half_open } }\n"));
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  const nlohmann::json result = run.result();
  expect_balance(result);
  EXPECT_LE(result["faults"][0]["lost"], 100);
  EXPECT_GT(result["faults"][0]["missing"], 0);
  EXPECT_EQ(result["calls"]["accepted"], 200);
}

}  // namespace
}  // namespace fleet::tests
