// Would the message service accept what a caller sends, and does it say what the plan says?
#include "sim/calls/tmc_request.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "wire/encoding.h"
#include "wire/signing_top.h"
#include "wire/stamp.h"

namespace fleet::sim {
namespace {

using nlohmann::json;

constexpr std::uint32_t kRun = 0xABCD1234;
constexpr wire::WallTime kWall{std::chrono::seconds(1'767'323'045)};  // 2026-01-02T03:04:05Z
const wire::TimePoint kDue{wire::Nanos(987'654'321'000)};

// Two groups of consumers and two topics, the names such that every encoding on the way has something to do.
Scenario make_scenario(std::string_view api, std::uint32_t batch, std::uint32_t payload_bytes) {
  Scenario scenario;
  for (const char* group : {"ware \"house\"", "分析&=%"}) {
    FleetGroup consumers;
    consumers.kind = FleetKind::consumer;
    consumers.count = 4;
    consumers.consumer_group = group;
    scenario.fleet.push_back(consumers);
  }
  CallGroup calls;
  calls.api = api;
  calls.targets = {0, 1};
  calls.topics = {"taobao_trade_TradeCreate", "a~topic+"};
  calls.batch = batch;
  calls.payload_bytes = payload_bytes;
  scenario.calls.push_back(calls);
  scenario.target.app_key = "12 345";
  return scenario;
}

MessageDeal deal_of(const Scenario& scenario) { return {scenario.calls[0].batch, 2, 2}; }

// One request taken apart.
struct Read {
  std::string head, body, storage;
  std::vector<wire::Param> params;
  std::map<std::string, std::string> values;
};

Read build(TmcRequestBuilder& builder, std::uint64_t call) {
  PreparedRequest request;
  builder.build(call + 1, kDue, kWall, request);  // what an earlier call left must not show
  builder.build(call, kDue, kWall, request);
  const std::string_view text = request.text();
  Read out;
  const auto end = text.find("\r\n\r\n");
  EXPECT_NE(end, std::string_view::npos);
  out.head = text.substr(0, end + 2);
  out.body = text.substr(end + 4);
  out.storage.reserve(out.body.size());
  EXPECT_FALSE(wire::decode_form(out.body, 100, out.storage, out.params));
  for (const wire::Param& param : out.params) out.values[std::string(param.key)] = param.value;
  EXPECT_EQ(out.values.size(), out.params.size()) << "a key came twice";
  return out;
}

void expect_signed(Read got, const std::string& secret) {
  ASSERT_EQ(got.params.back().key, "sign");
  EXPECT_TRUE(std::is_sorted(got.params.begin(), got.params.end() - 1,
                             [](const wire::Param& a, const wire::Param& b) { return a.key < b.key; }));
  std::string to_sign;
  wire::top_string_to_sign(got.params, wire::EmptyValues::kept, to_sign);
  EXPECT_EQ(got.values.at("sign"), wire::top_signature(wire::TopSignMethod::hmac_sha256, secret, to_sign));
}

void expect_stamped(const std::string& content, std::size_t bytes, std::uint64_t call, std::uint32_t position) {
  EXPECT_EQ(content.size(), bytes);
  EXPECT_TRUE(json::accept(content)) << content;
  wire::Stamp stamp;
  ASSERT_EQ(wire::read_stamp(std::as_bytes(std::span(content)), stamp), wire::StampCheck::ok);
  EXPECT_EQ(stamp.run, kRun);
  EXPECT_EQ(stamp.boot, wire::boot_hash());
  EXPECT_EQ(stamp.call_group, 0);
  EXPECT_EQ(stamp.call, call);
  EXPECT_EQ(stamp.due, kDue);
  EXPECT_EQ(stamp.position, position);
}

class TmcRequests : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(TmcRequests, AreSignedAndCarryAMessageForEachPosition) {
  for (const std::uint32_t batch : {1u, 3u, 50u}) {
    const Scenario scenario = make_scenario(kProduceMessages, batch, GetParam());
    const MessageDeal deal = deal_of(scenario);
    TmcRequestBuilder builder(scenario, 0, deal, Url{"http", "127.0.0.1", 8080}, kRun);
    for (const std::uint64_t call : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1'000'000}}) {
      const Read got = build(builder, call);
      expect_signed(got, "helloworld");
      const json messages = json::parse(got.values.at("messages"));
      ASSERT_EQ(messages.size(), batch);
      for (std::uint32_t i = 0; i < batch; ++i) {
        EXPECT_EQ(messages[i].size(), 3u);
        EXPECT_EQ(messages[i]["topic"], scenario.calls[0].topics[deal.topic(call, i)]);
        EXPECT_EQ(messages[i]["target_group"], scenario.fleet[deal.target(call, i)].consumer_group);
        expect_stamped(messages[i]["content"], GetParam(), call, i);
      }
    }
  }
}

TEST_P(TmcRequests, OfTheSingleCallCarryOne) {
  const Scenario scenario = make_scenario(kProduceMessage, 1, GetParam());
  const MessageDeal deal = deal_of(scenario);
  TmcRequestBuilder builder(scenario, 0, deal, Url{"http", "127.0.0.1", 8080}, kRun);
  for (std::uint64_t call = 0; call < 4; ++call) {
    const Read got = build(builder, call);
    expect_signed(got, "helloworld");
    EXPECT_EQ(got.values.at("method"), kProduceMessage);
    EXPECT_EQ(got.values.at("topic"), scenario.calls[0].topics[deal.topic(call, 0)]);
    EXPECT_EQ(got.values.at("target_group"), scenario.fleet[deal.target(call, 0)].consumer_group);
    expect_stamped(got.values.at("content"), GetParam(), call, 0);
  }
}

INSTANTIATE_TEST_SUITE_P(PayloadBytes, TmcRequests, ::testing::Values(80, 81, 512, 122'880));

TEST(TmcRequest, SaysWhatAPlatformWantsToKnow) {
  const Scenario scenario = make_scenario(kProduceMessages, 2, 100);
  TmcRequestBuilder builder(scenario, 0, deal_of(scenario), Url{"http", "127.0.0.1", 8080}, kRun);
  const Read got = build(builder, 7);
  EXPECT_EQ(got.head.find("POST /router/rest HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"), 0u);
  EXPECT_NE(got.head.find("\r\nContent-Type: application/x-www-form-urlencoded;charset=UTF-8\r\n"), std::string::npos);
  EXPECT_NE(got.head.find("\r\nContent-Length: " + std::to_string(got.body.size()) + "\r\n"), std::string::npos);
  EXPECT_EQ(got.values.size(), 8u);
  EXPECT_EQ(got.values.at("app_key"), "12 345");
  EXPECT_EQ(got.values.at("format"), "json");
  EXPECT_EQ(got.values.at("method"), kProduceMessages);
  EXPECT_EQ(got.values.at("sign_method"), "hmac-sha256");
  EXPECT_EQ(got.values.at("timestamp"), "2026-01-02 11:04:05");  // GMT+8
  EXPECT_EQ(got.values.at("v"), "2.0");
}

TEST(TmcRequest, FillsMessagesAsTheSeedSays) {
  Scenario scenario = make_scenario(kProduceMessage, 1, 300);
  const auto content = [&] {
    TmcRequestBuilder builder(scenario, 0, deal_of(scenario), Url{"http", "127.0.0.1", 80}, kRun);
    return build(builder, 0).values.at("content");
  };
  const std::string first = content();
  EXPECT_EQ(content(), first);
  scenario.seed = 2;
  EXPECT_NE(content(), first);
}

}  // namespace
}  // namespace fleet::sim
