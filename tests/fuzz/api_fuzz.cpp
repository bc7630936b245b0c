// Any query, body and content type as a call. A first byte decides whether the call is signed as it stands, so that the
// fuzzer reaches what lies behind the signature; every answer must carry its RequestId.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/api.h"
#include "bridge/envelope/rpc_params.h"
#include "wire/encoding.h"
#include "wire/error.h"
#include "wire/signing.h"

namespace {

using fleet::bridge::Api;

constexpr std::string_view kForm = "application/x-www-form-urlencoded";
constexpr std::string_view kCommon =
    "Action=BatchPub&Version=2018-01-20&AccessKeyId=testid&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0&"
    "Timestamp=2026-01-02T03:04:05Z&";
constexpr fleet::wire::WallTime kDay{std::chrono::seconds(1'767'323'045)};  // 2026-01-02T03:04:05Z

Api& api() {
  static Api instance = [] {
    fleet::bridge::Config config;
    config.http.params_max = 200;
    config.accounts = {{.access_key_id = "testid", .access_key_secret = "testsecret", .batch_pub = true}};
    config.products = {{.key = "pk",
                        .topics = {{"get", fleet::bridge::TopicOperation::subscribe}},
                        .devices = {{"dev1", "s"}, {"dev2", "s"}, {"dev3", "s"}}}};
    config.limits.enforced = false;
    return Api(std::move(config));
  }();
  return instance;
}

// The form with the common parameters in front and a signature behind it; as it is where it cannot be decoded.
std::string sign(std::string_view form, std::string_view query, std::uint64_t nonce) {
  std::string body(kCommon);
  body.append(form).append("&SignatureNonce=").append(std::to_string(nonce));
  fleet::bridge::RpcParams params;
  if (params.decode(query, body, 200)) return body;
  std::vector<fleet::wire::Param> views;
  for (const auto& param : params.all()) {
    if (param.key != "Signature") views.push_back(param);
  }
  body.append("&Signature=");
  fleet::wire::percent_append(
      fleet::wire::aliyun_signature("testsecret", fleet::wire::aliyun_string_to_sign("POST", views)), body);
  return body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static std::uint64_t nonce = 0;
  std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (text.empty()) return 0;
  const auto mode = static_cast<unsigned char>(text[0]);
  text.remove_prefix(1);
  const std::size_t line = text.find('\n');
  const std::string_view query = line == std::string_view::npos ? std::string_view() : text.substr(0, line);
  std::string_view rest = line == std::string_view::npos ? text : text.substr(line + 1);
  std::string_view type = kForm;
  std::string signed_body;
  if (mode % 4 == 1) {
    const std::size_t end = rest.find('\n');
    type = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  } else if (mode % 4 >= 2) {
    signed_body = sign(rest, query, ++nonce);
    rest = signed_body;
  }
  fleet::bridge::ApiTimes times;
  const auto outcome = api().call({.method = mode & 16 ? "GET" : "POST",
                                   .path = mode == 255 ? query : "/",
                                   .query = query,
                                   .content_type = type,
                                   .authorization = mode & 32 ? rest : std::string_view(),
                                   .headers = fleet::bridge::HttpHeaders(mode & 64 ? rest : std::string_view()),
                                   .body = rest},
                                  fleet::wire::TimePoint{}, kDay, times);
  if (const auto* answer = std::get_if<fleet::bridge::HttpAnswer>(&outcome)) {
    // The Taobao platform, behind a path of its own, writes it otherwise.
    FLEET_CHECK(answer->body.find(mode == 255 ? "equest" : "RequestId") != std::string::npos);
    FLEET_CHECK(answer->status >= 200 && answer->status < 600);
  } else {
    const auto& pending = std::get<fleet::bridge::PendingCall>(outcome);
    FLEET_CHECK(pending.batches.front()->size() >= 1 && pending.batches.front()->size() <= 3);
    const std::vector<fleet::bridge::PublishOutcome> done(pending.batches.size(), fleet::bridge::PublishOutcome::done);
    FLEET_CHECK(!pending.finish(done).body.empty());
  }
  return 0;
}
