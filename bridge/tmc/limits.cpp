#include "bridge/tmc/limits.h"

#include <algorithm>
#include <cmath>

namespace fleet::bridge {

TopLimits::TopLimits(const LimitsConfig& limits, const std::vector<AppConfig>& apps) : enforced_(limits.enforced) {
  for (const AppConfig& app : apps) {
    of_apps_.push_back({app.per_second});
    for (const TopMethod& method : top_methods()) {
      const auto set = limits.per_second.find(method.name);
      of_methods_.push_back({set == limits.per_second.end() ? 0 : set->second});
    }
  }
}

std::optional<TopError> TopLimits::take(std::size_t app, const TopMethod& method, wire::TimePoint now) {
  if (!enforced_) return {};
  const auto spent = [now](Limit& limit, TopLimit kind) -> std::optional<TopError> {
    if (limit.per_second <= 0 || limit.bucket.take(limit.per_second, now)) return {};
    const double seconds = std::ceil(limit.bucket.wait(limit.per_second).count());
    return call_limited(kind, std::max(1L, static_cast<long>(seconds)));
  };
  const auto row = static_cast<std::size_t>(&method - top_methods().data());
  if (auto error = spent(of_methods_[app * top_methods().size() + row], TopLimit::app_method)) return error;
  return spent(of_apps_[app], TopLimit::app);
}

}  // namespace fleet::bridge
