// The Taobao Open Platform of the bridge with a manual clock, and calls signed as a real caller signs them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/top_api.h"
#include "wire/signing_top.h"

namespace fleet::bridge::test {

using TopForm = std::map<std::string, std::string>;

// Apps 12345678 (secret helloworld: topics taobao_trade_TradeCreate, taobao_jds_TradeTrace; groups warehouse,
// analytics), 87654321 (othersecret: taobao_jds_TradeTrace; group mine) and 1000 (sessionsecret: the same topic,
// sessions s1 and s2). Limits off.
[[nodiscard]] Config top_config();

// The parameters of a call that top_config() accepts, without sign and without those of the method; JSON.
[[nodiscard]] TopForm top_params(const std::string& method = "taobao.tmc.messages.produce");

// [{"topic":"taobao_jds_TradeTrace","content":"{\"tid\":1}"}, ...]
[[nodiscard]] std::string some_messages(std::size_t count);

// Adds sign, made with `secret` by params["sign_method"].
void top_sign(TopForm& params, std::string_view secret = "helloworld",
              wire::EmptyValues empty_values = wire::EmptyValues::skipped);

struct TopReply {
  HttpAnswer answer{};
  PendingCall pending{};

  [[nodiscard]] bool is_pending() const { return !pending.batches.empty(); }
  // "topic payload" of each publish.
  [[nodiscard]] std::vector<std::string> publishes() const;
  // The answer once all publishes went like this; the answer itself where there are none.
  [[nodiscard]] std::string body_when(PublishOutcome outcome = PublishOutcome::done) const;
  // code of error_response in JSON; 0: none.
  [[nodiscard]] int code() const;
  [[nodiscard]] std::string sub_code() const;
};

// `body` with its request_id, which must be there and have the platform's shape, replaced by "ID".
[[nodiscard]] std::string without_request_id(const std::string& body);

class TopUnderTest {
 public:
  explicit TopUnderTest(Config config = top_config()) : api(std::move(config)) {}

  // A request as it is.
  TopReply send(const HttpRequest& request);
  // Signs where there is no sign yet, and sends a form.
  TopReply call(TopForm params, std::string_view secret = "helloworld");
  // The body of the answer to a produce, all publishes done.
  std::string produce(const std::string& messages);

  TopApi api;
  wire::TimePoint now{std::chrono::hours(1)};
  // The day of the recorded requests of public SDKs: 11:04:05 in GMT+8.
  wire::WallTime wall = std::chrono::sys_days(std::chrono::year(2026) / 1 / 2) + std::chrono::hours(3) +
                        std::chrono::minutes(4) + std::chrono::seconds(5);
  ApiTimes times;
};

}  // namespace fleet::bridge::test
