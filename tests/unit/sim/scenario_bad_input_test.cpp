// Every way to write a scenario wrong: place, sentence, no crash, no hang.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/sim/scenario_text.h"

namespace fleet::sim {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct BadInput {
  const char* name;
  const char* from;  // replaced in the small scenario
  const char* to;
  const char* error;
};

std::string test_name(const testing::TestParamInfo<BadInput>& param) { return param.param.name; }

class BadInputs : public testing::TestWithParam<BadInput> {};

TEST_P(BadInputs, SaysWhereAndWhat) {
  const BadInput& bad = GetParam();
  EXPECT_EQ(error_of(small_with(bad.from, bad.to)), bad.error);
}

INSTANTIATE_TEST_SUITE_P(
    Keys, BadInputs,
    testing::Values(
        BadInput{"unknown_key", "count: 10", "cuont: 10",
                 "s.yaml:9:5: unknown key 'cuont' in fleet group 'lamps'; did you mean 'count'?"},
        BadInput{"unknown_key_beside_the_right_one", "count: 10", "count: 10\n    cuont: 1",
                 "s.yaml:10:5: unknown key 'cuont' in fleet group 'lamps'; did you mean 'count'?"},
        BadInput{"unknown_key_at_the_top",
                 "phases:", "phase:", "s.yaml:19:1: unknown key 'phase' in the scenario; did you mean 'phases'?"},
        BadInput{"unknown_key_like_no_other", "  hold: 10s", "  battery: low",
                 "s.yaml:20:3: unknown key 'battery' in phases; allowed: ready_within, warm_up, hold, drain"},
        BadInput{"scalar_for_a_gateway", "    count: 10", "    count: 10\n    gateway: hubs",
                 "s.yaml:10:14: 'fleet.lamps.gateway' must be a mapping, not 'hubs'"},
        BadInput{
            "missing_key", "    rate: 50/s\n", "",
            "s.yaml:13:3: call group 'push' has no 'rate': calls due (open loop), or max: the next call leaves when "
            "one is answered (closed loop); or a shape, see below"},
        BadInput{"key_without_value", "count: 10", "count:", "s.yaml:9:5: 'fleet.lamps.count' has no value"},
        BadInput{"group_without_value", "fleet:\n  lamps:\n", "fleet:\n  none:\n  lamps:\n",
                 "s.yaml:7:3: 'fleet.none' has no value"},
        BadInput{"key_twice", "count: 10", "count: 10\n    count: 20", "s.yaml:10:5: the key 'count' is given twice"},
        BadInput{"group_name", "  lamps:\n", "  la.mps:\n",
                 "s.yaml:7:3: 'la.mps' is not a name; allowed are letters, digits, '_' and '-', at most 64"},
        BadInput{"no_groups", "calls:\n  push:\n    api", "calls: {}\nx:\n  push:\n    api",
                 "s.yaml:12:8: 'calls' is empty; name at least one"}),
    test_name);

INSTANTIATE_TEST_SUITE_P(
    Values, BadInputs,
    testing::Values(
        BadInput{"list_for_a_number", "count: 10", "count: [10]",
                 "s.yaml:9:12: 'fleet.lamps.count' must be a value, not a list"},
        BadInput{"word_for_a_number", "count: 10", "count: many",
                 "s.yaml:9:12: 'fleet.lamps.count': 'many' is not a whole number"},
        BadInput{"fraction_for_a_number", "count: 10", "count: 10.5",
                 "s.yaml:9:12: 'fleet.lamps.count': '10.5' is not a whole number"},
        BadInput{"scalar_for_a_mapping", "phases:\n  hold: 10s", "phases: 10s",
                 "s.yaml:19:9: 'phases' must be a mapping, not '10s'"},
        BadInput{"scalar_for_a_list", "subscribe: [ { topic: get } ]", "subscribe: get",
                 "s.yaml:11:16: 'fleet.lamps.subscribe' must be a list, not 'get'"},
        BadInput{"count_zero", "count: 10", "count: 0",
                 "s.yaml:9:12: 'fleet.lamps.count': '0' is out of range; allowed is 1 .. 1,000,000"},
        BadInput{"count_negative", "count: 10", "count: -1",
                 "s.yaml:9:12: 'fleet.lamps.count': '-1' is out of range; allowed is 1 .. 1,000,000"},
        BadInput{"count_ten_million", "count: 10", "count: 10000000",
                 "s.yaml:9:12: 'fleet.lamps.count': '10000000' is out of range; allowed is 1 .. 1,000,000"},
        BadInput{"duration_without_unit", "hold: 10s", "hold: 10",
                 "s.yaml:20:9: 'phases.hold': '10' has no unit; write 10us, 10ms, 10s, 10m or 10h"},
        BadInput{"hold_zero", "hold: 10s", "hold: 0s",
                 "s.yaml:20:9: 'phases.hold': '0s' is out of range; allowed is 1ms .. 168h"},
        BadInput{
            "rate_without_unit", "rate: 50/s", "rate: 50",
            "s.yaml:18:11: 'calls.push.rate': '50' has no unit; write 50/s, 50/m or 50/h, or max for a closed loop"},
        BadInput{"rate_zero", "rate: 50/s", "rate: 0/s",
                 "s.yaml:18:11: 'calls.push.rate': '0/s' is out of range; allowed is 0.001/s .. 1000000/s"},
        BadInput{"size_without_unit", "batch: 5", "batch: 5\n    payload: 256",
                 "s.yaml:18:14: 'calls.push.payload': '256' has no unit; write 256B, 256KB, 256MB or 256GB"},
        BadInput{"payload_below_the_stamp", "batch: 5", "batch: 5\n    payload: 39B",
                 "s.yaml:18:14: 'calls.push.payload': '39B' is out of range; allowed is 40B .. 256KB"},
        BadInput{"payload_too_large", "batch: 5", "batch: 5\n    payload: 257KB",
                 "s.yaml:18:14: 'calls.push.payload': '257KB' is out of range; allowed is 40B .. 256KB"},
        BadInput{"batch_of_101", "batch: 5", "batch: 101",
                 "s.yaml:17:12: 'calls.push.batch': '101' is out of range; allowed is 1 .. 100"},
        BadInput{"unknown_choice", "topic: get }", "topic: get, qos: 3 }",
                 "s.yaml:11:37: 'fleet.lamps.subscribe.0.qos': '3' is not possible here; allowed: 0, 1, 2"},
        BadInput{"kind_unknown", "    topics: {", "    kind: gatway\n    topics: {",
                 "s.yaml:5:11: 'products.lamp.kind': 'gatway' is not possible here; did you mean 'gateway'?"},
        BadInput{"keep_alive_of_half_a_second", "count: 10", "count: 10\n    connect: { keep_alive: 500ms }",
                 "s.yaml:10:28: 'fleet.lamps.connect.keep_alive': '500ms' is not a whole number of seconds"},
        BadInput{"broker_scheme", "name: small", "name: small\ntarget: { broker: 'tcp://h' }",
                 "s.yaml:3:19: 'target.broker.url': 'tcp://h' has a scheme that is not supported (allowed: mqtt:// "
                 "mqtts:// ws:// wss://); "
                 "write it like mqtt://127.0.0.1:1883"},
        BadInput{"broker_word", "name: small", "name: small\ntarget: { broker: mosquito }",
                 "s.yaml:3:19: 'target.broker.use': 'mosquito' is not possible here; did you mean 'mosquitto'?"},
        BadInput{"dialect", "name: small", "name: small\ntarget: { bridge: { url: 'http://h', dialect: emqx } }",
                 "s.yaml:3:47: 'target.bridge.dialect': 'emqx' is not possible here; allowed: aliyun, emqx-bcast"}),
    test_name);

INSTANTIATE_TEST_SUITE_P(
    References, BadInputs,
    testing::Values(
        BadInput{"unknown_product", "product: lamp", "product: lmap",
                 "s.yaml:8:14: unknown product 'lmap'; did you mean 'lamp'?"},
        BadInput{"unknown_group", "to: lamps", "to: hubs", "s.yaml:15:9: unknown fleet group 'hubs'; allowed: lamps"},
        BadInput{"unknown_topic", "{ topic: get }", "{ topic: got }",
                 "s.yaml:11:27: product 'lamp' has no topic 'got'; did you mean 'get'?"},
        BadInput{
            "topic_for_publishing", "{ topic: get }", "{ topic: update }",
            "s.yaml:11:27: devices of product 'lamp' only publish to topic 'update'; subscribing needs 'subscribe' or "
            "'both' in products.lamp.topics"},
        BadInput{"call_to_a_topic_nobody_has", "    subscribe: [ { topic: get } ]\n", "",
                 "s.yaml:15:12: fleet group 'lamps' does not subscribe to topic 'get'"},
        BadInput{"topic_twice", "{ topic: get }", "{ topic: get }, { topic: get, qos: 1 }",
                 "s.yaml:11:43: topic 'get' is subscribed to twice"},
        BadInput{"batch_above_count", "count: 10", "count: 4",
                 "s.yaml:17:12: 'calls.push.batch' is 5, but fleet group 'lamps' has 4 devices"},
        BadInput{"in_flight_with_a_rate", "rate: 50/s", "rate: 50/s\n    in_flight: 4",
                 "s.yaml:19:16: 'calls.push.in_flight' is for rate: max; an open loop is bounded by 'connections'"},
        BadInput{"connections_with_max", "rate: 50/s", "rate: max\n    connections: 4",
                 "s.yaml:19:18: 'calls.push.connections' is for a rate; rate: max is bounded by 'in_flight'"},
        BadInput{"expiry_with_311", "count: 10", "count: 10\n    connect: { session_expiry: 5s }",
                 "s.yaml:10:32: 'fleet.lamps.connect.session_expiry' needs protocol: 5; MQTT 3.1.1 sessions last while "
                 "clean_start is false"},
        BadInput{"use_and_url", "name: small", "name: small\ntarget: { broker: { use: mosquitto, url: 'mqtt://h' } }",
                 "s.yaml:3:42: 'target.broker' has both 'use' and 'url'; keep one"},
        BadInput{"core_of_a_foreign_broker", "name: small",
                 "name: small\ntarget: { broker: { url: 'mqtt://h', apart: true } }",
                 "s.yaml:3:45: 'apart' is for a broker that is started; not with 'url'"},
        BadInput{"persistence_of_a_foreign_broker", "name: small",
                 "name: small\ntarget: { broker: { url: 'mqtt://h', persistence: true } }",
                 "s.yaml:3:51: 'persistence' is for a broker that is started; not with 'url'"},
        BadInput{"login_at_a_foreign_broker", "name: small",
                 "name: small\ntarget: { broker: { url: 'mqtt://h', auth: on } }",
                 "s.yaml:3:44: 'auth' is for a broker that is started; not with 'url'"},
        BadInput{"login_without_a_registry", "name: small",
                 "name: small\ntarget: { broker: { use: mosquitto, auth: on }, bridge: 'http://h' }",
                 "s.yaml:3:43: 'auth: on' reads the registry of a bridge that is started; not with "
                 "'target.bridge.url'"},
        BadInput{"login_without_passwords", "name: small",
                 "name: small\ntarget: { broker: { auth: on }, bridge: { dialect: emqx-bcast } }",
                 "s.yaml:3:27: 'auth: on' is for dialect aliyun; devices of emqx-bcast have no password"},
        BadInput{"publisher_of_a_foreign_bridge", "name: small",
                 "name: small\ntarget: { bridge: { url: 'http://h', publisher: paho } }",
                 "s.yaml:3:49: 'publisher' is for a bridge that is started; not with 'url'"},
        BadInput{"limits_of_a_foreign_bridge", "name: small",
                 "name: small\ntarget: { bridge: 'http://h', limits: api }",
                 "s.yaml:3:39: 'limits: api' is for a bridge that is started; one behind a URL has its own limits"},
        BadInput{"product_key", "    topics: {", "    key: a-1\n    topics: {",
                 "s.yaml:5:10: 'products.lamp.key': 'a-1' is not a product key; allowed are 1 .. 32 of [A-Za-z0-9]"},
        BadInput{"product_key_twice", "    topics: {",
                 "    key: k1\n    topics: { get: both }\n  two:\n    key: k1\n    topics: {",
                 "s.yaml:8:10: the product key 'k1' belongs to another product already"},
        BadInput{
            "topic_name", "update: publish", "up+date: publish",
            "s.yaml:5:31: 'up+date' is not a topic short name; allowed are segments of [A-Za-z0-9_] with '/' between, "
            "at most 4 segments and 56 characters"}),
    test_name);

INSTANTIATE_TEST_SUITE_P(
    Names, BadInputs,
    testing::Values(
        BadInput{"no_index", "lamp-{index:5}", "lamp",
                 "s.yaml:10:11: 'lamp' holds no {index} or {index:WIDTH}; write it like lamp-{index:5}"},
        BadInput{"odd_width", "lamp-{index:5}", "lamp-{index:x}",
                 "s.yaml:10:11: 'lamp-{index:x}' holds no {index} or {index:WIDTH}; write it like lamp-{index:5}"},
        BadInput{"two_indexes", "lamp-{index:5}", "lamp-{index}-{index}",
                 "s.yaml:10:11: 'lamp-{index}-{index}' holds more than one placeholder"},
        BadInput{"illegal_character", "lamp-{index:5}", "lamp/{index:5}",
                 "s.yaml:10:11: 'lamp/{index:5}' makes device names outside [A-Za-z0-9_@.:-]"},
        BadInput{"too_short", "lamp-{index:5}", "d{index}",
                 "s.yaml:10:11: 'd{index}' makes the device name 'd0' of 2 characters; allowed are 4 .. 32"},
        BadInput{"too_long", "lamp-{index:5}", "lamp-{index:32}",
                 "s.yaml:10:11: 'lamp-{index:32}' makes the device name 'lamp-00000000000000000000000000000000' of 37 "
                 "characters; allowed are 4 .. 32"},
        BadInput{"device_in_two_groups", "fleet:\n",
                 "fleet:\n  more: { product: lamp, count: 2, name: 'lamp-0000{index}' }\n",
                 "s.yaml:11:11: device 'lamp-00000' of product 'lamp' is in another group already"},
        BadInput{"two_million_and_ten", "fleet:\n",
                 "fleet:\n  more: { product: lamp, count: 1000000, name: 'more-{index}' }\n"
                 "  most: { product: lamp, count: 1000000, name: 'most-{index}' }\n",
                 "s.yaml:6:1: the fleet has 2,000,010 devices; at most 2,000,000"}),
    test_name);

INSTANTIATE_TEST_SUITE_P(
    Thresholds, BadInputs,
    testing::Values(
        BadInput{"unknown_metric", "calls.failed == 0", "calls.faild == 0",
                 "s.yaml:22:5: unknown metric 'calls.faild'; did you mean 'calls.failed'?"},
        BadInput{"metric_like_no_other", "calls.failed == 0", "happiness > 9",
                 "s.yaml:22:5: unknown metric 'happiness'; metrics are the paths of numbers in result.json, like "
                 "times_us.response.p99"},
        BadInput{"metric_of_an_unknown_group", "calls.failed == 0", "groups.hubs.deliveries.missing == 0",
                 "s.yaml:22:5: unknown metric 'groups.hubs.deliveries.missing'; did you mean "
                 "'groups.lamps.deliveries.missing'?"},
        BadInput{
            "no_operator", "calls.failed == 0", "calls.failed",
            "s.yaml:22:5: 'calls.failed' is not METRIC OPERATOR VALUE; write it like deliveries.missing == 0, with one "
            "of < <= == != >= >"},
        BadInput{"odd_operator", "calls.failed == 0", "calls.failed = 0",
                 "s.yaml:22:5: 'calls.failed = 0' is not METRIC OPERATOR VALUE; write it like deliveries.missing == 0, "
                 "with one of < <= == != >= >"},
        BadInput{"time_without_unit", "calls.failed == 0", "times_us.response.p99 < 50",
                 "s.yaml:22:5: times_us.response.p99: '50' has no unit; write 50us, 50ms, 50s, 50m or 50h"},
        BadInput{"no_value", "calls.failed == 0", "calls.failed ==", "s.yaml:22:5: calls.failed: '' is not a number"},
        BadInput{"list_for_a_threshold", "calls.failed == 0", "[ calls.failed ]",
                 "s.yaml:22:5: 'thresholds.0' must be a value, not a list"}),
    test_name);

INSTANTIATE_TEST_SUITE_P(
    Yaml, BadInputs,
    testing::Values(
        BadInput{"merge_of_a_word", "batch: 5", "<<: 5", "s.yaml:17:9: << merges a mapping or a list of mappings"},
        BadInput{"unknown_anchor", "batch: 5", "batch: *five",
                 "s.yaml:17:12: not YAML: the referenced anchor is not defined"},
        BadInput{"alias_inside_itself", "    subscribe: [ { topic: get } ]", "    subscribe: &s [ *s ]",
                 "s.yaml:11:21: the alias stands inside what it names"},
        BadInput{"alias_as_key", "batch: 5", "batch: &b 5\n    ? *b\n    : 1",
                 "s.yaml:18:7: an alias cannot be a key; write the key out"},
        BadInput{"list_as_key", "batch: 5", "? [ batch ]\n    : 5", "s.yaml:17:7: a key must be a word"},
        BadInput{"tag", "batch: 5", "batch: !!int 5",
                 "s.yaml:17:12: the tag 'tag:yaml.org,2002:int' has no meaning in a scenario; leave it out"},
        BadInput{"second_document", "thresholds:", "---\nthresholds:",
                 "s.yaml:21:1: a second document begins here; a scenario is one document"},
        BadInput{"open_flow", "{ topic: get } ]", "{ topic: get }",
                 "s.yaml:12:1: not YAML: end of sequence flow not found"},
        BadInput{"nul_byte", "batch: 5", "batch: \x01",
                 "s.yaml:17:12: the byte 0x01 is not text; a scenario is YAML in UTF-8"}),
    test_name);

TEST(BadDocuments, Empty) {
  const std::string sentence = ": the scenario is empty; fleet-sim new writes one to begin with";
  EXPECT_EQ(error_of(""), "s.yaml:1:1" + sentence);
  EXPECT_THAT(error_of("# only a comment\n"), HasSubstr(sentence));
  EXPECT_THAT(error_of("---\n...\n"), HasSubstr(sentence));
}

TEST(BadDocuments, NotAMapping) {
  EXPECT_EQ(error_of("hello"), "s.yaml:1:1: a scenario must be a mapping, not 'hello'");
  EXPECT_EQ(error_of("- a\n- b\n"), "s.yaml:1:1: a scenario must be a mapping, not a list");
  EXPECT_THAT(error_of("{}"), StartsWith("s.yaml:1:1: the scenario has no 'name'"));
}

TEST(BadDocuments, Binary) {
  std::string bytes =
      "\x7F"
      "ELF";
  for (int i = 0; i < 100'000; ++i) bytes.push_back(static_cast<char>(i * 7));
  EXPECT_EQ(error_of(bytes), "s.yaml:1:1: the byte 0x7F is not text; a scenario is YAML in UTF-8");
  EXPECT_EQ(error_of("name: x\nseed: \xFF\n"), "s.yaml:2:7: the byte 0xFF is not text; a scenario is YAML in UTF-8");
  EXPECT_EQ(error_of(std::string("n\0a\0m\0e\0", 8)),
            "s.yaml:1:2: the byte 0x00 is not text; a scenario is YAML in UTF-8");
  EXPECT_EQ(error_of("a: \xC0\xAF"), "s.yaml:1:4: the byte 0xC0 is not text; a scenario is YAML in UTF-8");
}

TEST(BadDocuments, AMegabyteOfNesting) {
  EXPECT_EQ(error_of(std::string(1u << 20, '[')), "s.yaml:1:1: nested deeper than 32 levels");
  EXPECT_THAT(error_of(std::string(1u << 20, '{')), StartsWith("s.yaml:1:"));
  std::string braces;
  for (int i = 0; i < 200'000; ++i) braces += "{a: ";
  EXPECT_EQ(error_of(braces), "s.yaml:1:1: nested deeper than 32 levels");
  std::string dashes;
  for (int i = 0; i < 500'000; ++i) dashes += "- ";
  EXPECT_EQ(error_of(dashes), "s.yaml:1:65: nested deeper than 32 levels");
  std::string lines;
  for (std::size_t i = 0; i < 1'000; ++i) lines += std::string(i, ' ') + "a:\n";
  EXPECT_EQ(error_of(lines), "s.yaml:33:33: nested deeper than 32 levels");
}

TEST(BadDocuments, TooLarge) { EXPECT_EQ(error_of(std::string(5u << 20, '#')), "s.yaml: larger than 4 MB"); }

TEST(BadDocuments, AliasBomb) {
  std::string text = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c <= 'z'; ++c) {
    text += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 10; ++i) text += std::string(i == 0 ? "*" : ",*") + static_cast<char>(c - 1);
    text += "]\n";
  }
  EXPECT_EQ(error_of(text),
            "s.yaml:6:11: the scenario has more than 200000 values, aliases counted as what they stand for");
  // Within the language: many groups that share one long list.
  std::string list = "    subscribe: &s [";
  for (int i = 0; i < 900; ++i) list += "{ topic: get }, ";
  list += "]\n";
  for (int i = 0; i < 900; ++i)
    list += "  g" + std::to_string(i) + ": { product: lamp, count: 1, name: 'g-{index:9}', subscribe: *s }\n";
  EXPECT_EQ(error_of(small_with("    subscribe: [ { topic: get } ]\n", list)),
            "s.yaml:121:9: the scenario has more than 200000 values, aliases counted as what they stand for");
}

TEST(BadDocuments, ThousandsOfNamesAndLongWords) {
  std::string text = "calls:\n";
  for (int i = 0; i < 5'000; ++i) text += "  c" + std::to_string(i) + ": {}\n";
  EXPECT_THAT(error_of(text), StartsWith("s.yaml:"));
  EXPECT_THAT(error_of(std::string(1u << 20, 'k') + ": 1\n"), StartsWith("s.yaml:1:"));
  EXPECT_LE(error_of(small_with("lamp-{index:5}", std::string(1u << 20, 'n'))).size(), 300u);
}

TEST(BadDocuments, Files) {
  EXPECT_EQ(error_in(load_scenario("/nonexistent/s.yaml", {}, {})),
            "/nonexistent/s.yaml: cannot open the scenario: No such file or directory");
  EXPECT_EQ(error_in(load_scenario("/tmp", {}, {})), "/tmp: cannot read the scenario: Is a directory");
  EXPECT_EQ(error_in(load_scenario("/dev/zero", {}, {})), "/dev/zero: larger than 4 MB");
}

}  // namespace
}  // namespace fleet::sim
