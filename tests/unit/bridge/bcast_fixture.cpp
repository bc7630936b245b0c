#include "bcast_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <span>

#include "bridge/bcast/action.h"
#include "bridge/bcast_api.h"
#include "wire/encoding.h"

namespace fleet::bridge::test {

Config bcast_config() {
  Config config;
  config.bcast.keys = {{"key", "se:cret"}, {"other", "x"}};
  config.products = {{.key = "P1"}, {.key = "a1BwAGVdemo"}};
  return config;
}

std::string basic(std::string_view pair) { return "Basic " + wire::base64_encode(std::as_bytes(std::span(pair))); }

nlohmann::json batch_pub() {
  return {{"Action", "BatchPub"}, {"ProductKey", "P1"}, {"DeviceName", {"D1", "D2"}}, {"MessageContent", "SGVsbG8="}};
}

std::vector<std::string> BcastReply::topics() const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < batch().size(); ++i) out.emplace_back(batch().topic(i));
  return out;
}

std::string BcastReply::payload() const {
  const auto bytes = batch().payload_bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

nlohmann::json BcastReply::finish(PublishOutcome outcome, unsigned status) const {
  const PublishOutcome outcomes[] = {outcome};
  const HttpAnswer answer_then = pending.finish(outcomes);
  EXPECT_EQ(answer_then.status, status);
  EXPECT_EQ(answer_then.content_type, "application/json");
  return nlohmann::json::parse(answer_then.body);
}

BcastReply BcastUnderTest::send(const HttpRequest& request) {
  ApiTimes times;
  auto outcome = api->call(request, now, wall, times);
  BcastReply reply;
  if (auto* answer = std::get_if<HttpAnswer>(&outcome)) {
    reply.answer = std::move(*answer);
  } else {
    reply.pending = std::get<PendingCall>(std::move(outcome));
    EXPECT_EQ(reply.pending.batches.size(), 1u);
  }
  return reply;
}

BcastReply BcastUnderTest::pub(const std::string& body) {
  const std::string path = std::string(kBcastPath) + "pub";
  const std::string authorization = basic("key:se:cret");
  return send({.method = "POST",
               .path = path,
               .content_type = "application/json",
               .authorization = authorization,
               .body = body});
}

std::string BcastUnderTest::refusal(const nlohmann::json& body, unsigned status) {
  const BcastReply reply = pub(body);
  if (reply.accepted()) return "accepted";
  EXPECT_EQ(reply.answer.status, status) << reply.answer.body;
  const nlohmann::json answer = reply.json();
  EXPECT_EQ(answer.at("Success"), false);
  EXPECT_EQ(answer.at("RequestId").get<std::string>().size(), 36u);
  EXPECT_FALSE(answer.at("ErrorMessage").get<std::string>().empty());
  EXPECT_EQ(answer.size(), 4u);
  const std::string code = answer.at("Code");
  const auto action = body.find("Action");
  if (action == body.end() || !action->is_string()) return code;
  if (const BcastAction* const row = find_bcast_action(action->get<std::string>())) {
    const bool listed = std::any_of(row->errors.begin(), row->errors.end(), [&](const BcastError* error) {
      return error->code == code && error->status == status;
    });
    EXPECT_TRUE(listed) << row->name << " does not list " << code;
  }
  return code;
}

std::string BcastUnderTest::message_id(const nlohmann::json& body) {
  const BcastReply reply = pub(body);
  EXPECT_FALSE(reply.accepted());
  EXPECT_EQ(reply.answer.status, 200u) << reply.answer.body;
  const nlohmann::json answer = reply.json();
  EXPECT_EQ(answer.at("Success"), true);
  EXPECT_EQ(answer.size(), 3u);
  return answer.at("MessageId");
}

BcastReply BcastUnderTest::manage(std::string_view method, const std::string& path, const std::string& query) {
  const std::string whole = std::string(kBcastPath) + path;
  const std::string authorization = basic("key:se:cret");
  return send({.method = method, .path = whole, .query = query, .authorization = authorization});
}

}  // namespace fleet::bridge::test
