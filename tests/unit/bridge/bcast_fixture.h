// A bridge API that speaks the dialect of EMQX's bcast plugin, with a clock of its own.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/api.h"

namespace fleet::bridge::test {

// Keys "key" with secret "se:cret" and "other" with "x"; products P1 and a1BwAGVdemo, without devices.
[[nodiscard]] Config bcast_config();

// "Basic " and base64 of the pair.
[[nodiscard]] std::string basic(std::string_view pair);

// What a call came to.
struct BcastReply {
  HttpAnswer answer{};
  PendingCall pending{};

  [[nodiscard]] bool accepted() const { return !pending.batches.empty(); }
  [[nodiscard]] const wire::mqtt::PublishBatch& batch() const { return *pending.batches.front(); }
  [[nodiscard]] std::vector<std::string> topics() const;
  [[nodiscard]] std::string payload() const;
  // The answer once publishing has ended so.
  [[nodiscard]] nlohmann::json finish(PublishOutcome outcome, unsigned status) const;
  [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(answer.body); }
};

class BcastUnderTest {
 public:
  explicit BcastUnderTest(Config config = bcast_config()) : api(std::make_unique<Api>(std::move(config))) {}

  // A request as it is.
  BcastReply send(const HttpRequest& request);
  // POST pub.
  BcastReply pub(const std::string& body);
  BcastReply pub(const nlohmann::json& body) { return pub(body.dump()); }
  // The Code of a refused action; the test fails where its status or shape is another, or where its row does not list
  // it.
  std::string refusal(const nlohmann::json& body, unsigned status = 400);
  // The MessageId of an action that is answered at once.
  std::string message_id(const nlohmann::json& body);
  // GET or DELETE of what is below the API's path.
  BcastReply manage(std::string_view method, const std::string& path, const std::string& query = "");

  std::unique_ptr<Api> api;
  wire::TimePoint now{std::chrono::hours(1)};
  wire::WallTime wall{std::chrono::seconds(1'767'323'045)};
};

// A BatchPub to D1 and D2 of P1, content "Hello".
[[nodiscard]] nlohmann::json batch_pub();

}  // namespace fleet::bridge::test
