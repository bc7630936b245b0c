#include "bridge/tmc/limits.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace fleet::bridge {

TopLimits::TopLimits(const LimitsConfig& limits, const std::vector<AppConfig>& apps) : enforced_(limits.enforced) {
  const auto rate = [](const CallRates& rates, std::string_view name) {
    const auto set = rates.find(name);
    return set == rates.end() ? 0 : set->second;
  };
  for (const TopMethod& method : top_methods()) of_all_.push_back({rate(limits.per_second_of_all_apps, method.name)});
  for (const AppConfig& app : apps) {
    of_apps_.push_back({app.per_second});
    for (const TopMethod& method : top_methods()) of_methods_.push_back({rate(limits.per_second, method.name)});
  }
}

std::optional<TopError> TopLimits::take(std::size_t app, const TopMethod& method, wire::TimePoint now) {
  if (!enforced_) return {};
  const auto row = static_cast<std::size_t>(&method - top_methods().data());
  const std::pair<Limit*, TopLimit> all[] = {{&of_methods_[app * top_methods().size() + row], TopLimit::app_method},
                                             {&of_apps_[app], TopLimit::app},
                                             {&of_all_[row], TopLimit::method}};
  for (const auto& [limit, kind] : all) {
    if (!limit->spent(now)) continue;
    const double seconds = std::ceil(limit->bucket.wait(limit->per_second).count());
    return call_limited(kind, std::max(1L, static_cast<long>(seconds)));
  }
  for (const auto& [limit, kind] : all) {
    if (limit->per_second > 0) (void)limit->bucket.take(limit->per_second, now);
  }
  return {};
}

}  // namespace fleet::bridge
