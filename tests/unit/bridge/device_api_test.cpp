// What every request to the device side has in common: topics, ids, answers, and what is dropped.
#include "bridge/devices/device_api.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "device_fixture.h"
#include "wire/mqtt/topic.h"

namespace fleet::bridge::test {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kGet = "/sys/gates/gate-1/thing/topo/get";

TEST(DeviceTopic, IsTakenApart) {
  for (const DeviceMethod& method : device_methods()) {
    std::string topic(method.filter);
    topic.replace(topic.find("+/+"), 3, "a1b2/dev:1.x@y-z_");
    const DeviceTopic parts = parse_device_topic(topic);
    EXPECT_EQ(parts.method, &method) << topic;
    EXPECT_EQ(parts.product_key, "a1b2");
    EXPECT_EQ(parts.device_name, "dev:1.x@y-z_");
    EXPECT_TRUE(wire::mqtt::valid_topic_filter(method.filter));
    EXPECT_TRUE(wire::mqtt::matches(method.filter, topic));
    EXPECT_EQ(parse_device_topic(topic + "_reply").method, nullptr);
  }
  const DeviceTopic empty = parse_device_topic("/sys///thing/topo/add");
  ASSERT_NE(empty.method, nullptr);
  EXPECT_EQ(empty.product_key, "");
  EXPECT_EQ(empty.device_name, "");
  for (const char* topic :
       {"", "/", "/sys/a/b/thing/topo", "/sys/a/thing/topo/add", "/sys/a/b/c/thing/topo/add", "/sysa/b/thing/topo/add",
        "sys/a/b/thing/topo/add", "/ext/session/a/b/combine/", "/sys/thing/topo/add", "/ext/session/combine/login"}) {
    EXPECT_EQ(parse_device_topic(topic).method, nullptr) << topic;
  }
}

// A subscription that took the bridge's own answers would bring each of them back.
TEST(DeviceTopic, NoFilterTakesWhatTheBridgeSends) {
  std::vector<std::string> sent = {"/sys/a/b/thing/topo/change", "/sys/a/b/thing/topo/add/notify", "/ext/error/a/b"};
  for (const DeviceMethod& method : device_methods()) {
    std::string topic(method.filter);
    sent.push_back(topic.replace(topic.find("+/+"), 3, "a/b") + "_reply");
  }
  // The answer to add/notify comes from the gateway; nobody answers it.
  std::erase(sent, "/sys/a/b/thing/topo/add/notify_reply_reply");
  for (const std::string& topic : sent) {
    for (const DeviceMethod& method : device_methods()) {
      EXPECT_FALSE(wire::mqtt::matches(method.filter, topic)) << method.filter << " " << topic;
    }
  }
}

TEST(DeviceApi, AnswersUnderTheIdAsItCame) {
  DeviceApiUnderTest bridge;
  for (const char* id : {R"("123")", R"("4|exp-topic|/sys/a1gw/gw1/thing/topo/get")", "123", "-5", "0",
                         "18446744073709551615", R"("")", R"("é\"\\/\u0000")"}) {
    bridge.send(kGet, fmt::format(R"({{"id":{},"version":"1.0","params":{{}},"method":""}})", id));
    ASSERT_EQ(bridge.out.size(), 1u) << id;
    EXPECT_EQ(bridge.out[0].topic, std::string(kGet) + "_reply");
    const json answer = json::parse(bridge.out[0].payload);
    EXPECT_EQ(answer["id"], json::parse(id));
    EXPECT_EQ(answer["code"], 200) << answer;
    EXPECT_TRUE(answer["code"].is_number_integer());
    EXPECT_EQ(answer["message"], "success");
    EXPECT_EQ(answer["data"], json::array());
  }
}

TEST(DeviceApi, RefusesWithoutAnIdToAnswerUnder) {
  DeviceApiUnderTest bridge;
  for (const char* message : {"{}", R"({"id":null})", R"({"id":1.5})", R"({"id":[1]})", R"({"id":{"a":1}})",
                              R"({"id":true,"params":{}})", R"({"id":1e400})"}) {
    bridge.send(kGet, message);
    if (std::string_view(message).find("1e400") != std::string_view::npos) continue;  // no JSON of this parser
    ASSERT_EQ(bridge.out.size(), 1u) << message;
    const json answer = json::parse(bridge.out[0].payload);
    EXPECT_EQ(answer["code"], 460);
    EXPECT_EQ(answer["id"], "");
    EXPECT_EQ(answer["data"], json::object());
  }
}

TEST(DeviceApi, AnswersAtTheQosOfTheRequest) {
  DeviceApiUnderTest bridge;
  bridge.send(kGet, R"({"id":"1"})", wire::mqtt::Qos::at_least_once);
  ASSERT_EQ(bridge.out.size(), 1u);
  EXPECT_EQ(bridge.out[0].qos, wire::mqtt::Qos::at_least_once);
  bridge.send(kGet, R"({"id":"1"})", wire::mqtt::Qos::at_most_once);
  EXPECT_EQ(bridge.out.at(0).qos, wire::mqtt::Qos::at_most_once);
}

TEST(DeviceApi, DoesNotAnswerWhereNoAnswerIsWanted) {
  DeviceApiUnderTest bridge;
  const json quiet = {{"id", "1"}, {"sys", {{"ack", 0}}}, {"params", lamps({1})}};
  bridge.send("/sys/gates/gate-1/thing/topo/add", quiet.dump());
  EXPECT_THAT(bridge.out, IsEmpty());
  EXPECT_THAT(bridge.subs("gate-1"), ElementsAre("lamp-1")) << "but does what was asked for";
  for (const char* sys : {R"({"ack":1})", R"({"ack":"0"})", R"({"ack":false})", "{}", "0", "null"}) {
    bridge.send(kGet, fmt::format(R"({{"id":"1","sys":{}}})", sys));
    EXPECT_EQ(bridge.out.size(), 1u) << sys;
  }
}

TEST(DeviceApi, DropsAndCountsWhatCannotBeAnswered) {
  DeviceApiUnderTest bridge;
  for (const char* message : {"", "null", "[]", "\"x\"", "7", "{", R"({"id":"1"} x)", "{\"id\":\"\xff\"}", "\xff\xfe",
                              R"({"id":"\ud800"})", "{'id':1}"}) {
    bridge.send(kGet, message);
    EXPECT_THAT(bridge.out, IsEmpty()) << message;
  }
  EXPECT_EQ(bridge.api.counts().malformed, 11u);
  bridge.send("/sys/gates/gate-1/thing/event/property/post", R"({"id":"1"})");
  bridge.send("/sys/gates/gate-1/thing/topo/add_reply", R"({"id":"1"})");
  EXPECT_EQ(bridge.api.counts().foreign, 2u);
  std::string long_one = R"({"id":"1","params":")";
  long_one.resize(DeviceApi::kPayloadBytesMax - 2, 'x');
  bridge.send(kGet, long_one + "\"}");
  EXPECT_EQ(bridge.out.size(), 1u);
  bridge.send(kGet, long_one + "x\"}");
  EXPECT_THAT(bridge.out, IsEmpty());
  EXPECT_EQ(bridge.api.counts().too_long, 1u);
  EXPECT_EQ(bridge.api.counts().dropped(), 14u);
  bridge.send("/sys/gates/gate-1/thing/topo/add/notify_reply", R"({"id":"1","code":200,"data":{}})");
  EXPECT_THAT(bridge.out, IsEmpty());
  EXPECT_EQ(bridge.api.counts().notify_replies, 1u);
  EXPECT_EQ(bridge.api.counts().done, 1u);
}

