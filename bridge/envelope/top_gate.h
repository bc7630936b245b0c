// The gateway of TOP: who calls, and is it really them?
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "bridge/envelope/top_answer.h"
#include "bridge/envelope/top_error.h"
#include "bridge/envelope/top_params.h"
#include "bridge/tmc/apps.h"
#include "wire/clock.h"

namespace fleet::bridge {

// How far a timestamp may lie from now in either direction. A call may be repeated within it: TOP has no nonce.
inline constexpr std::chrono::minutes kTopWindow{10};

// Owned by the API; lives on its loop.
class TopGate {
 public:
  // Checks in this order (assumed): method, app_key, timestamp, v, sign and sign_method there; format; app known;
  // timestamp; version; sign. A signature over the parameters with empty values and one without them both hold.
  [[nodiscard]] tl::expected<TmcApp*, TopError> verify(const TopParams& params, TopFormat format, const TmcApps& apps,
                                                       wire::WallTime now);

 private:
  [[nodiscard]] bool signature_matches(const TopParams& params, const TmcApp& app);

  std::string string_to_sign_;  // kept for its capacity
};

}  // namespace fleet::bridge
