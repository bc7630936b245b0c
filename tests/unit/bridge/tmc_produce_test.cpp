#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "bridge/tmc/apps.h"
#include "bridge/tmc/message.h"
#include "top_fixture.h"

namespace fleet::bridge::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TopReply produce(TopUnderTest& top, const std::string& messages) {
  TopForm params = top_params();
  params["messages"] = messages;
  return top.call(std::move(params));
}

// error_message of each message, "" where it was accepted.
std::vector<std::string> refusals(const std::string& body) {
  std::vector<std::string> out;
  const auto answer = nlohmann::json::parse(body)["tmc_messages_produce_response"];
  bool all = true;
  for (const auto& result : answer["results"]["tmc_produce_result"]) {
    out.push_back(result.value("error_message", ""));
    EXPECT_EQ(result["is_success"], out.back().empty());
    EXPECT_EQ(result.value("error_code", "isv.invalid-paramter"), "isv.invalid-paramter");
    all &= out.back().empty();
  }
  EXPECT_EQ(answer["is_all_success"], all);
  return out;
}

std::vector<std::string> refusals_of(const std::string& messages) {
  TopUnderTest top;
  return refusals(produce(top, messages).body_when());
}

TEST(TmcProduce, GoesToTheGroupAndAppThatTheMessageNames) {
  TopUnderTest top;
  const TopReply reply = produce(top, R"([
      {"topic":"taobao_jds_TradeTrace","content":"1","target_group":"warehouse","unknown":[{"x":1}]},
      {"topic":"taobao_jds_TradeTrace","content":" {\"b\": 2} ","target_app_key":"87654321","target_group":"mine"},
      {"content":"3","topic":"taobao_jds_TradeTrace","target_appkey":"87654321","ex_content":"{}","target_group":null},
      {"content":"no","topic":"no","content":"4","topic":"taobao_trade_TradeCreate","target_group":""}])");
  EXPECT_THAT(reply.publishes(), ElementsAre("tmc/12345678/warehouse/taobao_jds_TradeTrace 1",
                                             "tmc/87654321/mine/taobao_jds_TradeTrace  {\"b\": 2} ",
                                             "tmc/87654321/default/taobao_jds_TradeTrace 3",
                                             "tmc/12345678/default/taobao_trade_TradeCreate 4"));
  EXPECT_THAT(refusals(reply.body_when()), ElementsAre("", "", "", ""));
}

