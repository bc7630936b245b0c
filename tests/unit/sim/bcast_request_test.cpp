// Would EMQX's bcast plugin accept what a caller sends, and does it say what the plan says?
#include "sim/calls/bcast_request.h"

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "sim/calls/aliyun_request.h"
#include "sim/scenario/naming.h"
#include "wire/encoding.h"
#include "wire/stamp.h"

namespace fleet::sim {
namespace {

using nlohmann::json;

constexpr std::uint32_t kRun = 0xABCD1234;
constexpr wire::WallTime kWall{std::chrono::seconds(1'767'323'045)};
const wire::TimePoint kDue{wire::Nanos(987'654'321'000)};
const Url kBridge{"http", "127.0.0.1", 18'083};

Scenario make_scenario(std::uint32_t batch, std::uint32_t payload_bytes = 256, const std::string& topic = "get") {
  Scenario scenario;
  scenario.products.push_back({"lamp", "a1BwAGVxxxx", {}});
  FleetGroup lamps;
  lamps.count = 20'000;
  lamps.name_template = "lamp@{index:5}";
  scenario.fleet.push_back(lamps);
  CallGroup push;
  push.api = "BatchPub";
  push.topic = topic;
  push.batch = batch;
  push.payload_bytes = payload_bytes;
  scenario.calls.push_back(push);
  scenario.target.dialect = Dialect::emqx_bcast;
  scenario.target.access_key_id = "key";
  scenario.target.access_key_secret = "se:cret";
  return scenario;
}

struct Read {
  std::string head, body;
  json members;
};

Read build(const Scenario& scenario, std::uint64_t call = 4, Pick how = Pick::random) {
  const PickPlan pick(how, scenario.fleet[0].count, scenario.calls[0].batch, 7);
  const auto builder = make_request_builder(scenario, 0, pick, kBridge, kRun);
  PreparedRequest request;
  builder->build(call + 1, kDue, kWall, request);  // what an earlier call left must not show
  builder->build(call, kDue, kWall, request);
  const std::string_view text = request.text();
  const auto end = text.find("\r\n\r\n");
  EXPECT_NE(end, std::string_view::npos);
  Read out{std::string(text.substr(0, end + 2)), std::string(text.substr(end + 4)), {}};
  out.members = json::parse(out.body);
  return out;
}

TEST(BcastRequest, HasTheHeadThatThePluginWants) {
  const Read got = build(make_scenario(3));
  EXPECT_EQ(got.head.find("POST /api/v5/plugin_api/emqx_bcast/pub HTTP/1.1\r\nHost: 127.0.0.1:18083\r\n"), 0u);
  EXPECT_NE(got.head.find("\r\nAuthorization: Basic a2V5OnNlOmNyZXQ=\r\n"), std::string::npos);  // key:se:cret
  EXPECT_NE(got.head.find("\r\nContent-Type: application/json\r\n"), std::string::npos);
  EXPECT_NE(got.head.find("\r\nContent-Length: " + std::to_string(got.body.size()) + "\r\n"), std::string::npos);
}

TEST(BcastRequest, SaysWhatThePlanSays) {
  Scenario scenario = make_scenario(12);
  scenario.calls[0].qos = wire::mqtt::Qos::at_least_once;
  const Read got = build(scenario);
  EXPECT_EQ(got.members.at("Action"), "BatchPub");
  EXPECT_EQ(got.members.at("ProductKey"), "a1BwAGVxxxx");
  EXPECT_EQ(got.members.at("TopicShortName"), "get");
  EXPECT_EQ(got.members.at("Qos"), 1);
  EXPECT_TRUE(got.members.at("Qos").is_number_integer());
  EXPECT_EQ(got.members.size(), 6u);
  std::vector<std::uint32_t> picked(12);
  PickPlan(Pick::random, 20'000, 12, 7).recipients(4, picked);
  ASSERT_EQ(got.members.at("DeviceName").size(), 12u);
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_EQ(got.members["DeviceName"][i], device_name("lamp@{index:5}", picked[i]));
  }
}

TEST(BcastRequest, CarriesTheStampInItsContent) {
  for (const std::uint32_t bytes : {40u, 41u, 42u, 43u, 256u, 10'240u}) {
    const Read got = build(make_scenario(1, bytes));
    std::vector<std::byte> payload;
    ASSERT_TRUE(wire::base64_decode(got.members.at("MessageContent").get<std::string>(), payload));
    EXPECT_EQ(payload.size(), bytes);
    wire::Stamp stamp;
    ASSERT_EQ(wire::read_stamp(payload, stamp), wire::StampCheck::ok);
    EXPECT_EQ(stamp.run, kRun);
    EXPECT_EQ(stamp.call, 4u);
    EXPECT_EQ(stamp.due, kDue);
  }
}

TEST(BcastRequest, NamesTenThousandDevices) {
  const Read got = build(make_scenario(10'000), 1, Pick::round_robin);
  ASSERT_EQ(got.members.at("DeviceName").size(), 10'000u);
  EXPECT_EQ(got.members["DeviceName"][0], "lamp@10000");
  EXPECT_EQ(got.members["DeviceName"][9'999], "lamp@19999");
}

TEST(BcastRequest, TopicsOfSeveralLevelsTakeTheTemplate) {
  const Read got = build(make_scenario(1, 64, "firmware/update"));
  EXPECT_FALSE(got.members.contains("TopicShortName"));
  EXPECT_EQ(got.members.at("TopicTemplateName"), "/a1BwAGVxxxx/${deviceName}/user/firmware/update");
}

TEST(BcastRequest, OfPubBroadcastNamesTheSharedTopicAlone) {
  Scenario scenario = make_scenario(20'000, 64, "news");
  scenario.calls[0].api = kPubBroadcast;
  const Read got = build(scenario, 4, Pick::all);
  EXPECT_EQ(got.members.size(), 4u);
  EXPECT_EQ(got.members.at("Action"), "PubBroadcast");
  EXPECT_EQ(got.members.at("ProductKey"), "a1BwAGVxxxx");
  EXPECT_EQ(got.members.at("TopicFullName"), "/broadcast/a1BwAGVxxxx/news");
  std::vector<std::byte> payload;
  ASSERT_TRUE(wire::base64_decode(got.members.at("MessageContent").get<std::string>(), payload));
  EXPECT_EQ(payload.size(), 64u);
}

TEST(BcastRequest, SendsTheContentThatTheOtherDialectSends) {
  Scenario scenario = make_scenario(1, 300);
  const std::string content = build(scenario).members.at("MessageContent");
  const PickPlan pick(Pick::random, 20'000, 1, 7);
  AliyunRequestBuilder aliyun(scenario, 0, pick, kBridge, kRun);
  PreparedRequest request;
  aliyun.build(4, kDue, kWall, request);
  std::string encoded;
  wire::percent_append(content, encoded);
  EXPECT_NE(request.text().find("&MessageContent=" + encoded + "&"), std::string_view::npos);
}

TEST(BcastRequest, IsBuiltForItsDialectOnly) {
  Scenario scenario = make_scenario(1);
  const PickPlan pick(Pick::random, 20'000, 1, 7);
  const auto is_bcast = [&] {
    const auto builder = make_request_builder(scenario, 0, pick, kBridge, kRun);
    return dynamic_cast<BcastRequestBuilder*>(builder.get()) != nullptr;
  };
  EXPECT_TRUE(is_bcast());
  scenario.target.dialect = Dialect::aliyun;
  EXPECT_FALSE(is_bcast());
}

}  // namespace
}  // namespace fleet::sim
