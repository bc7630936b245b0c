// Any query, body and content type as a call of any action. A first byte decides whether and how the call is signed as
// it stands, so that the fuzzer reaches what lies behind the signature; every answer must carry its RequestId and be
// JSON or XML, as the call asks, to parsers that are not ours.
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/api.h"
#include "bridge/bcast_api.h"
#include "bridge/envelope/rpc_params.h"
#include "bridge/registry/registry.h"
#include "wire/encoding.h"
#include "wire/error.h"
#include "wire/mqtt/utf8.h"
#include "wire/signing.h"

namespace {

using fleet::bridge::Api;

constexpr std::string_view kForm = "application/x-www-form-urlencoded";
constexpr std::string_view kCommon =
    "Action=BatchPub&Version=2018-01-20&AccessKeyId=testid&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0&"
    "Timestamp=2026-01-02T03:04:05Z&";
constexpr fleet::wire::WallTime kDay{std::chrono::seconds(1'767'323'045)};  // 2026-01-02T03:04:05Z

// Calls register devices and make products: the bridge starts afresh before it grows too large.
constexpr std::size_t kDevicesMax = 50'000;
constexpr std::size_t kProductsMax = 1'000;

std::unique_ptr<Api> make_api() {
  fleet::bridge::Config config;
  config.http.params_max = 200;
  config.accounts = {{.access_key_id = "testid", .access_key_secret = "testsecret", .batch_pub = true}};
  config.products = {{.key = "pk",
                      .topics = {{"get", fleet::bridge::TopicOperation::subscribe}},
                      .devices = {{"dev1", "s"}, {"dev2", "s"}, {"dev3", "s"}}},
                     {.key = "gw", .kind = fleet::bridge::DeviceKind::gateway, .devices = {{"gate1", "s"}}}};
  config.limits.enforced = false;
  return std::make_unique<Api>(std::move(config));
}

Api& api() {
  static std::unique_ptr<Api> instance = make_api();
  const auto& registry = instance->registry();
  if (registry.device_count() > kDevicesMax || registry.products().size() > kProductsMax) instance = make_api();
  return *instance;
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

// The header of a call of version 3 whose query and body are these; its action is the form's, or BatchPub.
struct HeaderSigned {
  std::string lines;
  std::string authorization;
};
HeaderSigned sign_header(std::string_view query, std::string_view body, std::uint64_t nonce) {
  fleet::bridge::RpcParams params;
  HeaderSigned out;
  if (params.decode("", body, 200)) return out;
  const std::string action(params.get("Action").value_or("BatchPub"));
  if (action.find_first_of("\r\n") != std::string::npos || params.decode(query, "", 200)) return out;
  const std::string hash = fleet::wire::hash_hex(fleet::wire::HashMethod::sha256, body);
  const std::string number = std::to_string(nonce);
  const fleet::wire::Param headers[] = {{"host", "x"},
                                        {"x-acs-action", action},
                                        {"x-acs-content-sha256", hash},
                                        {"x-acs-date", "2026-01-02T03:04:05Z"},
                                        {"x-acs-signature-nonce", number},
                                        {"x-acs-version", "2018-01-20"}};
  std::vector<fleet::wire::Param> views = params.all();
  std::string canonical;
  fleet::wire::acs3_canonical_request("POST", views, headers, hash, canonical);
  out.authorization =
      "ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;"
      "x-acs-signature-nonce;x-acs-version,Signature=" +
      fleet::wire::acs3_signature("testsecret", fleet::wire::acs3_string_to_sign(canonical));
  for (const auto& header : headers) out.lines.append(header.key).append(":").append(header.value).append("\n");
  return out;
}

bool is_json(const fleet::bridge::HttpAnswer& answer) { return answer.content_type.starts_with("application/json"); }

bool can_be_read(const fleet::bridge::HttpAnswer& answer) {
  if (is_json(answer)) return nlohmann::json::accept(answer.body);
  if (!answer.content_type.starts_with("text/xml") || !fleet::wire::mqtt::valid_utf8(answer.body)) return false;
  pugi::xml_document document;
  return static_cast<bool>(document.load_buffer(answer.body.data(), answer.body.size()));
}

// Whether a call that is signed as its parameters say has the answer in the format that they ask for.
bool is_as_asked(std::string_view query, std::string_view body, const fleet::bridge::HttpAnswer& answer) {
  fleet::bridge::RpcParams params;
  if (params.decode(query, body, 200)) return true;
  const std::string_view format = params.get("Format").value_or("");
  if (format == "JSON") return is_json(answer);
  return (!format.empty() && format != "XML") || !is_json(answer);
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
  } else if (mode % 4 == 2) {
    signed_body = sign(rest, query, ++nonce);
    rest = signed_body;
  }
  HeaderSigned header;
  if (mode % 4 == 3) {
    header = sign_header(query, rest, ++nonce);
  } else {
    if (mode & 32) header.authorization = rest;
    if (mode & 64) header.lines = rest;
  }
  fleet::bridge::ApiTimes times;
  const auto outcome = api().call({.method = mode & 16 ? "GET" : "POST",
                                   .path = mode == 255 ? query : "/",
                                   .query = query,
                                   .content_type = type,
                                   .authorization = header.authorization,
                                   .headers = fleet::bridge::HttpHeaders(header.lines),
                                   .body = rest},
                                  fleet::wire::TimePoint{} + nonce * std::chrono::milliseconds(50), kDay, times);
  if (const auto* answer = std::get_if<fleet::bridge::HttpAnswer>(&outcome)) {
    // Behind paths of their own the Taobao platform writes it otherwise, and the bcast API's gate has none.
    const bool has_gate = mode == 255 && query.starts_with(fleet::bridge::kBcastPath);
    FLEET_CHECK(has_gate || answer->body.find(mode == 255 ? "equest" : "RequestId") != std::string::npos);
    FLEET_CHECK(answer->status >= 200 && answer->status < 600);
    FLEET_CHECK(can_be_read(*answer));
    if (mode % 4 == 2 && !(mode & 32)) FLEET_CHECK(is_as_asked(query, rest, *answer));
  } else {
    const auto& pending = std::get<fleet::bridge::PendingCall>(outcome);
    FLEET_CHECK(!pending.batches.empty() && pending.batches.front()->size() >= 1);
    const std::vector<fleet::bridge::PublishOutcome> done(pending.batches.size(), fleet::bridge::PublishOutcome::done);
    FLEET_CHECK(can_be_read(pending.finish(done)));
  }
  for (const auto& notice : api().take_notices()) {
    FLEET_CHECK(notice.topic.starts_with('/') && notice.payload.starts_with('{'));
  }
  return 0;
}
