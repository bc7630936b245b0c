#include "top_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

namespace fleet::bridge::test {

Config top_config() {
  Config config;
  config.apps = {{.app_key = "12345678",
                  .app_secret = "helloworld",
                  .topics = {"taobao_trade_TradeCreate", "taobao_jds_TradeTrace"},
                  .groups = {"warehouse", "analytics"}},
                 {.app_key = "87654321",
                  .app_secret = "othersecret",
                  .topics = {"taobao_jds_TradeTrace"},
                  .groups = {"mine", "default"}},
                 {.app_key = "1000",
                  .app_secret = "sessionsecret",
                  .topics = {"taobao_jds_TradeTrace"},
                  .sessions = {"s1", "s2"}}};
  config.limits.enforced = false;
  return config;
}

TopForm top_params(const std::string& method) {
  return {{"method", method}, {"app_key", "12345678"}, {"timestamp", "2026-01-02 11:04:05"},
          {"format", "json"}, {"sign_method", "md5"},  {"v", "2.0"}};
}

std::string some_messages(std::size_t count) {
  std::string out = "[";
  for (std::size_t i = 0; i < count; ++i) {
    out += i == 0 ? "" : ",";
    out += R"({"topic":"taobao_jds_TradeTrace","content":"{\"tid\":)" + std::to_string(i) + "}\"}";
  }
  return out + "]";
}

void top_sign(TopForm& params, std::string_view secret, wire::EmptyValues empty_values) {
  std::vector<wire::Param> views;
  for (const auto& [key, value] : params) views.push_back({key, value});
  std::string text;
  wire::top_string_to_sign(views, empty_values, text);
  params["sign"] = wire::top_signature(*wire::parse_top_sign_method(params.at("sign_method")), secret, text);
}

std::vector<std::string> TopReply::publishes() const {
  std::vector<std::string> out;
  for (const auto& batch : pending.batches) {
    EXPECT_EQ(batch->size(), 1u);
    EXPECT_EQ(batch->qos, wire::mqtt::Qos::at_least_once);
    const auto bytes = batch->payload_bytes();
    out.push_back(std::string(batch->topic(0)) + " " +
                  std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }
  return out;
}

std::string TopReply::body_when(PublishOutcome outcome) const {
  if (!is_pending()) return answer.body;
  const HttpAnswer finished = pending.finish(std::vector<PublishOutcome>(pending.batches.size(), outcome));
  EXPECT_EQ(finished.status, 200u);
  return finished.body;
}

int TopReply::code() const {
  const auto json = nlohmann::json::parse(answer.body);
  return json.contains("error_response") ? json["error_response"]["code"].get<int>() : 0;
}

std::string TopReply::sub_code() const {
  return nlohmann::json::parse(answer.body)["error_response"].value("sub_code", "");
}

std::string without_request_id(const std::string& body) {
  constexpr std::size_t kIdChars = 12;
  std::string out = body;
  bool found = false;
  for (const auto& [before, after] : {std::pair("\"request_id\":\"", '"'), std::pair("<request_id>", '<')}) {
    const std::size_t at = out.find(before);
    if (at == std::string::npos) continue;
    const std::size_t begin = at + std::string_view(before).size();
    const std::size_t end = out.find(after, begin);
    EXPECT_EQ(end, begin + kIdChars) << body;
    EXPECT_EQ(out.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz", begin), end) << body;
    out.replace(begin, end - begin, "ID");
    found = true;
  }
  EXPECT_TRUE(found) << body;
  return out;
}

TopReply TopUnderTest::send(const HttpRequest& request) {
  auto outcome = api.call(request, now, wall, times);
  TopReply reply;
  if (auto* answer = std::get_if<HttpAnswer>(&outcome)) {
    reply.answer = std::move(*answer);
    EXPECT_EQ(reply.answer.status, 200u);
    (void)without_request_id(reply.answer.body);
  } else {
    reply.pending = std::get<PendingCall>(std::move(outcome));
    EXPECT_FALSE(reply.pending.batches.empty());
  }
  return reply;
}

TopReply TopUnderTest::call(TopForm params, std::string_view secret) {
  if (!params.contains("sign")) top_sign(params, secret);
  std::string form;
  for (const auto& [key, value] : params) {
    if (!form.empty()) form.push_back('&');
    wire::percent_append(key, form);
    form.push_back('=');
    wire::percent_append(value, form);
  }
  return send({.method = "POST",
               .path = kTopPath,
               .content_type = "application/x-www-form-urlencoded;charset=utf-8",
               .body = form});
}

std::string TopUnderTest::produce(const std::string& messages) {
  TopForm params = top_params();
  params["messages"] = messages;
  return without_request_id(call(std::move(params)).body_when());
}

}  // namespace fleet::bridge::test
