// Calls a second that an app may make, of all methods together and of each, and that all apps may make of each.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "bridge/actions/token_bucket.h"
#include "bridge/config/config.h"
#include "bridge/envelope/top_error.h"
#include "bridge/tmc/method.h"
#include "wire/clock.h"

namespace fleet::bridge {

// The platform publishes no numbers for these methods, so that only what the configuration names is limited: an app's
// `calls`, and the methods under `limits` and `limits.all_apps`. Owned by the API; lives on its loop.
class TopLimits {
 public:
  TopLimits(const LimitsConfig& limits, const std::vector<AppConfig>& apps);

  // Takes one call of `method` (a row of top_methods()) from all limits that it counts for; the error where one is
  // spent, and then the others have lost nothing. Nothing with `limits: off`.
  [[nodiscard]] std::optional<TopError> take(std::size_t app, const TopMethod& method, wire::TimePoint now);

 private:
  struct Limit {
    double per_second = 0;  // 0: none
    TokenBucket bucket{};

    [[nodiscard]] bool spent(wire::TimePoint now) { return per_second > 0 && !bucket.holds_one(per_second, now); }
  };
  bool enforced_;
  std::vector<Limit> of_apps_;     // [app]
  std::vector<Limit> of_methods_;  // [app][method]
  std::vector<Limit> of_all_;      // [method]
};

}  // namespace fleet::bridge
