// Calls a second that an account may make of each action.
#pragma once

#include <cstddef>
#include <vector>

#include "bridge/actions/action.h"
#include "bridge/actions/token_bucket.h"
#include "bridge/config/config.h"
#include "wire/clock.h"

namespace fleet::bridge {

// One token bucket for each account and action. It holds one second's worth of calls, at least one, and is full at
// start. Owned by the API; lives on its loop.
class Quotas {
 public:
  Quotas(const LimitsConfig& limits, std::size_t accounts);

  // Takes one call of `action` (a row of actions()) from the account's quota; false where it is spent. Always true with
  // `limits: off`.
  [[nodiscard]] bool take(std::size_t account, const Action& action, wire::TimePoint now);

 private:
  bool enforced_;
  std::vector<double> per_second_;    // by action
  std::vector<TokenBucket> buckets_;  // [account][action]
};

}  // namespace fleet::bridge
