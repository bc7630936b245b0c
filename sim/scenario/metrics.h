// The metrics that a threshold may name: the numbers of result.json, by dotted path. The one table of them; a test
// holds it against what the report writes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fleet::sim {

// What a metric's number counts. Thresholds on microseconds and seconds may be written as durations ("50ms").
enum class MetricUnit { count, per_second, microseconds, seconds, kibibytes, bytes };

struct Metric {
  std::string name;  // "times_us.response.p99", "groups.lamps.deliveries.missing"
  MetricUnit unit = MetricUnit::count;
};

// Every metric of a scenario with these fleet groups and call groups, in the order of result.json. Allocates them anew;
// for start and end of a run.
[[nodiscard]] std::vector<Metric> metrics_of(const std::vector<std::string>& fleet_groups,
                                             const std::vector<std::string>& call_groups);

}  // namespace fleet::sim
