#include "bridge/actions/quotas.h"

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
  return buckets_[account * actions().size() + row].take(per_second_[row], now);
}

}  // namespace fleet::bridge