TEST(TmcProduce, RefusesBadMessagesAndSendsTheOthers) {
  const std::string good = R"({"topic":"taobao_jds_TradeTrace","content":"{}"})";
  const std::string bad[] = {
      R"({"content":"{}"})",
      R"({"topic":"taobao_jds_TradeTrace","content":null})",
      R"({"topic":"taobao_jds_TradeTrace","content":""})",
      R"({})",
      R"({"topic":"other","content":"{}"})",
      R"({"topic":"taobao_jds_TradeTrace/#","content":"{}"})",
      R"({"topic":"taobao_jds_TradeTrace","content":"{} x"})",
      R"({"topic":"taobao_jds_TradeTrace","content":"\u0000"})",
      R"({"topic":"taobao_jds_TradeTrace","content":"{}","json_ex_content":"{"})",
      R"({"topic":"taobao_jds_TradeTrace","content":"{}","target_group":"mine"})",
      R"({"topic":"taobao_jds_TradeTrace","content":"{}","target_app_key":"1"})",
      R"({"topic":"taobao_trade_TradeCreate","content":"{}","target_app_key":"87654321"})",
      R"({"topic":"taobao_jds_TradeTrace","content":{"tid":1}})",
      R"({"topic":7,"content":"{}"})",
      R"([])",
      R"("text")",
      R"(null)",
  };
  std::string messages = "[" + good;
  for (const std::string& one : bad) messages += "," + one;
  TopUnderTest top;
  const TopReply reply = produce(top, messages + "," + good + "]");
  EXPECT_EQ(reply.pending.batches.size(), 2u);
  const std::string kForm = "a message must be an object whose members are strings";
  EXPECT_THAT(
      refusals(reply.body_when()),
      ElementsAre("", "parameter required", "parameter required", "parameter required", "parameter required",
                  "topic is not registered", "topic is not registered", "content is not JSON", "content is not JSON",
                  "json_ex_content is not JSON", "target_group does not exist", "target_app_key does not exist",
                  "topic is not registered", kForm, kForm, kForm, kForm, kForm, ""));
}

TEST(TmcProduce, AnswersInTheFormThatWasAskedFor) {
  TopUnderTest top;
  TopForm params = top_params();
  params["messages"] = R"([{"topic":"taobao_jds_TradeTrace","content":"{}"},{"topic":"<&"}])";
  EXPECT_EQ(without_request_id(top.call(params).body_when()),
            R"({"tmc_messages_produce_response":{"is_all_success":false,"results":{"tmc_produce_result":[)"
            R"({"is_success":true},{"error_code":"isv.invalid-paramter","error_message":"parameter required",)"
            R"("is_success":false}]},"request_id":"ID"}})");
  params["simplify"] = "true";
  EXPECT_EQ(without_request_id(top.call(params).body_when()),
            R"({"is_all_success":false,"results":[{"is_success":true},{"error_code":"isv.invalid-paramter",)"
            R"("error_message":"parameter required","is_success":false}],"request_id":"ID"})");
  params.erase("format");
  EXPECT_EQ(without_request_id(top.call(params).body_when()),
            R"(<?xml version="1.0" encoding="utf-8" ?><tmc_messages_produce_response><is_all_success>false)"
            "</is_all_success><results><tmc_produce_result><is_success>true</is_success></tmc_produce_result>"
            "<tmc_produce_result><error_code>isv.invalid-paramter</error_code><error_message>parameter required"
            "</error_message><is_success>false</is_success></tmc_produce_result></results><request_id>ID</request_id>"
            "</tmc_messages_produce_response>");
}

TEST(TmcProduce, TakesFiftyMessagesAndRefusesACallWithMore) {
  TopUnderTest top;
  EXPECT_EQ(produce(top, some_messages(50)).pending.batches.size(), 50u);
  EXPECT_EQ(without_request_id(produce(top, some_messages(51)).answer.body),
            R"({"error_response":{"code":50,"msg":"Remote service error","sub_code":"isv.invalid-parameter",)"
            R"("sub_msg":"messages holds more than 50","request_id":"ID"}})");
}

TEST(TmcProduce, RefusesACallWithoutAListOfMessages) {
  TopUnderTest top;
  for (const char* messages : {"[]", "{}", "text", "[", "[{}", "[{},]", "[{}] x", "[{\"a\"}]",
                               "[{\"topic\":\"\\ud800\"}]", "[{\"content\":\"\xFF\"}]", "null", "[1 2]"}) {
    EXPECT_EQ(produce(top, messages).code(), 41) << messages;
  }
  EXPECT_EQ(produce(top, "").code(), 40);
}

TEST(TmcProduce, TakesContentUpToItsLimit) {
  const auto message = [](std::size_t bytes) {
    return R"({"topic":"taobao_jds_TradeTrace","content":"\")" + std::string(bytes - 2, 'x') + "\\\"\"}";
  };
  EXPECT_THAT(refusals_of("[" + message(kTmcContentBytesMax) + "," + message(kTmcContentBytesMax + 1) + "]"),
              ElementsAre("", "content is longer than 122880 bytes"));
}

TEST(TmcProduce, SaysOfEachMessageHowItsPublishWent) {
  const std::pair<PublishOutcome, std::string> outcomes[] = {
      {PublishOutcome::broker_away, "isp.top-remote-service-unavailable"},
      {PublishOutcome::backlog_full, "isp.top-remote-service-unavailable"},
      {PublishOutcome::stopping, "isp.top-remote-service-unavailable"},
      {PublishOutcome::refused, "isp.remote-service-error"},
      {PublishOutcome::unconfirmed, "isp.remote-service-timeout"},
  };
  for (const auto& [outcome, code] : outcomes) {
    TopUnderTest top;
    const TopReply reply = produce(top, some_messages(2));
    const PublishOutcome both[] = {PublishOutcome::done, outcome};
    const auto answer = nlohmann::json::parse(reply.pending.finish(both).body)["tmc_messages_produce_response"];
    const auto& results = answer["results"]["tmc_produce_result"];
    EXPECT_EQ(answer["is_all_success"], false);
    EXPECT_EQ(results[0].dump(), R"({"is_success":true})");
    EXPECT_EQ(results[1]["error_code"], code);
    EXPECT_EQ(top.api.apps().find("12345678")->group("default")->queue.size(), 1u) << "only what the broker has";
  }
}

TEST(TmcProduce, TheSingleCallAnswersWithItsRefusal) {
  TopUnderTest top;
  TopForm params = top_params("taobao.tmc.message.produce");
  params["content"] = "{}";
  EXPECT_EQ(top.call(params).code(), 40);
  params["topic"] = "taobao_jds_TradeTrace";
  params["target_appkey"] = "87654321";
  params["target_group"] = "mine";
  params["ex_content"] = "{\"full_link_test\":true}";
  const TopReply reply = top.call(params);
  EXPECT_THAT(reply.publishes(), ElementsAre("tmc/87654321/mine/taobao_jds_TradeTrace {}"));
  EXPECT_THAT(reply.body_when(PublishOutcome::broker_away),
              HasSubstr(R"({"code":15,"msg":"Remote Service Error","sub_code":"isp.top-remote-service-unavailable")"));
  EXPECT_THAT(reply.body_when(), HasSubstr(R"({"tmc_message_produce_response":{"is_success":true,)"));
  params["topic"] = "other";
  const TopReply refused = top.call(params);
  EXPECT_EQ(refused.code(), 50);
  EXPECT_THAT(refused.answer.body,
              HasSubstr(R"("sub_code":"isv.invalid-parameter","sub_msg":"topic is not registered")"));
}

TEST(TmcProduce, AnswersACallWhoseBridgeIsGone) {
  auto top = std::make_unique<TopUnderTest>();
  const TopReply reply = produce(*top, some_messages(2));
  top.reset();
  EXPECT_THAT(refusals(reply.body_when()), ElementsAre("", ""));
}

}  // namespace
}  // namespace fleet::bridge::test
