// Do sub-devices move to another gateway while calls go on, and is that told?
#include <gtest/gtest.h>

#include "tests/e2e/shipped.h"
#include "tests/e2e/sim_run.h"

namespace fleet::tests {
namespace {

TEST(Handover, SubDevicesMoveAndEveryDeliveryIsAccountedFor) {
  SimRun run(shipped("gateway-handover.yaml"),
             {"--set", "fleet.hubs.count=5", "--set", "calls.push.rate=50/s", "--set", "fleet.sensors.count=200",
              "--set", "phases.hold=4s", "--set", "faults.0.at=1s", "--set", "faults.1.at=2500ms", "--set",
              "phases.drain=3s", "--set", "health={send_lag_p99: 5s, hiccup: 5s}"});
  EXPECT_EQ(run.wait(), FLEET_RELEASE_BUILD ? 0 : 4) << run.output();
  const nlohmann::json result = run.result();
  const auto& deliveries = result["deliveries"];
  EXPECT_EQ(deliveries["expected"].get<int>(), deliveries["received"].get<int>() + deliveries["missing"].get<int>());
  EXPECT_EQ(deliveries["misdelivered"], 0);
  EXPECT_EQ(result["faults"][0]["of"], "sub-devices");
  EXPECT_EQ(result["faults"][0]["lost"], 40);
  EXPECT_EQ(result["faults"][0]["not_back"], 0);
  EXPECT_EQ(result["faults"][1]["lost"], 200);
  EXPECT_EQ(result["faults"][1]["not_back"], 0);
  EXPECT_FALSE(result["faults"][1]["back"]["all_s"].is_null());
  EXPECT_GE(result["fleet"]["kicked"], 240) << "each old gateway is told of each";
  EXPECT_EQ(result["fleet"]["newcomers_refused"], 0);
  // What comes between the old gateway's last filter and the new one's first is lost, and nothing else is.
  const int of_both = result["faults"][0]["missing"].get<int>() + result["faults"][1]["missing"].get<int>();
  EXPECT_GT(of_both, 0);
  EXPECT_EQ(of_both, deliveries["missing"].get<int>());
  EXPECT_NE(run.output().find("40 sub-devices moved, ready again: 50% after"), std::string::npos) << run.output();
}

TEST(Handover, GatewaysThatLoseTheirConnectionComeBackWithWhoCameToThem) {
  SimRun run(shipped("gateway-handover.yaml"),
             {"--set", "fleet.hubs.count=4", "--set", "fleet.sensors.count=80", "--set", "phases.hold=6s", "--set",
              "phases.drain=3s", "--set", "health={send_lag_p99: 5s, hiccup: 5s}", "--set",
              "faults=[{at: 500ms, do: handover, sub_devices: {group: sensors, share: 50%}}, "
              "{at: 2s, do: cut, connections: {group: hubs}}]",
              "--set", "thresholds=[faults.0.not_back == 0, faults.1.lost == 4, faults.1.not_back == 0]"});
  EXPECT_EQ(run.wait(), FLEET_RELEASE_BUILD ? 0 : 4) << run.output();
  const nlohmann::json result = run.result();
  EXPECT_EQ(result["deliveries"]["misdelivered"], 0);
  // The last seconds reach everybody again: 20 calls a second for 20 sub-devices each.
  std::int64_t late = 0;
  for (const auto& row : result["timeline"]) {
    if (row["t_s"] == 5) late = row["deliveries"].get<std::int64_t>();
  }
  EXPECT_GE(late, 380);
}

}  // namespace
}  // namespace fleet::tests
