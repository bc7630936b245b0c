// Would the bridge accept what a caller sends, and does it say what the plan says?
#include "sim/calls/aliyun_request.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "sim/scenario/naming.h"
#include "wire/encoding.h"
#include "wire/signing.h"
#include "wire/stamp.h"

namespace fleet::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kRun = 0xABCD1234;
// 2026-01-02T03:04:05Z
constexpr wire::WallTime kWall{1'767'323'045s};
const wire::TimePoint kDue{wire::Nanos(987'654'321'000)};

Scenario make_scenario(std::uint32_t batch, std::uint32_t payload_bytes, const std::string& names = "lamp-{index:5}") {
  Scenario scenario;
  scenario.products.push_back({"lamp", "a1BwAGVxxxx", {}});
  FleetGroup lamps;
  lamps.count = 500;
  lamps.name_template = names;
  scenario.fleet.push_back(lamps);
  CallGroup push;
  push.api = "BatchPub";
  push.topic = "firmware/update";
  push.batch = batch;
  push.qos = wire::mqtt::Qos::at_least_once;
  push.payload_bytes = payload_bytes;
  scenario.calls.push_back(push);
  scenario.target.access_key_id = "te+st id";
  scenario.target.access_key_secret = "testsecret";
  return scenario;
}

// One request taken apart.
struct Read {
  std::string head, body, storage;
  std::vector<wire::Param> params;
  std::map<std::string, std::string> values;
};

Read read(std::string_view request) {
  Read out;
  const auto end = request.find("\r\n\r\n");
  EXPECT_NE(end, std::string_view::npos);
  out.head = request.substr(0, end + 2);
  out.body = request.substr(end + 4);
  out.storage.reserve(out.body.size());
  EXPECT_FALSE(wire::decode_form(out.body, 1000, out.storage, out.params));
  for (const wire::Param& param : out.params) out.values[std::string(param.key)] = param.value;
  EXPECT_EQ(out.values.size(), out.params.size()) << "a key came twice";
  return out;
}

class Requests : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(Requests, AreSignedAsTheRuleSays) {
  for (const std::uint32_t batch : {1u, 9u, 10u, 100u}) {
    const Scenario scenario = make_scenario(batch, GetParam());
    const PickPlan pick(Pick::random, 500, batch, 7);
    AliyunRequestBuilder builder(scenario, 0, pick, Url{"http", "127.0.0.1", 8080}, kRun);
    PreparedRequest request;
    for (const std::uint64_t call : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1'000'000}}) {
      builder.build(call, kDue, kWall, request);
      Read got = read(request.text());
      const std::string signature = got.values.at("Signature");
      EXPECT_EQ(got.params.back().key, "Signature");
      got.params.pop_back();
      EXPECT_EQ(signature, wire::aliyun_signature("testsecret", wire::aliyun_string_to_sign("POST", got.params)));
    }
  }
}

TEST_P(Requests, CarryTheStampInTheirContent) {
  const Scenario scenario = make_scenario(3, GetParam());
  const PickPlan pick(Pick::round_robin, 500, 3, 7);
  AliyunRequestBuilder builder(scenario, 0, pick, Url{"http", "127.0.0.1", 8080}, kRun);
  PreparedRequest request;
  for (const std::uint64_t call : {std::uint64_t{5}, std::uint64_t{6}}) {
    builder.build(call, kDue, kWall, request);
    std::vector<std::byte> payload;
    ASSERT_TRUE(wire::base64_decode(read(request.text()).values.at("MessageContent"), payload));
    EXPECT_EQ(payload.size(), GetParam());
    wire::Stamp stamp;
    ASSERT_EQ(wire::read_stamp(payload, stamp), wire::StampCheck::ok);
    EXPECT_EQ(stamp.run, kRun);
    EXPECT_EQ(stamp.boot, wire::boot_hash());
    EXPECT_EQ(stamp.call_group, 0);
    EXPECT_EQ(stamp.call, call);
    EXPECT_EQ(stamp.due, kDue);
  }
}

// The sizes around the stamp, around whole base64 groups, the usual one, and the largest of the API.
INSTANTIATE_TEST_SUITE_P(PayloadBytes, Requests, ::testing::Values(40, 41, 42, 43, 44, 45, 256, 1000, 262'144));

TEST(Request, SaysWhatThePlanSays) {
  const Scenario scenario = make_scenario(12, 64);
  const PickPlan pick(Pick::random, 500, 12, 7);
  AliyunRequestBuilder builder(scenario, 0, pick, Url{"http", "127.0.0.1", 8080}, kRun);
  PreparedRequest request;
  builder.build(4, kDue, kWall, request);
  const Read got = read(request.text());
  EXPECT_EQ(got.head.find("POST / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"), 0u);
  EXPECT_NE(got.head.find("\r\nContent-Type: application/x-www-form-urlencoded\r\n"), std::string::npos);
  EXPECT_NE(got.head.find("\r\nContent-Length: " + std::to_string(got.body.size()) + "\r\n"), std::string::npos);
  EXPECT_EQ(got.values.at("Action"), "BatchPub");
  EXPECT_EQ(got.values.at("Version"), "2018-01-20");
  EXPECT_EQ(got.values.at("Format"), "JSON");
  EXPECT_EQ(got.values.at("AccessKeyId"), "te+st id");
  EXPECT_EQ(got.values.at("ProductKey"), "a1BwAGVxxxx");
  EXPECT_EQ(got.values.at("TopicShortName"), "firmware/update");
  EXPECT_EQ(got.values.at("Qos"), "1");
  EXPECT_EQ(got.values.at("Timestamp"), "2026-01-02T03:04:05Z");
  std::vector<std::uint32_t> picked(12);
  pick.recipients(4, picked);
  for (std::uint32_t i = 0; i < 12; ++i) {
    EXPECT_EQ(got.values.at("DeviceName." + std::to_string(i + 1)), device_name("lamp-{index:5}", picked[i]));
  }
}

TEST(Request, HasItsKeysInByteOrder) {
  const Scenario scenario = make_scenario(100, 64);
  const PickPlan pick(Pick::round_robin, 500, 100, 7);
  AliyunRequestBuilder builder(scenario, 0, pick, Url{"http", "127.0.0.1", 8080}, kRun);
  PreparedRequest request;
  builder.build(0, kDue, kWall, request);
  const Read got = read(request.text());
  for (std::size_t i = 1; i + 1 < got.params.size(); ++i) EXPECT_LT(got.params[i - 1].key, got.params[i].key);
}

TEST(Request, SignsNamesThatNeedEncoding) {
  const Scenario scenario = make_scenario(2, 64, "a@b:c.{index:3}_x");
  const PickPlan pick(Pick::round_robin, 500, 2, 7);
  AliyunRequestBuilder builder(scenario, 0, pick, Url{"http", "127.0.0.1", 8080}, kRun);
  PreparedRequest request;
  builder.build(0, kDue, kWall, request);
  Read got = read(request.text());
  EXPECT_EQ(got.values.at("DeviceName.1"), "a@b:c.000_x");
  got.params.pop_back();
  EXPECT_EQ(got.values.at("Signature"),
            wire::aliyun_signature("testsecret", wire::aliyun_string_to_sign("POST", got.params)));
}

// A call to one device, or to all that share a topic, read and checked against its signature.
Read signed_call(const std::string& api, const std::string& names = "lamp-{index:5}") {
  Scenario scenario = make_scenario(api == kPub ? 1 : 500, 64, names);
  scenario.calls[0].api = api;
  const PickPlan pick(api == kPub ? Pick::round_robin : Pick::all, 500, scenario.calls[0].batch, 7);
  AliyunRequestBuilder builder(scenario, 0, pick, Url{"http", "127.0.0.1", 8080}, kRun);
  PreparedRequest request;
  builder.build(3, kDue, kWall, request);
  Read got = read(request.text());
  for (std::size_t i = 1; i + 1 < got.params.size(); ++i) EXPECT_LT(got.params[i - 1].key, got.params[i].key);
  got.params.pop_back();
  EXPECT_EQ(got.values.at("Signature"),
            wire::aliyun_signature("testsecret", wire::aliyun_string_to_sign("POST", got.params)));
  EXPECT_NE(got.head.find("\r\nx-acs-action: " + api + "\r\n"), std::string::npos);
  EXPECT_EQ(got.values.at("Action"), api);
  EXPECT_EQ(got.values.count("DeviceName.1") + got.values.count("TopicShortName"), 0u);
  return got;
}

TEST(Request, OfPubNamesTheWholeTopicOfOneDevice) {
  const Read got = signed_call("Pub");
  EXPECT_EQ(got.values.at("TopicFullName"), "/a1BwAGVxxxx/lamp-00003/user/firmware/update");
  EXPECT_EQ(got.values.at("Qos"), "1");
  EXPECT_EQ(signed_call("Pub", "a@b:c.{index:3}_x").values.at("TopicFullName"),
            "/a1BwAGVxxxx/a@b:c.003_x/user/firmware/update");
}

TEST(Request, OfPubBroadcastNamesTheSharedTopic) {
  const Read got = signed_call("PubBroadcast");
  EXPECT_EQ(got.values.at("TopicFullName"), "/broadcast/a1BwAGVxxxx/firmware/update");
  EXPECT_EQ(got.values.count("Qos"), 0u);
}

TEST(Request, NamesAnIpv6BridgeInBrackets) {
  const Scenario scenario = make_scenario(1, 64);
  const PickPlan pick(Pick::round_robin, 500, 1, 7);
  AliyunRequestBuilder builder(scenario, 0, pick, Url{"http", "::1", 80}, kRun);
  PreparedRequest request;
  builder.build(0, kDue, kWall, request);
  EXPECT_NE(read(request.text()).head.find("\r\nHost: [::1]:80\r\n"), std::string::npos);
}

TEST(Request, HasANonceOfItsOwnForEveryCallAndGroup) {
  Scenario scenario = make_scenario(1, 64);
  scenario.calls.push_back(scenario.calls.front());
  const PickPlan pick(Pick::round_robin, 500, 1, 7);
  std::set<std::string> nonces;
  for (const std::uint16_t group : {std::uint16_t{0}, std::uint16_t{1}}) {
    AliyunRequestBuilder builder(scenario, group, pick, Url{"http", "127.0.0.1", 80}, kRun);
    PreparedRequest request;
    for (std::uint64_t call = 0; call < 100; ++call) {
      builder.build(call, kDue, kWall, request);
      nonces.insert(read(request.text()).values.at("SignatureNonce"));
    }
  }
  EXPECT_EQ(nonces.size(), 200u);
}

TEST(Request, FollowsTheSeed) {
  Scenario scenario = make_scenario(1, 300);
  const PickPlan pick(Pick::round_robin, 500, 1, 7);
  const auto content = [&] {
    AliyunRequestBuilder builder(scenario, 0, pick, Url{"http", "127.0.0.1", 80}, kRun);
    PreparedRequest request;
    builder.build(0, kDue, kWall, request);
    return read(request.text()).values.at("MessageContent");
  };
  const std::string first = content();
  EXPECT_EQ(content(), first);
  scenario.seed = 2;
  EXPECT_NE(content(), first);
}

}  // namespace
}  // namespace fleet::sim
