// The batch API of EMQX's bcast plugin without I/O: a request below kBcastPath in; an answer, or publishes whose
// outcome decides the answer, out.
#pragma once

#include <memory>
#include <string_view>
#include <variant>

#include "bridge/api.h"
#include "bridge/config/config.h"
#include "bridge/envelope/http.h"
#include "wire/clock.h"

namespace fleet::bridge {

class Registry;

// In front of "pub", "messages" and "deliveries".
inline constexpr std::string_view kBcastPath = "/api/v5/plugin_api/emqx_bcast/";

// Owned by the API; lives on its loop.
class BcastApi {
 public:
  // Both outlive it; the configuration does not change. Without keys nobody is let in.
  BcastApi(const Config& config, const Registry& registry);
  ~BcastApi();

  // As Api::call, for paths that begin with kBcastPath.
  [[nodiscard]] std::variant<HttpAnswer, PendingCall> call(const HttpRequest& request, wire::TimePoint now,
                                                           wire::WallTime wall, ApiTimes& times);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fleet::bridge
