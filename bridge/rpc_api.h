// The Alibaba Cloud RPC protocol without I/O: a request for "/" in; an answer, or publishes whose outcome decides the
// answer, out.
#pragma once

#include <memory>
#include <variant>
#include <vector>

#include "bridge/api.h"
#include "bridge/config/config.h"
#include "bridge/devices/notice.h"
#include "bridge/envelope/http.h"
#include "wire/clock.h"

namespace fleet::bridge {

class Registry;
class Sessions;

// Owned by the API; lives on its loop.
class RpcApi {
 public:
  // All outlive it; the configuration does not change.
  RpcApi(const Config& config, Registry& registry, const Sessions& sessions);
  ~RpcApi();

  // As Api::call. The path is not looked at.
  [[nodiscard]] std::variant<HttpAnswer, PendingCall> call(const HttpRequest& request, wire::TimePoint now,
                                                           wire::WallTime wall, ApiTimes& times);

  // What the actions since the last time want devices to be told; at most 65,536, further ones are dropped and logged.
  [[nodiscard]] std::vector<Notice> take_notices();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fleet::bridge
