// Consumers and the messages to them: what the language takes, what it refuses, and what is made of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sim/scenario/dialect.h"
#include "sim/scenario/naming.h"
#include "sim/scenario/plan.h"
#include "tests/unit/sim/scenario_text.h"

namespace fleet::sim {
namespace {

using testing::HasSubstr;

// Line numbers matter: count from the first line below.
constexpr std::string_view kConsumers = R"(# Who gets what?
name: shop
products:
  lamp: { topics: { get: subscribe } }
fleet:
  lamps: { product: lamp, count: 10, name: "lamp-{index}", subscribe: [ { topic: get } ] }
  warehouse:
    kind: consumer
    count: 40
    consume: { group: store, topics: [ created, traced ], qos: 2 }
  analytics:
    kind: consumer
    count: 4
    engine: paho
    consume:
      group: numbers
      topics: [ created ]
calls:
  trades:
    api: taobao.tmc.messages.produce
    to: [ warehouse, analytics ]
    topics: [ created ]
    batch: 50
    payload: 512B
    rate: 40/s
phases: { warm_up: 2s, hold: 10s }
)";

std::string with(std::string_view from, std::string_view to) {
  std::string text(kConsumers);
  const std::size_t at = text.find(from);
  return at == std::string::npos ? "the replaced text is not there" : text.replace(at, from.size(), to);
}

Scenario accepted(const std::string& text) {
  const auto scenario = parse_scenario(text, "s.yaml", {}, {});
  EXPECT_TRUE(scenario) << (scenario ? "" : scenario.error().text());
  return scenario.value();
}

TEST(Consumers, AreReadWithWhatTheyShare) {
  const Scenario scenario = accepted(std::string(kConsumers));
  EXPECT_EQ(scenario.fleet[0].kind, FleetKind::device);
  const FleetGroup& warehouse = scenario.fleet[1];
  EXPECT_EQ(warehouse.kind, FleetKind::consumer);
  EXPECT_EQ(warehouse.consumer_group, "store");
  EXPECT_EQ(device_name(warehouse.name_template, 7), "warehouse-7");
  ASSERT_EQ(warehouse.subscribe.size(), 2u);
  EXPECT_EQ(warehouse.subscribe[1].topic, "traced");
  EXPECT_EQ(warehouse.subscribe[1].qos, wire::mqtt::Qos::exactly_once);
  const FleetGroup& analytics = scenario.fleet[2];
  EXPECT_EQ(analytics.engine, Engine::paho);
  EXPECT_EQ(analytics.subscribe[0].qos, wire::mqtt::Qos::at_least_once);
  const CallGroup& trades = scenario.calls[0];
  EXPECT_THAT(trades.targets, testing::ElementsAre(1, 2));
  EXPECT_THAT(trades.topics, testing::ElementsAre("created"));
  EXPECT_EQ(trades.fleet_group, 1u);
  EXPECT_EQ(trades.qos, wire::mqtt::Qos::at_least_once);
  EXPECT_EQ(scenario.target.app_key, Target{}.app_key);
  EXPECT_EQ(scenario.target.app_secret, Target{}.app_secret);
}

TEST(Consumers, NeedNoProductsAndOneNameInPlaceOfAList) {
  const Scenario scenario = accepted(R"(
name: one
target: { bridge: { url: "http://127.0.0.1:1", app_key: "777", app_secret: mine } }
fleet: { readers: { kind: consumer, count: 1, consume: { group: default, topics: [ a, b ] } } }
calls:
  say: { api: taobao.tmc.message.produce, to: readers, topics: [ b, a ], batch: 1, payload: 120KB, rate: max }
)");
  EXPECT_TRUE(scenario.products.empty());
  EXPECT_THAT(scenario.calls[0].targets, testing::ElementsAre(0));
  EXPECT_EQ(scenario.calls[0].payload_bytes, kMessageContentMax);
  EXPECT_EQ(scenario.target.app_key, "777");
  EXPECT_EQ(scenario.target.app_secret, "mine");
}

TEST(Consumers, SubscribeToASharedFilter) {
  EXPECT_EQ(consumer_filter("12345678", "store", "created"), "$share/store/tmc/12345678/store/created");
}

TEST(Consumers, LogInUnderTheirApp) {
  const wire::mqtt::Login login = consumer_login(Target{}, "warehouse-7", "789");
  EXPECT_EQ(login.client_id, "warehouse-7|securemode=3,signmethod=hmacsha256,timestamp=789|");
  EXPECT_EQ(login.username, "tmc&12345678");
  EXPECT_EQ(login.password.size(), 64u);
}

TEST(Consumers, ArePlanned) {
  const Scenario scenario = accepted(std::string(kConsumers));
  const Plan plan = make_plan(scenario, 2);
  EXPECT_EQ(plan.devices, 10u);
  EXPECT_EQ(plan.consumers, 44u);
  EXPECT_EQ(plan.connections, 54u);
  EXPECT_EQ(plan.subscriptions, 10u + 80u + 4u);
  EXPECT_EQ(plan.total.deliveries, 20'000u);
  const std::string text = plan_text(scenario, plan, read_machine_limits());
  EXPECT_THAT(text, HasSubstr("  warehouse        40 consumers of messages to group 'store', warehouse-0 .. "
                              "warehouse-39\n"));
  EXPECT_THAT(text, HasSubstr("sharing created (QoS 2), traced (QoS 2)\n"));
  EXPECT_THAT(text, HasSubstr("  trades           taobao.tmc.messages.produce: 50 messages to 'store', 'numbers' in "
                              "turn, topic created, 512 B each; open loop, 40/s\n"));
  EXPECT_THAT(text, HasSubstr("  consumers                44\n"));
  const auto limits = check_limits(plan, {20, 28'232, 0, 2});
  ASSERT_FALSE(limits);
  EXPECT_THAT(limits.error().message, HasSubstr("10 devices and 44 consumers need "));
}

struct BadInput {
  const char* name;
  const char* from;
  const char* to;
  const char* error;
};

class BadConsumers : public testing::TestWithParam<BadInput> {};

TEST_P(BadConsumers, SayWhereAndWhat) {
  const BadInput& bad = GetParam();
  EXPECT_EQ(error_of(with(bad.from, bad.to)), bad.error);
}

TEST(Consumers, AreCalledByTheNameOfTheirGroup) {
  const std::string name(62, 'w');
  const std::string text = with("  warehouse:", "  " + name + ":");
  EXPECT_EQ(error_of(text), "s.yaml:7:3: consumers of fleet group '" + name + "' are called by its name, like '" +
                                name + "-39': more than 64 bytes; shorten it");
}

INSTANTIATE_TEST_SUITE_P(
    Groups, BadConsumers,
    testing::Values(
        BadInput{"kind", "kind: consumer", "kind: consumr",
                 "s.yaml:8:11: 'fleet.warehouse.kind': 'consumr' is not possible here; did you mean 'consumer'?"},
        BadInput{"product", "    count: 40", "    count: 40\n    product: lamp",
                 "s.yaml:10:5: 'fleet.warehouse.product' is for devices; a consumer has none"},
        BadInput{"name", "    count: 40", "    count: 40\n    name: c-{index:4}",
                 "s.yaml:10:5: 'fleet.warehouse.name' is for devices; a consumer has none"},
        BadInput{"subscribe", "    count: 40", "    count: 40\n    subscribe: [ { topic: get } ]",
                 "s.yaml:10:5: 'fleet.warehouse.subscribe' is for devices; consumers have 'consume'"},
        BadInput{"no_consume", "    consume: { group: store, topics: [ created, traced ], qos: 2 }\n", "",
                 "s.yaml:7:3: fleet group 'warehouse' has no 'consume': the group and the topics of its consumers"},
        BadInput{"consume_of_devices", "count: 10,", "count: 10, consume: { group: store, topics: [ created ] },",
                 "s.yaml:6:38: 'fleet.lamps.consume' is for kind: consumer"},
        BadInput{"devices_without_product", "product: lamp, ", "",
                 "s.yaml:6:3: fleet group 'lamps' has no 'product': every device has one"},
        BadInput{"devices_without_name", "name: \"lamp-{index}\", ", "",
                 "s.yaml:6:3: fleet group 'lamps' has no 'name': every device has one"},
        BadInput{"no_topics", "topics: [ created, traced ]", "topics: []",
                 "s.yaml:10:38: 'fleet.warehouse.consume.topics' is empty; name at least one"},
        BadInput{
            "no_group", "{ group: store, topics", "{ topics",
            "s.yaml:10:5: consume has no 'group': target_group of the messages; each reaches one of its consumers"},
        BadInput{"group_name", "group: store", "group: a/b",
                 "s.yaml:10:23: 'a/b' is not a group of consumers; it must be one level of an MQTT topic: no '/', '+' "
                 "and '#'"},
        BadInput{"topic_name", "traced ]", "tr+ ]",
                 "s.yaml:10:49: 'tr+' is not a topic of messages; it must be one level of an MQTT topic: no '/', '+' "
                 "and '#'"},
        BadInput{"topic_twice", "traced ]", "created ]", "s.yaml:10:49: topic 'created' is named twice"},
        BadInput{"group_twice", "group: numbers", "group: store",
                 "s.yaml:16:14: fleet group 'warehouse' has all consumers of 'store' already; raise its count"}),
    [](const auto& param) { return std::string(param.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Calls, BadConsumers,
    testing::Values(
        BadInput{"unknown_group", "[ warehouse, analytics ]", "[ warehouse, analitycs ]",
                 "s.yaml:21:22: unknown fleet group 'analitycs'; did you mean 'analytics'?"},
        BadInput{"unknown_single_group", "[ warehouse, analytics ]", "wharehouse",
                 "s.yaml:21:9: unknown fleet group 'wharehouse'; did you mean 'warehouse'?"},
        BadInput{"no_group", "[ warehouse, analytics ]", "[]",
                 "s.yaml:21:9: 'calls.trades.to' is empty; name at least one"},
        BadInput{"group_twice", "[ warehouse, analytics ]", "[ warehouse, warehouse ]",
                 "s.yaml:21:22: fleet group 'warehouse' is named twice"},
        BadInput{"devices", "[ warehouse, analytics ]", "[ warehouse, lamps ]",
                 "s.yaml:21:22: fleet group 'lamps' holds devices; taobao.tmc.messages.produce goes to groups of kind: "
                 "consumer"},
        BadInput{"mapping", "[ warehouse, analytics ]", "{ a: b }",
                 "s.yaml:21:9: 'calls.trades.to' must be a list, not a mapping"},
        BadInput{"no_topics", "    topics: [ created ]\n    batch", "    batch",
                 "s.yaml:19:3: call group 'trades' has no 'topics': the topics of its messages"},
        BadInput{"empty_topics", "    topics: [ created ]\n    batch", "    topics: []\n    batch",
                 "s.yaml:22:13: 'calls.trades.topics' is empty; name at least one"},
        BadInput{"topic_not_consumed", "    topics: [ created ]\n    batch",
                 "    topics: [ created, traced ]\n    batch",
                 "s.yaml:22:24: fleet group 'analytics' does not consume topic 'traced'; every group of "
                 "'calls.trades.to' gets every topic"},
        BadInput{"topic", "    batch", "    topic: created\n    batch",
                 "s.yaml:23:5: 'calls.trades.topic' is for messages to devices; messages to consumers have 'topics'"},
        BadInput{"pick", "    batch", "    pick: random\n    batch",
                 "s.yaml:23:5: 'calls.trades.pick' is for messages to devices; messages to consumers go to the groups "
                 "of 'to' in turn"},
        BadInput{
            "qos", "    batch", "    qos: 0\n    batch",
            "s.yaml:23:5: 'calls.trades.qos' is for messages to devices; messages to consumers are published at QoS 1"},
        BadInput{"too_many", "batch: 50", "batch: 51",
                 "s.yaml:23:12: 'calls.trades.batch' is 51; a call of taobao.tmc.messages.produce carries at most 50"},
        BadInput{"single", "messages.produce", "message.produce",
                 "s.yaml:23:12: 'calls.trades.batch' is 50; a call of taobao.tmc.message.produce carries at most 1"},
        BadInput{"too_small", "payload: 512B", "payload: 79B",
                 "s.yaml:24:14: 'calls.trades.payload' is 79 B; a JSON text with a delivery stamp has at least 80 B"},
        BadInput{"too_large", "payload: 512B", "payload: 122881B",
                 "s.yaml:24:14: 'calls.trades.payload' is 122,881 B; the content of a message has at most 122,880 B"},
        BadInput{"dialect", "products:", "target: { bridge: { use: local, dialect: emqx-bcast } }\nproducts:",
                 "s.yaml:21:10: taobao.tmc.messages.produce is not in dialect emqx-bcast"},
        BadInput{"batch_pub_to_consumers",
                 "api: taobao.tmc.messages.produce\n    to: [ warehouse, analytics ]\n    topics: [ created ]",
                 "api: BatchPub\n    to: warehouse\n    topic: created",
                 "s.yaml:21:9: fleet group 'warehouse' holds consumers; BatchPub goes to devices"},
        BadInput{"batch_pub_to_two",
                 "api: taobao.tmc.messages.produce\n    to: [ warehouse, analytics ]\n    topics: [ created ]",
                 "api: BatchPub\n    to: [ lamps, warehouse ]\n    topic: get",
                 "s.yaml:21:5: 'calls.trades.to' names 2 groups; BatchPub goes to one"},
        BadInput{"batch_pub_with_topics", "api: taobao.tmc.messages.produce\n    to: [ warehouse, analytics ]",
                 "api: BatchPub\n    to: lamps\n    topic: get",
                 "s.yaml:23:5: 'calls.trades.topics' is for messages; BatchPub has a 'topic'"},
        BadInput{"batch_pub_without_topic",
                 "api: taobao.tmc.messages.produce\n    to: [ warehouse, analytics ]\n    topics: [ created ]",
                 "api: BatchPub\n    to: lamps",
                 "s.yaml:19:3: call group 'trades' has no 'topic': BatchPub goes to one topic of its devices"}),
    [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace fleet::sim
