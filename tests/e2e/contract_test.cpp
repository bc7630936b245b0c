// Do the scenarios that this product was made for run as they are, byte for byte?
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/e2e/shipped.h"
#include "tests/e2e/sim_run.h"

namespace fleet::tests {
namespace {

constexpr int kPass = FLEET_RELEASE_BUILD ? 0 : 4;  // a debug build calls its runs INVALID

// A test machine may be as slow as it is: only what a run thinks of its own health is relaxed.
const std::vector<std::string> kAnyMachine = {"--set", "health={send_lag_p99: 5s, hiccup: 5s}"};

std::vector<std::string> for_two_seconds() {
  std::vector<std::string> arguments = kAnyMachine;
  arguments.insert(arguments.end(), {"--set", "phases.warm_up=500ms", "--set", "phases.hold=2s"});
  return arguments;
}

std::string contract(const std::string& name) { return text_of(std::string(FLEET_CONTRACT_SCENARIOS) + "/" + name); }

void expect_none_astray(const nlohmann::json& result) {
  for (const char* name : {"missing", "duplicate", "misdelivered", "corrupt", "out_of_order", "downgraded",
                           "unaccepted", "late", "foreign", "absent", "unsubscribed"}) {
    EXPECT_EQ(result["deliveries"][name], 0) << name;
  }
}

// Thresholds that did not hold.
std::set<std::string> broken_thresholds(const nlohmann::json& result) {
  std::set<std::string> broken;
  for (const nlohmann::json& threshold : result["thresholds"]) {
    if (!threshold["ok"].get<bool>()) broken.insert(threshold["expr"].get<std::string>());
  }
  return broken;
}

TEST(ShippedScenarios, Quickstart) {
  const std::string text = contract("quickstart.yaml");
  EXPECT_EQ(shipped("quickstart.yaml"), text);
  const std::set<std::string> slow_machine = {"times_us.response.p99 < 50ms"};
  for (int attempts_left = 2;; --attempts_left) {
    SimRun run(text, kAnyMachine);
    const int code = run.wait();
    const nlohmann::json result = run.result();
    EXPECT_EQ(result["fleet"]["devices"], 2'000);
    EXPECT_EQ(result["calls"]["scheduled"], 500);
    EXPECT_EQ(result["calls"]["sent"], 500);
    EXPECT_EQ(result["calls"]["accepted"], 500);
    EXPECT_EQ(result["deliveries"]["expected"], 50'000);
    EXPECT_EQ(result["deliveries"]["received"], 50'000);
    expect_none_astray(result);
    if (FLEET_RELEASE_BUILD && attempts_left > 0 && broken_thresholds(result) == slow_machine) continue;
    EXPECT_EQ(code, kPass) << run.output();
    return;
  }
}

TEST(Contract, Lifecycle) {
  SimRun run(contract("lifecycle.yaml"), for_two_seconds());
  EXPECT_EQ(run.wait(), kPass) << run.output();
  const nlohmann::json result = run.result();
  EXPECT_EQ(result["fleet"]["devices"], 1'020);
  EXPECT_EQ(result["fleet"]["gateways"], 20);
  EXPECT_EQ(result["fleet"]["sub_devices"], 1'000);
  EXPECT_EQ(result["fleet"]["connections"], 20);
  EXPECT_EQ(result["calls"]["accepted"], 40);
  EXPECT_EQ(result["deliveries"]["received"], 4'000);
  EXPECT_EQ(broken_thresholds(result), std::set<std::string>{});
  expect_none_astray(result);
}

TEST(Contract, Tmc) {
  SimRun run(contract("tmc.yaml"), for_two_seconds());
  EXPECT_EQ(run.wait(), kPass) << run.output();
  const nlohmann::json result = run.result();
  EXPECT_EQ(result["fleet"]["consumers"], 44);
  EXPECT_EQ(result["calls"]["accepted"], 80);
  EXPECT_EQ(result["deliveries"]["received"], 4'000);
  EXPECT_EQ(result["groups"]["warehouse"]["deliveries"]["received"], 2'000);
  EXPECT_EQ(result["groups"]["analytics"]["deliveries"]["received"], 2'000);
  EXPECT_EQ(broken_thresholds(result), std::set<std::string>{});
  expect_none_astray(result);
}

}  // namespace
}  // namespace fleet::tests
