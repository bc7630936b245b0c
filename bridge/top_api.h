// The Taobao Open Platform without I/O: a request for /router/rest in; an answer, or publishes whose outcome decides
// the answer, out.
#pragma once

#include <memory>
#include <string_view>
#include <variant>

#include "bridge/api.h"
#include "bridge/config/config.h"
#include "bridge/envelope/http.h"
#include "wire/clock.h"

namespace fleet::bridge {

class TmcApps;

inline constexpr std::string_view kTopPath = "/router/rest";

// Owned by the API; lives on its loop.
class TopApi {
 public:
  // Takes what it needs from the configuration.
  explicit TopApi(const Config& config);
  ~TopApi();

  // As Api::call. The path is not looked at. Every answer has HTTP status 200.
  [[nodiscard]] std::variant<HttpAnswer, PendingCall> call(const HttpRequest& request, wire::TimePoint now,
                                                           wire::WallTime wall, ApiTimes& times);

  // Apps with their groups' queues.
  [[nodiscard]] const TmcApps& apps() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fleet::bridge
