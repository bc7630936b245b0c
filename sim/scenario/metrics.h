// The metrics that a threshold may name: the numbers of result.json, by dotted path. The one table of them; a test of
// the report holds it against what is written.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fleet::sim {

// What the number at a path of result.json counts.
enum class MetricUnit {
  count,       // 5
  micros,      // written as a duration: 50ms
  seconds,     // written as a duration: 5s
  per_second,  // 49.5/s or 49.5
  kib,         // written as a size: 64MB
  bytes,       // written as a size: 2KB
};

// Unit of the metric at `path`; none where result.json holds no number there. Group names are those of the scenario:
// groups.NAME.… are fleet groups, call_groups.NAME.… call groups, faults.N.… any entry of the list of faults.
[[nodiscard]] std::optional<MetricUnit> metric_unit(std::string_view path, const std::vector<std::string>& fleet_groups,
                                                    const std::vector<std::string>& call_groups);

// All paths that metric_unit() knows, for "did you mean" and for the README; group names as given, the first of the
// faults for all of them.
[[nodiscard]] std::vector<std::string> metric_paths(const std::vector<std::string>& fleet_groups,
                                                    const std::vector<std::string>& call_groups);

}  // namespace fleet::sim
