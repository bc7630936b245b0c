// What do answers mean, the bad ones above all?
#include "sim/calls/bridge_answer.h"

#include <gtest/gtest.h>

namespace fleet::sim {
namespace {

void expect(const BridgeAnswer& answer, CallResult result, const std::string& code) {
  EXPECT_EQ(answer.result, result);
  EXPECT_EQ(answer.code, code);
}

TEST(BridgeAnswer, SuccessIsAccepted) {
  expect(judge_answer(200, R"({"RequestId":"A","Success":true})"), CallResult::accepted, "");
  expect(judge_answer(200, R"({"Success":true,"RequestId":"a","MessageId":"b"})"), CallResult::accepted, "");
  expect(judge_answer(200, R"( {"Success" : true, "Data": {"Success": false, "Code": "x"}, "More": [1, {}]} )"),
         CallResult::accepted, "");
}

TEST(BridgeAnswer, AnErrorCodeIsRejected) {
  expect(
      judge_answer(200, R"({"RequestId":"A","Success":false,"Code":"iot.device.NotExistedDevice","ErrorMessage":"x"})"),
      CallResult::rejected, "iot.device.NotExistedDevice");
  expect(judge_answer(400, R"({"RequestId":"A","HostId":"h","Code":"Throttling.User","Message":"x"})"),
         CallResult::rejected, "Throttling.User");
  expect(judge_answer(429, R"({"Success":false,"RequestId":"a","Code":"Busy","ErrorMessage":"x"})"),
         CallResult::rejected, "Busy");
  expect(judge_answer(401, R"({"code":"BAD_API_KEY_OR_SECRET","message":"x"})"), CallResult::rejected,
         "BAD_API_KEY_OR_SECRET");
  // Success with an error status is no success.
  expect(judge_answer(500, R"({"Success":true,"Code":"InternalError"})"), CallResult::rejected, "InternalError");
}

TEST(BridgeAnswer, AnErrorStatusWithoutACodeIsRejectedByItsNumber) {
  expect(judge_answer(503, "busy"), CallResult::rejected, "HTTP 503");
  expect(judge_answer(404, ""), CallResult::rejected, "HTTP 404");
  expect(judge_answer(302, "{}"), CallResult::rejected, "HTTP 302");
  expect(judge_answer(502, R"({"Code":5})"), CallResult::rejected, "HTTP 502");
}

TEST(BridgeAnswer, WhatTheApiDoesNotPromiseLeavesTheOutcomeUnknown) {
  for (const char* body :
       {"", "{", "}", "null", "true", "\"Success\"", "[true]", "[{\"Success\":true}]", "{\"Success\":true",
        "{\"Success\":true}x", "{\"Success\":\"true\"}", "{\"Success\":1}", "{\"success\":true}", "{\"Success\":false}",
        "<BatchPubResponse><Success>true</Success></BatchPubResponse>", "{\"Data\":{\"Success\":true}}",
        "\xff\xfe\x00"}) {
    expect(judge_answer(200, body), CallResult::failed, "bad answer");
  }
}

TEST(BridgeAnswer, DepthAndLengthAreHarmless) {
  expect(judge_answer(200, std::string(1'000'000, '[')), CallResult::failed, "bad answer");
  std::string deep = R"({"a":)";
  for (int i = 0; i < 100'000; ++i) deep += R"({"Code":)";
  expect(judge_answer(200, deep), CallResult::failed, "bad answer");
  std::string nested = R"({"Success":true,"a":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  expect(judge_answer(200, nested), CallResult::accepted, "");
}

TEST(BridgeAnswer, CodesAreCutAndPrintable) {
  const BridgeAnswer answer = judge_answer(400, R"({"Code":"a\nb\u0001)" + std::string(500, 'x') + "\"}");
  EXPECT_EQ(answer.code, "a?b?" + std::string(60, 'x'));
}

constexpr std::uint32_t kBoot = 0x0abc1234;

TEST(BridgeClock, IsReadFromTheHeaderOfTheBridge) {
  const auto clock = read_bridge_clock(
      R"(parse;dur=0.010, verify;dur=0.020, publish;dur=0.3, received;desc="abc1234:1000", published;desc="abc1234:2500")",
      kBoot);
  ASSERT_TRUE(clock);
  EXPECT_EQ(clock->received.time_since_epoch().count(), 1000);
  EXPECT_EQ(clock->published.time_since_epoch().count(), 2500);
}

TEST(BridgeClock, TakesOtherFormsOfTheSameHeader) {
  EXPECT_TRUE(read_bridge_clock("published;dur=1;desc=0abc1234:5,received; desc = \"0ABC1234:4\"", kBoot));
  EXPECT_TRUE(read_bridge_clock(
      R"(x;desc="a,b;received;desc=\"", received;desc="abc1234:1", published;desc="abc1234:2")", kBoot));
}

TEST(BridgeClock, IsNotThereWhenAnotherMachineOrNobodySaysIt) {
  for (const char* header :
       {"", ",;,=,\"", "received", "received;desc", "received;desc=", "received;desc=\"abc1234:1\"",
        "published;desc=\"abc1234:1\"", "received;desc=\"abc1235:1\", published;desc=\"abc1235:2\"",
        "received;desc=\"abc1234:1\", published;desc=\"abc1235:2\"",
        "received;desc=\"abc1234:\", published;desc=\"abc1234:2\"",
        "received;desc=\"abc1234:-1\", published;desc=\"abc1234:2\"", "received;desc=\":1\", published;desc=\":2\"",
        "received;desc=\"abc1234:99999999999999999999\", published;desc=\"abc1234:2\"",
        "received;desc=\"abc1234:1, published;desc=\"abc1234:2\""}) {
    EXPECT_FALSE(read_bridge_clock(header, kBoot)) << header;
  }
  // Two machines that do not know their boot are not the same one.
  EXPECT_FALSE(read_bridge_clock("received;desc=\"0:1\", published;desc=\"0:2\"", 0));
}

}  // namespace
}  // namespace fleet::sim
