#include "sim/scenario/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "sim/scenario/naming.h"
#include "tests/unit/sim/scenario_text.h"

namespace fleet::sim {
namespace {

using namespace std::chrono_literals;

Scenario accepted(const std::string& text, const std::vector<Override>& sets = {},
                  std::optional<std::uint64_t> seed = {}) {
  const auto scenario = parse_scenario(text, "s.yaml", sets, seed);
  EXPECT_TRUE(scenario) << (scenario ? "" : scenario.error().text());
  return scenario.value();  // ends the test where it was refused
}

TEST(Scenario, ReadsTheQuickstart) {
  const auto loaded = load_scenario(FLEET_SCENARIOS "/quickstart.yaml", {}, {});
  ASSERT_TRUE(loaded) << loaded.error().text();
  const Scenario& scenario = *loaded;
  EXPECT_EQ(scenario.name, "quickstart");
  EXPECT_EQ(scenario.question, "How fast does one BatchPub call reach every device that it names?");
  EXPECT_EQ(scenario.sha256.size(), 64u);
  EXPECT_EQ(scenario.seed, 1u);
  EXPECT_FALSE(scenario.target.broker);
  EXPECT_FALSE(scenario.target.bridge);
  EXPECT_TRUE(scenario.target.broker_apart);
  EXPECT_TRUE(scenario.target.broker_auth);
  EXPECT_FALSE(scenario.target.enforce_api_limits);
  ASSERT_EQ(scenario.products.size(), 1u);
  EXPECT_EQ(scenario.products[0].key, product_key("lamp", 1));
  EXPECT_EQ(scenario.products[0].topics.at("get"), TopicOperation::subscribe);
  EXPECT_EQ(scenario.products[0].topics.at("update"), TopicOperation::publish);
  ASSERT_EQ(scenario.fleet.size(), 1u);
  const FleetGroup& lamps = scenario.fleet[0];
  EXPECT_EQ(lamps.count, 2'000u);
  EXPECT_EQ(lamps.name_template, "lamp-{index:5}");
  EXPECT_DOUBLE_EQ(lamps.connect.per_second, 2'000);
  EXPECT_EQ(lamps.connect.keep_alive, 60s);
  ASSERT_EQ(lamps.subscribe.size(), 1u);
  EXPECT_EQ(lamps.subscribe[0].topic, "get");
  ASSERT_EQ(scenario.calls.size(), 1u);
  const CallGroup& push = scenario.calls[0];
  EXPECT_EQ(push.api, "BatchPub");
  EXPECT_EQ(push.batch, 100u);
  EXPECT_EQ(push.payload_bytes, 256u);
  EXPECT_DOUBLE_EQ(push.per_second, 50);
  EXPECT_FALSE(push.closed_loop);
  EXPECT_EQ(scenario.phases.warm_up, 2s);
  EXPECT_EQ(scenario.phases.hold, 10s);
  EXPECT_EQ(scenario.phases.drain, 5s);
  ASSERT_EQ(scenario.thresholds.size(), 4u);
  EXPECT_EQ(scenario.thresholds[3].metric, "times_us.response.p99");
  EXPECT_EQ(scenario.thresholds[3].comparison, Comparison::less);
  EXPECT_DOUBLE_EQ(scenario.thresholds[3].value, 50'000);
}

TEST(Scenario, DefaultsOfTheTablesAreThoseOfTheStructs) {
  const Scenario scenario = accepted(std::string(kSmallScenario));
  const ConnectPlan plan;
  const ConnectPlan& read = scenario.fleet[0].connect;
  EXPECT_DOUBLE_EQ(read.per_second, plan.per_second);
  EXPECT_EQ(read.in_flight_max, plan.in_flight_max);
  EXPECT_EQ(read.version, plan.version);
  EXPECT_EQ(read.keep_alive, plan.keep_alive);
  EXPECT_EQ(read.clean_start, plan.clean_start);
  EXPECT_EQ(read.session_expiry_s, plan.session_expiry_s);
  EXPECT_EQ(read.timeout, plan.timeout);
  EXPECT_EQ(read.reconnect, plan.reconnect);
  const CallGroup call;
  EXPECT_EQ(scenario.calls[0].payload_bytes, call.payload_bytes);
  EXPECT_EQ(scenario.calls[0].in_flight, call.in_flight);
  EXPECT_EQ(scenario.calls[0].connections_max, call.connections_max);
  EXPECT_EQ(scenario.calls[0].timeout, call.timeout);
  EXPECT_EQ(scenario.health.send_lag_p99, HealthLimits{}.send_lag_p99);
  EXPECT_EQ(scenario.health.hiccup, HealthLimits{}.hiccup);
  EXPECT_EQ(scenario.target.access_key_id, Target{}.access_key_id);
  EXPECT_EQ(scenario.target.access_key_secret, Target{}.access_key_secret);
  EXPECT_EQ(scenario.workers, 0u);
}

TEST(Scenario, ReadsTheOtherKeys) {
  const Scenario scenario = accepted(R"(
name: all
seed: 9
workers: 3
target:
  broker: { use: mosquitto, persistence: true, apart: false, auth: off }
  bridge: { use: local, publisher: paho, connections: 4 }
  limits: api
products:
  lamp: { kind: device, key: a1Lamp, topics: { get: both, a/b_c: publish-subscribe } }
fleet:
  lamps:
    product: lamp
    count: 100
    name: "{index:8}"
    engine: paho
    connect: { rate: 30/m, in_flight: 7, protocol: 5, keep_alive: 2m, clean_start: false, session_expiry: 1h,
               timeout: 500ms, reconnect: false }
    subscribe: [ { topic: get, qos: 2 }, { topic: a/b_c, qos: 1 } ]
calls:
  push: { api: BatchPub, to: lamps, topic: a/b_c, batch: 100, pick: random, qos: 1, payload: 256KB, rate: max,
          in_flight: 20, timeout: 3s }
health: { send_lag_p99: 5ms, hiccup: 1s }
)");
  EXPECT_EQ(scenario.seed, 9u);
  EXPECT_EQ(scenario.workers, 3u);
  EXPECT_TRUE(scenario.target.broker_persistence);
  EXPECT_FALSE(scenario.target.broker_apart);
  EXPECT_FALSE(scenario.target.broker_auth);
  EXPECT_EQ(scenario.target.publisher, Engine::paho);
  EXPECT_EQ(scenario.target.publisher_connections, 4u);
  EXPECT_TRUE(scenario.target.enforce_api_limits);
  EXPECT_EQ(scenario.products[0].key, "a1Lamp");
  EXPECT_EQ(scenario.products[0].topics.at("a/b_c"), TopicOperation::both);
  const FleetGroup& lamps = scenario.fleet[0];
  EXPECT_EQ(lamps.engine, Engine::paho);
  EXPECT_DOUBLE_EQ(lamps.connect.per_second, 0.5);
  EXPECT_EQ(lamps.connect.in_flight_max, 7u);
  EXPECT_EQ(lamps.connect.version, wire::mqtt::Version::v5);
  EXPECT_EQ(lamps.connect.keep_alive, 120s);
  EXPECT_FALSE(lamps.connect.clean_start);
  EXPECT_EQ(lamps.connect.session_expiry_s, 3'600u);
  EXPECT_EQ(lamps.connect.timeout, 500ms);
  EXPECT_FALSE(lamps.connect.reconnect);
  EXPECT_EQ(lamps.subscribe[0].qos, wire::mqtt::Qos::exactly_once);
  const CallGroup& push = scenario.calls[0];
  EXPECT_EQ(push.pick, Pick::random);
  EXPECT_EQ(push.qos, wire::mqtt::Qos::at_least_once);
  EXPECT_EQ(push.payload_bytes, 262'144u);
  EXPECT_TRUE(push.closed_loop);
  EXPECT_DOUBLE_EQ(push.per_second, 0);
  EXPECT_EQ(push.in_flight, 20u);
  EXPECT_EQ(scenario.health.hiccup, 1s);
  EXPECT_EQ(scenario.phases.warm_up, 2s);
}

TEST(Scenario, ReadsTargetsBehindUrls) {
  const Scenario scenario =
      accepted(std::string(kSmallScenario) +
               "target: { broker: 'mqtt://10.0.0.1', bridge: { url: 'http://h:81', dialect: aliyun, "
               "access_key_id: me, access_key_secret: mine } }\n");
  ASSERT_TRUE(scenario.target.broker);
  EXPECT_EQ(scenario.target.broker->port, 1883);
  ASSERT_TRUE(scenario.target.bridge);
  EXPECT_EQ(scenario.target.bridge->host, "h");
  EXPECT_EQ(scenario.target.bridge->port, 81);
  EXPECT_EQ(scenario.target.access_key_id, "me");
  EXPECT_EQ(scenario.target.access_key_secret, "mine");
}

TEST(Scenario, ProtocolFourIsTheProtocolLevelOf311) {
  for (const char* word : {"4", "3.1.1", "'3.1.1'"}) {
    const Scenario scenario =
        accepted(small_with("    count: 10", std::string("    count: 10\n    connect: { protocol: ") + word + " }"));
    EXPECT_EQ(scenario.fleet[0].connect.version, wire::mqtt::Version::v311);
  }
}

TEST(Scenario, ExpandsTheEnvironment) {
  setenv("FLEET_TEST_COUNT", "7", 1);
  EXPECT_EQ(accepted(small_with("count: 10", "count: ${env:FLEET_TEST_COUNT}")).fleet[0].count, 7u);
  EXPECT_EQ(accepted(small_with("name: small", "name: a${env:FLEET_TEST_COUNT}b")).name, "a7b");
  unsetenv("FLEET_TEST_COUNT");
  EXPECT_EQ(error_of(small_with("count: 10", "count: ${env:FLEET_TEST_COUNT}")),
            "s.yaml:9:12: the environment variable 'FLEET_TEST_COUNT' is not set");
  EXPECT_EQ(error_of(small_with("count: 10", "count: ${env:FLEET")),
            "s.yaml:9:12: '${env:FLEET' lacks its closing brace; write ${env:NAME}");
}

TEST(Scenario, TheSeedMakesKeysAndSecrets) {
  EXPECT_EQ(accepted(std::string(kSmallScenario), {}, 5).products[0].key, product_key("lamp", 5));
  EXPECT_NE(product_key("lamp", 5), product_key("lamp", 6));
  EXPECT_THAT(product_key("lamp", 5), testing::MatchesRegex("a1[a-z0-9]{9}"));
  EXPECT_NE(device_secret("a1", "dev", 1), device_secret("a1", "dev2", 1));
  EXPECT_THAT(device_secret("a1", "dev", 1), testing::MatchesRegex("[a-f0-9]{32}"));
}

TEST(Scenario, ACallMayFollowAnAlias) {
  const Scenario scenario = accepted(small_with("  push:\n", "  push: &push\n") + "");
  EXPECT_EQ(scenario.calls[0].batch, 5u);
  const Scenario two = accepted(small_with("    rate: 50/s\n",
                                           "    rate: &r 50/s\n    timeout: 5s\n  more: { api: BatchPub, "
                                           "to: lamps, topic: get, batch: 1, rate: *r }\n"));
  ASSERT_EQ(two.calls.size(), 2u);
  EXPECT_DOUBLE_EQ(two.calls[1].per_second, 50);
}

TEST(Override, ReplacesAndCreates) {
  const std::vector<Override> sets{{"calls.push.rate", "200/s"},
                                   {"fleet.lamps.connect.rate", "5/s"},
                                   {"fleet.lamps.subscribe.0.qos", "1"},
                                   {"phases.hold", "3s"},
                                   {"target.broker", "{use: mosquitto, persistence: true}"},
                                   {"thresholds", "[]"},
                                   {"products.lamp.topics.extra", "subscribe"}};
  const Scenario scenario = accepted(std::string(kSmallScenario), sets);
  EXPECT_DOUBLE_EQ(scenario.calls[0].per_second, 200);
  EXPECT_DOUBLE_EQ(scenario.fleet[0].connect.per_second, 5);
  EXPECT_EQ(scenario.fleet[0].subscribe[0].qos, wire::mqtt::Qos::at_least_once);
  EXPECT_EQ(scenario.phases.hold, 3s);
  EXPECT_TRUE(scenario.target.broker_persistence);
  EXPECT_TRUE(scenario.thresholds.empty());
  EXPECT_EQ(scenario.products[0].topics.count("extra"), 1u);
}

TEST(Override, LeavesWhatAnAliasShares) {
  const std::string text = small_with("    subscribe: [ { topic: get } ]\n",
                                      "    subscribe: &s [ { topic: get } ]\n  others:\n    product: lamp\n"
                                      "    count: 3\n    name: other-{index}\n    subscribe: *s\n");
  const Scenario scenario = accepted(text, {{"fleet.others.subscribe.0.qos", "1"}});
  EXPECT_EQ(scenario.fleet[0].subscribe[0].qos, wire::mqtt::Qos::at_most_once);
  EXPECT_EQ(scenario.fleet[1].subscribe[0].qos, wire::mqtt::Qos::at_least_once);
}

TEST(Override, ErrorsNameThePath) {
  const std::string text(kSmallScenario);
  const auto error = [&](std::string path, std::string value) { return error_of(text, {{path, value}}); };
  EXPECT_EQ(error("calls.push.rate", "50"),
            "--set calls.push.rate: 'calls.push.rate': '50' has no unit; write 50/s, 50/m or 50/h, or max for a closed "
            "loop");
  EXPECT_EQ(error("calls.pusch.rate", "50/s"), "--set calls.pusch.rate: 'calls' has no 'pusch'; did you mean 'push'?");
  EXPECT_EQ(error("fleet.lamps.cuont", "5"),
            "--set fleet.lamps.cuont: unknown key 'cuont' in 'fleet.lamps'; did you mean 'count'?");
  EXPECT_EQ(
      error("fleet.lamps.subscribe.1.qos", "1"),
      "--set fleet.lamps.subscribe.1.qos: 'fleet.lamps.subscribe' is a list of 1 entries, numbered from 0; it has no "
      "entry '1'");
  EXPECT_EQ(error("name.x", "1"), "--set name.x: 'name' is 'small', and has no 'x' inside");
  EXPECT_EQ(error("fleet.lamps.count", ""), "--set fleet.lamps.count: 'fleet.lamps.count' has no value");
  EXPECT_EQ(error("calls..rate", "1"),
            "--set calls..rate: a path is made of keys and list indexes, like calls.push.rate");
  EXPECT_EQ(error("", "1"), "--set : a path is made of keys and list indexes, like calls.push.rate");
  EXPECT_EQ(error("fleet.lamps.count", "[").substr(0, 30), "--set fleet.lamps.count: not Y");
  EXPECT_EQ(error("fleet.lamps.count", "20000000"),
            "--set fleet.lamps.count: 'fleet.lamps.count': '20000000' is out of range; allowed is 1 .. 1,000,000");
}

}  // namespace
}  // namespace fleet::sim
