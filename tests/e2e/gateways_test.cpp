// Does a fleet of gateways, registered and brought up through the API, balance its books?
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <string_view>

#include "tests/e2e/sim_run.h"
#include "tests/support/http_caller.h"

namespace fleet::tests {
namespace {

int expected_exit(int optimised) { return FLEET_RELEASE_BUILD ? optimised : 4; }

struct GatewayScenario {
  std::string provision = "config";
  std::string gateway = "{ group: hubs }";
  std::string target = "{ broker: mosquitto, bridge: local }";
  std::string more{};
};

// 6 gateways, 100 sensors; 50 calls for 20 sensors each, and every sensor publishes four times in the hold.
std::string to_yaml(const GatewayScenario& scenario) {
  return fmt::format(R"(# Is everybody reached?
name: gateways
target: {}
products:
  hub: {{ kind: gateway, topics: {{ get: subscribe }} }}
  sensor: {{ kind: sub-device, topics: {{ get: subscribe, update: publish }} }}
fleet:
  hubs:
    product: hub
    count: 6
    name: hub-{{index:3}}
    provision: {}
    connect: {{ rate: 1000/s, protocol: 5 }}
    subscribe: [ {{ topic: get, qos: 1 }} ]
  sensors:
    product: sensor
    count: 100
    name: sensor-{{index:5}}
    provision: {}
    gateway: {}
    subscribe: [ {{ topic: get, qos: 1 }} ]
    publish: [ {{ topic: update, every: 250ms, qos: 1, payload: '{{"t": {{random:18.0..26.0}}, "n": {{sequence}}}}' }} ]
calls:
  push: {{ api: BatchPub, to: sensors, topic: get, batch: 20, pick: random, qos: 1, payload: 128B, rate: 50/s }}
phases: {{ warm_up: 250ms, hold: 1s, drain: 10s }}
health: {{ send_lag_p99: 5s, hiccup: 5s }}
thresholds: [ calls.failed == 0, deliveries.missing == 0, deliveries.misdelivered == 0, telemetry.scheduled == 400 ]
{})",
                     scenario.target, scenario.provision, scenario.provision, scenario.gateway, scenario.more);
}

void expect_whole(const std::string& scenario) {
  SimRun run(scenario);
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  const nlohmann::json result = run.result();
  EXPECT_EQ(result["fleet"]["devices"], 106);
  EXPECT_EQ(result["fleet"]["gateways"], 6);
  EXPECT_EQ(result["fleet"]["sub_devices"], 100);
  EXPECT_EQ(result["fleet"]["connections"], 6);
  EXPECT_EQ(result["calls"]["accepted"], 50);
  EXPECT_EQ(result["deliveries"]["expected"], 1'000);
  EXPECT_EQ(result["deliveries"]["received"], 1'000);
  EXPECT_EQ(result["groups"]["sensors"]["deliveries"]["received"], 1'000);
  for (const char* name : {"missing", "duplicate", "misdelivered", "corrupt", "downgraded", "foreign", "late"}) {
    EXPECT_EQ(result["deliveries"][name], 0) << name;
  }
  EXPECT_EQ(result["telemetry"]["scheduled"], 400);
  EXPECT_EQ(result["telemetry"]["sent"], 400);
  EXPECT_EQ(result["telemetry"]["acknowledged"], 400);
}

// /metrics of the bridge that the run has started.
std::string metrics_of_bridge(const SimRun& run) {
  constexpr std::string_view kReady = "listening on http://127.0.0.1:";
  const std::string log = run.file("bridge.log");
  const std::size_t at = log.find(kReady);
  if (at == std::string::npos) return log;
  HttpCaller caller(static_cast<std::uint16_t>(std::stoi(log.substr(at + kReady.size()))));
  const auto page = caller.call("GET /metrics HTTP/1.1\r\nHost: bridge\r\n\r\n");
  return page ? page->body : std::string();
}

// Calls of an action that the bridge has answered with a code.
int calls_of(const std::string& action, const std::string& code, const std::string& metrics) {
  const std::string name = fmt::format("fleet_bridge_calls_total{{action=\"{}\",code=\"{}\"}} ", action, code);
  const std::size_t at = metrics.find(name);
  return at == std::string::npos ? 0 : std::stoi(metrics.substr(at + name.size()));
}

TEST(Gateways, KnownToTheBridgeByItsConfiguration) { expect_whole(to_yaml({})); }

TEST(Gateways, RegisteredThroughTheApi) {
  expect_whole(to_yaml({.provision = "api", .gateway = "{ group: hubs, topology: api }"}));
}

TEST(Gateways, RegisteredWithinTheQuotas) {
  // 30 calls of BatchAddThingTopo where ten at once and ten a second are allowed; nothing paces them, so that some are
  // throttled and tried again.
  SimRun run(to_yaml({.provision = "api",
                      .gateway = "{ group: hubs, topology: api }",
                      .target = "{ broker: mosquitto, bridge: local, limits: api }"}),
             {"--set", "fleet.sensors.count=300", "--set", "calls.push.rate=10/s", "--set",
              "thresholds=[deliveries.missing == 0]"});
  ASSERT_TRUE(run.wait_for("connect ")) << run.output();
  run.freeze();  // so that the bridge is there to be asked
  const std::string metrics = metrics_of_bridge(run);
  run.thaw();
  EXPECT_GE(calls_of("BatchAddThingTopo", "Throttling.User", metrics), 1) << metrics;
  EXPECT_EQ(calls_of("BatchAddThingTopo", "OK", metrics), 30) << metrics;
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
  EXPECT_NE(run.output().find("registering hubs: 6 of 6\n"), std::string::npos) << run.output();
  EXPECT_NE(run.output().find("relating sensors: 10 of 300\n"), std::string::npos) << run.output();
  EXPECT_EQ(run.result()["deliveries"]["received"], 200);
}

TEST(Gateways, ThatAskForTheirTopologyThemselves) {
  expect_whole(to_yaml({.gateway = "{ group: hubs, topology: mqtt }"}));
}

TEST(Gateways, WhoseSubDevicesAreNotLoggedIn) { expect_whole(to_yaml({.gateway = "{ group: hubs, login: false }"})); }

// The scenarios that ship, shortened.
void expect_pass(const std::string& name, std::vector<std::string> sets) {
  std::ifstream file(std::string(FLEET_SCENARIOS) + "/" + name);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  ASSERT_FALSE(text.empty());
  for (const char* set : {"phases={warm_up: 100ms, hold: 1s, drain: 10s}", "health={send_lag_p99: 5s, hiccup: 5s}"}) {
    sets.emplace_back("--set");
    sets.emplace_back(set);
  }
  SimRun run(text, sets);
  EXPECT_EQ(run.wait(), expected_exit(0)) << run.output();
}

TEST(ShippedScenarios, Lifecycle) { expect_pass("lifecycle.yaml", {}); }

// Many behind few, and few behind many.
TEST(ShippedScenarios, Gateways) {
  const char* const meters = FLEET_RELEASE_BUILD ? "fleet.meters.count=10000" : "fleet.meters.count=1000";
  const char* const hubs = FLEET_RELEASE_BUILD ? "fleet.hubs.count=1000" : "fleet.hubs.count=100";
  const std::vector<std::string> quick = {"--set", meters, "--set", "fleet.hubs.connect.rate=1000/s"};
  expect_pass("gateways.yaml", quick);
  std::vector<std::string> many = quick;
  many.insert(many.end(), {"--set", hubs});
  expect_pass("gateways.yaml", many);
}

}  // namespace
}  // namespace fleet::tests
