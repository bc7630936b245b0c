#include "api_fixture.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bridge/actions/action.h"
#include "wire/signing.h"

namespace fleet::bridge::test {

Config example_config() {
  Config config;
  config.accounts = {{.access_key_id = "testid", .access_key_secret = "testsecret", .batch_pub = true},
                     {.access_key_id = "outsider", .access_key_secret = "testsecret", .batch_pub = false},
                     {.access_key_id = "second", .access_key_secret = "other", .batch_pub = true}};
  ProductConfig product;
  product.key = "a1BwAGVxxxx";
  product.topics = {{"get", TopicOperation::subscribe},
                    {"deep/er/most", TopicOperation::both},
                    {"update", TopicOperation::publish},
                    {"one/two/three/four", TopicOperation::subscribe},
                    {std::string(100, 'x'), TopicOperation::subscribe}};
  for (const char* name : {"newdevice1", "newdevice2", "dev@2:x.y-z_1"}) product.devices.push_back({name, "1234"});
  for (int i = 1; i <= 120; ++i) product.devices.push_back({fmt::format("lamp-{:04}", i), "1234"});
  config.products.push_back(std::move(product));
  config.products.push_back({.key = "otherproduct", .devices = {{"stranger", ""}}});
  config.limits.enforced = false;
  return config;
}

std::map<std::string, std::string> example_params() {
  return {{"Action", "BatchPub"},
          {"Version", "2018-01-20"},
          {"Format", "JSON"},
          {"AccessKeyId", "testid"},
          {"SignatureMethod", "HMAC-SHA1"},
          {"SignatureVersion", "1.0"},
          {"Timestamp", "2026-01-02T03:04:05Z"},
          {"RegionId", "cn-shanghai"},
          {"ProductKey", "a1BwAGVxxxx"},
          {"DeviceName.1", "newdevice1"},
          {"DeviceName.2", "newdevice2"},
          {"TopicShortName", "get"},
          {"MessageContent", "aGVsbG8gd29ybGQ="}};
}

std::map<std::string, std::string> params_of(std::string_view action,
                                             const std::map<std::string, std::string>& business) {
  std::map<std::string, std::string> params = {{"Action", std::string(action)},
                                               {"Version", "2018-01-20"},
                                               {"Format", "JSON"},
                                               {"AccessKeyId", "testid"},
                                               {"SignatureMethod", "HMAC-SHA1"},
                                               {"SignatureVersion", "1.0"},
                                               {"Timestamp", "2026-01-02T03:04:05Z"}};
  params.insert(business.begin(), business.end());
  return params;
}

std::string form_of(const std::map<std::string, std::string>& params) {
  std::string out;
  for (const auto& [key, value] : params) {
    if (!out.empty()) out.push_back('&');
    wire::percent_append(key, out);
    out.push_back('=');
    wire::percent_append(value, out);
  }
  return out;
}

void sign(std::map<std::string, std::string>& params, std::string_view method, std::string_view secret) {
  std::vector<wire::Param> views;
  for (const auto& [key, value] : params) {
    if (key != "Signature") views.push_back({key, value});
  }
  params["Signature"] = wire::aliyun_signature(secret, wire::aliyun_string_to_sign(method, views));
}

std::vector<std::string> Reply::topics() const {
  std::vector<std::string> out;
  if (pending.batches.empty()) return out;
  for (std::size_t i = 0; i < pending.batches.front()->size(); ++i) out.emplace_back(pending.batches.front()->topic(i));
  return out;
}

std::string Reply::member(std::string_view name) const {
  if (answer.content_type == "application/json;charset=utf-8") {
    const auto json = nlohmann::json::parse(answer.body);
    const auto found = json.find(std::string(name));
    if (found == json.end()) return "";
    return found->is_string() ? found->get<std::string>() : found->dump();
  }
  const std::string open = fmt::format("<{}>", name);
  const std::size_t begin = answer.body.find(open);
  if (begin == std::string::npos) return "";
  const std::size_t end = answer.body.find(fmt::format("</{}>", name), begin);
  return answer.body.substr(begin + open.size(), end - begin - open.size());
}

bool Reply::accepted_in_xml() const {
  const std::vector<PublishOutcome> done(pending.batches.size(), PublishOutcome::done);
  return accepted() && pending.finish(done).content_type.starts_with("text/xml");
}

nlohmann::json Reply::json() const { return nlohmann::json::parse(answer.body); }

Reply ApiUnderTest::act(std::string_view name, const std::map<std::string, std::string>& business) {
  Reply reply = call(params_of(name, business));
  const Action* const action = find_action(name);
  if (reply.accepted() || action == nullptr || reply.answer.status != 200) return reply;
  const nlohmann::json answer = reply.json();
  if (!answer.at("Success").get<bool>()) {
    const std::string code = answer.at("Code");
    const bool listed = std::any_of(action->errors.begin(), action->errors.end(),
                                    [&code](const BusinessError* error) { return error->code == code; });
    EXPECT_TRUE(listed || code == business::kSystemException.code) << name << " does not list " << code;
  }
  return reply;
}

Reply ApiUnderTest::send(const HttpRequest& request) {
  auto outcome = api.call(request, now, wall, times);
  Reply reply;
  if (auto* answer = std::get_if<HttpAnswer>(&outcome)) {
    reply.answer = std::move(*answer);
    EXPECT_FALSE(reply.answer.body.empty());
  } else {
    reply.pending = std::get<PendingCall>(std::move(outcome));
    EXPECT_NE(reply.pending.batches.size(), 0u);
  }
  return reply;
}

Reply ApiUnderTest::call(std::map<std::string, std::string> params, std::string_view method) {
  params.try_emplace("SignatureNonce", fmt::format("nonce-{}", ++nonces));
  if (!params.contains("Signature")) sign(params, method);
  const std::string form = form_of(params);
  if (method == "GET") return send({.method = "GET", .path = "/", .query = form});
  return send({.method = method, .path = "/", .content_type = "application/x-www-form-urlencoded", .body = form});
}

}  // namespace fleet::bridge::test
