// The API without I/O: a request in; an answer, or publishes whose outcome decides the answer, out.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bridge/config/config.h"
#include "bridge/devices/notice.h"
#include "bridge/envelope/http.h"
#include "wire/clock.h"
#include "wire/mqtt/endpoint.h"

namespace fleet::bridge {

class Registry;
class Sessions;
class TmcApps;

// How publishing a batch went, in the API's words.
enum class PublishOutcome {
  done,          // QoS 0: queued on the broker connection; QoS 1: acknowledged by the broker
  broker_away,   // not connected: nothing was taken
  backlog_full,  // no room within mqtt.backlog_wait: nothing was taken
  refused,       // the broker refused at least one publish
  unconfirmed,   // QoS 1: taken, but not acknowledged within http.answer_timeout; it may still arrive
  stopping,      // the bridge is going down and could not finish it
};

// Publishes that a call asks for, and how to answer once the outcome of each is known.
struct PendingCall {
  std::vector<std::shared_ptr<const wire::mqtt::PublishBatch>> batches;  // at least one
  std::function<HttpAnswer(std::span<const PublishOutcome>)> finish;     // one outcome a batch, in order; called once
  std::string_view action{};                                             // as HttpAnswer's
};

// Where a call's time went inside api(), for the Server-Timing header.
struct ApiTimes {
  wire::Nanos parse{};   // decoding parameters
  wire::Nanos verify{};  // signature, nonce, quota
  wire::Nanos plan{};    // request -> publishes
};

// Owned by the service; lives on its loop. All state of the API (registry, nonces, quotas) hangs here.
class Api {
 public:
  // With a registry in memory only, of the configuration's products and delays.
  explicit Api(Config config);
  Api(Config config, std::unique_ptr<Registry> registry);
  ~Api();

  // `now` decides quotas and expiry, `wall` the signature's time window. Never throws; blocks only while the registry's
  // store writes.
  [[nodiscard]] std::variant<HttpAnswer, PendingCall> call(const HttpRequest& request, wire::TimePoint now,
                                                           wire::WallTime wall, ApiTimes& times);

  // Finishes what is due in the registry. call() does so too; this is for when nobody calls.
  void advance(wire::TimePoint now, wire::WallTime wall);

  // Shared with the device side, on the same loop.
  [[nodiscard]] Registry& registry();
  [[nodiscard]] Sessions& sessions();
  // The apps of the Taobao Open Platform with their groups' queues.
  [[nodiscard]] const TmcApps& apps() const;

  // What the calls since the last time want devices to be told, in order. Empty vectors cost nothing.
  [[nodiscard]] std::vector<Notice> take_notices();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fleet::bridge
