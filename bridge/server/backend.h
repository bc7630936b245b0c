// What the HTTP server asks of the bridge behind it. Plain functions, so that a test puts its own in their place.
#pragma once

#include <functional>
#include <memory>
#include <variant>

#include "bridge/api.h"
#include "bridge/envelope/http.h"
#include "bridge/fanout/publisher.h"
#include "wire/clock.h"

namespace fleet::bridge {

// All run on the server's loop; none blocks or throws.
struct Backend {
  // Api::call.
  std::function<std::variant<HttpAnswer, PendingCall>(const HttpRequest& request, wire::TimePoint now,
                                                      wire::WallTime wall, ApiTimes& times)>
      call;
  // Publisher::publish: `done` is called exactly once, also from inside.
  std::function<void(std::shared_ptr<const wire::mqtt::PublishBatch> batch, PublishDone done)> publish;
  // Publisher::hold_writes (true) and release_writes (false), around the publishes of one call; may be empty.
  std::function<void(bool hold)> hold_writes{};
  // Publisher::connected, for /healthz.
  std::function<bool()> broker_connected;
  // The page /metrics; empty: there is none.
  std::function<HttpAnswer()> metrics{};
};

}  // namespace fleet::bridge
