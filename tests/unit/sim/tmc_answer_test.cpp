// What do answers of the message service mean, for the call and for each of its messages?
#include "sim/calls/tmc_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fleet::sim {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

void expect(const BridgeAnswer& answer, CallResult result, const std::string& code) {
  EXPECT_EQ(answer.result, result);
  EXPECT_EQ(answer.code, code);
  EXPECT_THAT(answer.refused, IsEmpty());
}

// The answer of a bridge to a call whose messages went as `results` says.
std::string response(bool all, const std::string& results) {
  return R"({"tmc_messages_produce_response":{"is_all_success":)" + std::string(all ? "true" : "false") +
         R"(,"results":{"tmc_produce_result":[)" + results + R"(]},"request_id":"4jkl5mhpc274"}})";
}
constexpr const char* kGood = R"({"is_success":true})";
constexpr const char* kBad =
    R"({"error_code":"isv.invalid-paramter","error_message":"parameter required","is_success":false})";
constexpr const char* kBusy = R"({"error_code":"isp.busy","is_success":false})";

TEST(TmcAnswer, AllSuccessIsAcceptedWhateverTheResultsSay) {
  expect(judge_tmc_answer(200, response(true, ""), 50), CallResult::accepted, "");
  expect(judge_tmc_answer(200, response(true, kGood), 1), CallResult::accepted, "");
}

TEST(TmcAnswer, TheSingleCallHasOneResult) {
  expect(judge_tmc_answer(200, R"({"tmc_message_produce_response":{"is_success":true,"request_id":"x"}})", 1),
         CallResult::accepted, "");
  expect(judge_tmc_answer(200, R"({"tmc_message_produce_response":{"is_success":false}})", 1), CallResult::failed,
         "bad answer");
}

TEST(TmcAnswer, SomeMessagesMayBeRefused) {
  const std::string comma = ",";
  const BridgeAnswer answer =
      judge_tmc_answer(200, response(false, kGood + comma + kBad + "," + kGood + "," + kBusy), 4);
  EXPECT_EQ(answer.result, CallResult::accepted);
  EXPECT_EQ(answer.code, "");
  EXPECT_THAT(answer.refused, ElementsAre(1, 3));
  EXPECT_THAT(answer.refused_codes, ElementsAre("isv.invalid-paramter: parameter required", "isp.busy"));
}

TEST(TmcAnswer, NoMessageAcceptedIsARejectedCall) {
  expect(judge_tmc_answer(200, response(false, std::string(kBad) + "," + kBusy), 2), CallResult::rejected,
         "isv.invalid-paramter: parameter required");
}

TEST(TmcAnswer, AnErrorResponseIsRejectedWhateverTheStatus) {
  expect(judge_tmc_answer(
             200, R"({"error_response":{"code":25,"msg":"Invalid signature","request_id":"4jkl5mhpc274"}})", 50),
         CallResult::rejected, "25 Invalid signature");
  expect(judge_tmc_answer(200,
                          R"({"error_response":{"code":50,"msg":"Remote service error",)"
                          R"("sub_code":"isv.invalid-parameter","sub_msg":"x"}})",
                          50),
         CallResult::rejected, "50 isv.invalid-parameter");
  expect(judge_tmc_answer(503, R"({"error_response":{"code":10,"msg":"Service Currently Unavailable"}})", 50),
         CallResult::rejected, "10 Service Currently Unavailable");
  expect(judge_tmc_answer(200, R"({"error_response":{"code":"7"}})", 50), CallResult::rejected, "7");
}

TEST(TmcAnswer, AnErrorStatusWithoutAnErrorIsRejectedByItsNumber) {
  expect(judge_tmc_answer(404, "<html>", 50), CallResult::rejected, "HTTP 404");
  expect(judge_tmc_answer(500, response(true, ""), 50), CallResult::rejected, "HTTP 500");
}

TEST(TmcAnswer, WhatTheApiDoesNotPromiseLeavesTheOutcomeUnknown) {
  const std::string good = kGood;
  for (const std::string& body :
       {std::string(),
        std::string("null"),
        std::string("[]"),
        std::string("{}"),
        std::string("true"),
        std::string(R"({"tmc_messages_produce_response":{}})"),
        std::string(R"({"tmc_messages_produce_response":[]})"),
        std::string(R"({"tmc_messages_produce_response":{"is_all_success":"true"}})"),
        std::string(R"({"tmc_messages_produce_response":{"is_all_success":1}})"),
        std::string(R"({"tmc_messages_produce_response":{"x":{"is_all_success":true}}})"),
        std::string(R"({"is_all_success":true})"),
        std::string(R"({"error_response":{}})"),
        std::string(R"({"error_response":{"msg":"x"}})"),
        response(false, ""),
        response(false, good),
        response(false, good + "," + kGood),
        response(false, good + "," + kBad + "," + kGood),
        response(false, good + ",{}"),
        response(false, good + R"(,{"is_success":null})"),
        response(false, good + "," + "[" + kBad + "]"),
        response(true, good) + "x",
        response(true, good).substr(0, 60),
        std::string("<?xml version=\"1.0\" encoding=\"utf-8\" ?><error_response><code>25</code></error_response>")}) {
    expect(judge_tmc_answer(200, body, 2), CallResult::failed, "bad answer");
  }
}

TEST(TmcAnswer, DepthAndLengthAreHarmless) {
  expect(judge_tmc_answer(200, std::string(1'000'000, '['), 50), CallResult::failed, "bad answer");
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  expect(judge_tmc_answer(200, R"({"x":)" + deep + "," + response(true, "").substr(1), 50), CallResult::accepted, "");
  std::string many = kBad;
  for (int i = 0; i < 10'000; ++i) many += std::string(",") + kBad;
  expect(judge_tmc_answer(200, response(false, many), 50), CallResult::failed, "bad answer");
}

TEST(TmcAnswer, CodesAreCutAndPrintable) {
  const BridgeAnswer answer =
      judge_tmc_answer(200, R"({"error_response":{"code":50,"msg":"a\n)" + std::string(500, 'x') + "\"}}", 50);
  EXPECT_EQ(answer.code, "50 a?" + std::string(59, 'x'));
}

}  // namespace
}  // namespace fleet::sim