TEST(DeviceApi, TakesDeepNesting) {
  DeviceApiUnderTest bridge;
  const std::string deep = R"({"id":"1","params":)" + std::string(30'000, '[');
  bridge.send("/sys/gates/gate-1/thing/topo/add", deep);
  EXPECT_THAT(bridge.out, IsEmpty());
  bridge.send("/sys/gates/gate-1/thing/topo/add", deep + std::string(30'000, ']') + "}");
  ASSERT_EQ(bridge.out.size(), 1u);
  EXPECT_EQ(json::parse(bridge.out[0].payload)["code"], 460);
}

TEST(DeviceApi, KnowsWhoAsks) {
  DeviceApiUnderTest bridge;
  const json unknown = bridge.ask("gate-9", "thing/topo/get", json::object());
  EXPECT_EQ(unknown["code"], 6100);
  EXPECT_EQ(unknown["data"], json::parse(R"({"productKey":"gates","deviceName":"gate-9"})"));
  for (const char* topic : {"/sys//gate-1/thing/topo/get", "/sys/gates//thing/topo/get", "/sys/ga tes/x/thing/topo/get",
                            "/sys/gates/gw1/thing/topo/get", "/sys/gates/gate\x01-1/thing/topo/get"}) {
    bridge.send(topic, R"({"id":"1"})");
    ASSERT_EQ(bridge.out.size(), 1u) << topic;
    EXPECT_EQ(json::parse(bridge.out[0].payload)["code"], 6203);
  }
  ASSERT_TRUE(bridge.registry.set_disabled({"gates", "gate-1"}, true));
  EXPECT_EQ(bridge.code("gate-1", "thing/topo/get", json::object()), 6204);
  EXPECT_EQ(bridge.code("gate-1", "combine/login", lamp(1).json()), 522);
  ASSERT_TRUE(bridge.registry.set_disabled({"gates", "gate-1"}, false));
  EXPECT_EQ(bridge.code("gate-1", "thing/topo/get", json::object()), 200);
}

TEST(DeviceApi, AGatewayThatSpeaksIsActive) {
  DeviceApiUnderTest bridge;
  EXPECT_EQ(bridge.state("gates", "gate-1"), DeviceState::unactive);
  (void)bridge.ask("gate-1", "thing/topo/get", json::object());
  EXPECT_EQ(bridge.state("gates", "gate-1"), DeviceState::offline);
  EXPECT_EQ(bridge.state("gates", "gate-2"), DeviceState::unactive);
}

TEST(DeviceCodes, EachHasAMessage) {
  for (const DeviceMethod& method : device_methods()) {
    for (const DeviceCode code : method.codes) EXPECT_FALSE(message_of(code).empty());
  }
  EXPECT_EQ(message_of(DeviceCode::no_topology), "topo relation not exist");
}

}  // namespace
}  // namespace fleet::bridge::test
