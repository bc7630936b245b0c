// Does each scenario that ships pass, shortened?
#include <gtest/gtest.h>

#include "tests/e2e/shipped.h"
#include "tests/e2e/sim_run.h"
#include "tests/support/sanitizers.h"

namespace fleet::tests {
namespace {

constexpr int kPass = FLEET_RELEASE_BUILD ? 0 : 4;  // a debug build calls its runs INVALID

// Times and memory are this machine's; the books are not.
void without_times(std::string& text) {
  for (const char* metric : {"  - times_us.", "  - cost."}) {
    for (std::size_t at; (at = text.find(metric)) != std::string::npos;) text.erase(at, text.find('\n', at) - at + 1);
  }
}

nlohmann::json pass(const std::string& name, const std::vector<std::string>& sets) {
  std::string text = shipped(name);
  without_times(text);
  SimRun run(text, shortened(sets));
  EXPECT_EQ(run.wait(), kPass) << name << "\n" << run.output();
  return run.result();
}

TEST(ShippedScenarios, Tmc) {
  const nlohmann::json result = pass("tmc.yaml", {});
  EXPECT_EQ(result["deliveries"]["received"], 2'500);
}

TEST(ShippedScenarios, Telemetry) {
  nlohmann::json result = pass("telemetry.yaml", {"fleet.meters.count=300", "fleet.meters.publish.0.every=500ms",
                                                  "fleet.meters.publish.1.every=1s"});
  EXPECT_EQ(result["telemetry"]["sent"], result["telemetry"]["scheduled"]);
  EXPECT_GE(result["telemetry"]["scheduled"], 600);
}

TEST(ShippedScenarios, BigPayloads) {
  nlohmann::json result = pass("big-payloads.yaml", {"fleet.screens.count=40"});
  EXPECT_EQ(result["call_groups"]["pictures"]["deliveries"]["received"], 40);
  EXPECT_EQ(result["call_groups"]["texts"]["deliveries"]["received"], 200);
}

TEST(ShippedScenarios, FifteenThousand) {
  nlohmann::json result = pass("fifteen-thousand.yaml", {"fleet.devices.count=600"});
  EXPECT_EQ(result["call_groups"]["everyone"]["deliveries"]["received"], 1'000);
  EXPECT_GT(result["call_groups"]["popular"]["deliveries"]["received"], 1'000);
}

// With all that it asks for: memory that does not grow in half an hour does not grow in a second either.
TEST(ShippedScenarios, Soak) {
  SimRun run(shipped("soak.yaml"), shortened({"fleet.lamps.count=500", "fleet.lamps.publish.0.every=500ms"}));
  EXPECT_EQ(run.wait(), kPass) << run.output();
  const nlohmann::json result = run.result();
  EXPECT_EQ(result["deliveries"]["received"], 5'000);
  int of_memory = 0;
  for (const auto& threshold : result["thresholds"]) {
    const bool memory = threshold["expr"].get<std::string>().starts_with("cost.rss_growth_kib.");
    of_memory += memory ? 1 : 0;
    if (memory && !kMemoryIsTrue) continue;
    EXPECT_EQ(threshold["ok"], true) << threshold;
  }
  EXPECT_EQ(of_memory, 3);
}

TEST(Commands, NewWritesAScenarioThatPlans) {
  const TempDir directory;
  const std::string file = (directory.path() / "mine.yaml").string();
  SimRun first(std::vector<std::string>{"new", file});
  EXPECT_EQ(first.wait(), 0) << first.output();
  SimRun plan(std::vector<std::string>{"plan", file});
  EXPECT_EQ(plan.wait(), 0) << plan.output();
  EXPECT_NE(plan.output().find("second by second"), std::string::npos) << plan.output();
  SimRun again(std::vector<std::string>{"new", file});
  EXPECT_EQ(again.wait(), 2);
  EXPECT_NE(again.output().find("File exists"), std::string::npos) << again.output();
}

}  // namespace
}  // namespace fleet::tests
