// Do all ways to call, and all plans of when, keep their books?
#include <gtest/gtest.h>

#include <string_view>

#include "tests/e2e/shipped.h"
#include "tests/e2e/sim_run.h"

namespace fleet::tests {
namespace {

constexpr int kPass = FLEET_RELEASE_BUILD ? 0 : 4;  // a debug build calls its runs INVALID

constexpr std::string_view kSixtyLamps = R"(products:
  lamp: { topics: { get: subscribe } }
fleet:
  lamps:
    product: lamp
    count: 60
    name: lamp-{index:5}
    subscribe: [ { topic: get } ]
)";

// One call group of each pick and each shape of a rate, at once; the warm-up is a second, the hold too.
constexpr std::string_view kEveryShape = R"(# Does every call find whom it is for?
name: every-shape
include: lamps.yaml
calls:
  steady: { api: BatchPub, to: lamps, topic: get, batch: 10, pick: round-robin, rate: 20/s, connections: 2 }
  random: { api: BatchPub, to: lamps, topic: get, batch: 7, pick: random, rate: 100/s, arrivals: poisson }
  popular: { api: BatchPub, to: lamps, topic: get, batch: 10, pick: zipf, rate: { ramp: { from: 10/s, to: 30/s } } }
  few: { api: BatchPub, to: lamps, topic: get, batch: 3, pick: same, rate: { steps: [ { rate: 10/s, for: 500ms }, { rate: 30/s, for: 500ms } ] } }
  everybody: { api: BatchPub, to: lamps, topic: get, pick: all, rate: { burst: { calls: 4, every: 500ms } } }
  recorded: { api: Pub, to: lamps, topic: get, rate: { due: [ 0s, 10ms, 10ms, 900ms, 1s ] } }
  replayed: { api: Pub, to: lamps, topic: get, rate: { replay: due.txt } }
phases: { warm_up: 1s, hold: 1s, drain: 10s }
health: { send_lag_p99: 5s, hiccup: 5s }
thresholds: [ calls.failed == 0, calls.rejected == 0, deliveries.missing == 0, deliveries.misdelivered == 0 ]
)";

TEST(Calls, OfEveryPickAndShapeBalance) {
  const TempDir directory;
  directory.write("lamps.yaml", kSixtyLamps);
  directory.write("due.txt", "0s\n10ms\n500ms\n1s\n");
  SimRun run(SimRun::WithOut{}, {"run", directory.write("scenario.yaml", kEveryShape).string()});
  EXPECT_EQ(run.wait(), kPass) << run.output();
  nlohmann::json groups = run.result()["call_groups"];
  const auto expect = [&](const char* name, int calls, int batch) {
    EXPECT_EQ(groups[name]["calls"]["scheduled"], calls) << name;
    EXPECT_EQ(groups[name]["deliveries"]["received"], calls * batch) << name;
  };
  expect("steady", 20, 10);
  expect("popular", 20, 10);
  expect("few", 20, 3);
  expect("everybody", 8, 60);
  expect("recorded", 4, 1);
  expect("replayed", 3, 1);
  EXPECT_EQ(groups["random"]["deliveries"]["received"], groups["random"]["calls"]["scheduled"].get<int>() * 7);
  EXPECT_GT(groups["random"]["calls"]["scheduled"], 50);
}

TEST(Calls, ToAllReachThemInBothDialects) {
  for (const char* bridge : {"{dialect: aliyun}", "{dialect: emqx-bcast}"}) {
    SimRun run(R"(# Does everybody hear it?
name: broadcast
products: { lamp: { topics: { get: subscribe, news: broadcast } } }
fleet: { lamps: { product: lamp, count: 150, name: "lamp-{index:5}", subscribe: [ { topic: news }, { topic: get } ] } }
calls: { all: { api: PubBroadcast, to: lamps, topic: news, rate: 10/s }, some: { api: BatchPub, to: lamps, topic: get, batch: 10, rate: 10/s } }
phases: { warm_up: 100ms, hold: 500ms, drain: 10s }
health: { send_lag_p99: 5s, hiccup: 5s }
thresholds: [ calls.failed == 0, calls.rejected == 0, deliveries.missing == 0, deliveries.misdelivered == 0 ]
)",
               {"--set", std::string("target.bridge=") + bridge});
    EXPECT_EQ(run.wait(), kPass) << run.output();
    nlohmann::json groups = run.result()["call_groups"];
    EXPECT_EQ(groups["all"]["deliveries"]["received"], 750) << bridge;
    EXPECT_EQ(groups["some"]["deliveries"]["received"], 50) << bridge;
  }
}

TEST(ShippedScenarios, FanOutThreeWays) {
  const std::string text = shipped("fan-out-three-ways.yaml");
  SimRun run(text, shortened({"fleet.lamps.count=300", "calls.one-by-one.rate=300/s"}));
  EXPECT_EQ(run.wait(), kPass) << run.output();
  nlohmann::json groups = run.result()["call_groups"];
  EXPECT_EQ(groups["batch"]["deliveries"]["received"], 2'000);
  EXPECT_EQ(groups["one-by-one"]["deliveries"]["received"], 300);
  EXPECT_EQ(groups["broadcast"]["deliveries"]["received"], 300);
}

}  // namespace
}  // namespace fleet::tests
