// Any query, body and content type as a call of the Taobao platform. A first byte decides whether the call is signed as
// it stands, so that the fuzzer reaches what lies behind the signature; every answer must carry its request_id.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/envelope/top_params.h"
#include "bridge/tmc/message.h"
#include "bridge/top_api.h"
#include "wire/error.h"
#include "wire/signing_top.h"

namespace {

using namespace fleet;
using bridge::TopApi;

constexpr std::string_view kForm = "application/x-www-form-urlencoded";
constexpr std::string_view kMultipart = "multipart/form-data; boundary=b";
constexpr std::string_view kCommon =
    "app_key=1&sign_method=hmac&v=2.0&timestamp=2026-01-02+11:04:05&method=taobao.tmc.";
constexpr wire::WallTime kDay{std::chrono::seconds(1'767'323'045)};  // 2026-01-02T03:04:05Z

TopApi& api() {
  static TopApi instance = [] {
    bridge::Config config;
    config.http.params_max = 200;
    config.apps = {{.app_key = "1", .app_secret = "s", .topics = {"t", "u"}, .groups = {"g"}},
                   {.app_key = "2", .app_secret = "s", .topics = {"t"}}};
    config.limits.enforced = false;
    return TopApi(config);
  }();
  return instance;
}

// The request's query with a signature behind it; as it is where it cannot be decoded.
std::string sign(const bridge::HttpRequest& request) {
  bridge::TopParams params;
  std::string query(request.query);
  if (params.decode(request, 200)) return query;
  std::string text;
  wire::top_string_to_sign(params.all(), wire::EmptyValues::kept, text);
  return query.append("&sign=").append(wire::top_signature(wire::TopSignMethod::hmac, "s", text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static wire::TimePoint now{};
  std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (text.empty()) return 0;
  const auto mode = static_cast<unsigned char>(text[0]);
  text.remove_prefix(1);
  now += std::chrono::seconds(1);
  const std::size_t line = std::min(text.find('\n'), text.size());
  std::string query = mode & 1 ? std::string(kCommon) : std::string();
  query.append(text.substr(0, line));
  bridge::HttpRequest request{.method = mode & 32 ? "GET" : "POST",
                              .path = bridge::kTopPath,
                              .query = query,
                              .content_type = mode & 2 ? kMultipart : kForm,
                              .body = text.substr(std::min(line + 1, text.size()))};
  if (mode & 4) {  // the content type is the fuzzer's own
    const std::size_t end = std::min(request.body.find('\n'), request.body.size());
    request.content_type = request.body.substr(0, end);
    request.body.remove_prefix(std::min(end + 1, request.body.size()));
  }
  const std::string signed_query = mode & 1 ? sign(request) : query;
  request.query = signed_query;
  bridge::ApiTimes times;
  const auto outcome = api().call(request, now, kDay, times);
  if (const auto* answer = std::get_if<bridge::HttpAnswer>(&outcome)) {
    FLEET_CHECK(answer->body.find("request_id") != std::string::npos);
    FLEET_CHECK(answer->status == 200);
    return 0;
  }
  const auto& pending = std::get<bridge::PendingCall>(outcome);
  FLEET_CHECK(!pending.batches.empty() && pending.batches.size() <= bridge::kTmcMessagesMax);
  std::vector<bridge::PublishOutcome> outcomes;
  for (std::size_t i = 0; i < pending.batches.size(); ++i) {
    FLEET_CHECK(pending.batches[i]->payload_bytes().size() <= bridge::kTmcContentBytesMax);
    outcomes.push_back(static_cast<bridge::PublishOutcome>((i + mode) % 6));
  }
  FLEET_CHECK(pending.finish(outcomes).body.find("request_id") != std::string::npos);
  return 0;
}
