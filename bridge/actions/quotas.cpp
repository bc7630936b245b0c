#include "bridge/actions/quotas.h"

#include <algorithm>
#include <chrono>

namespace fleet::bridge {

Quotas::Quotas(const LimitsConfig& limits, std::size_t accounts)
    : enforced_(limits.enforced), buckets_(accounts * actions().size()) {
  for (const Action& action : actions()) {
    const auto set = limits.per_second.find(action.name);
    per_second_.push_back(set == limits.per_second.end() ? action.per_second : set->second);
  }
}

bool Quotas::take(std::size_t account, const Action& action, wire::TimePoint now) {
  if (!enforced_) return true;
  const auto row = static_cast<std::size_t>(&action - actions().data());
  const double per_second = per_second_[row];
  const double calls_max = std::max(1.0, per_second);
  Bucket& bucket = buckets_[account * actions().size() + row];
  if (!bucket.begun) {
    bucket = {.calls = calls_max, .filled_at = now, .begun = true};
  }
  const double seconds = std::chrono::duration<double>(now - bucket.filled_at).count();
  bucket.calls = std::min(calls_max, bucket.calls + std::max(0.0, seconds) * per_second);
  bucket.filled_at = std::max(bucket.filled_at, now);
  // Calls that come exactly at the quota's pace must not be lost to rounding.
  constexpr double kRounding = 1e-6;
  if (bucket.calls < 1 - kRounding) return false;
  bucket.calls = std::max(0.0, bucket.calls - 1);
  return true;
}

}  // namespace fleet::bridge
