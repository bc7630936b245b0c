#include "sim/scenario/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace fleet::sim {

namespace {

// One number of result.json, or the nine of a histogram, and where else than at the top it stands.
struct MetricRow {
  std::string_view path;
  MetricUnit unit = MetricUnit::count;
  bool histogram = false;
  bool in_groups = false;       // groups.NAME.path
  bool in_call_groups = false;  // call_groups.NAME.path
  bool at_top = true;
};

constexpr MetricUnit kCount = MetricUnit::count;
constexpr MetricUnit kMicros = MetricUnit::micros;

constexpr MetricRow kMetrics[] = {
    {"fleet.devices"},
    {"fleet.gateways"},
    {"fleet.sub_devices"},
    {"fleet.consumers"},
    {"fleet.connections"},
    {"fleet.kicked"},
    {"fleet.newcomers_refused"},
    {"fleet.kept_out"},
    {"fleet.late"},
    {"fleet.subscriptions.refused"},
    {"fleet.subscriptions.lowered"},
    {"fleet.connect.seconds", MetricUnit::seconds},
    {"fleet.connect.per_s", MetricUnit::per_second},
    {"fleet.connect.failed"},
    {"fleet.connect.reconnects"},
    {"fleet.connect.time_us", kMicros, true},
    {"calls.scheduled", kCount, false, false, true},
    {"calls.sent", kCount, false, false, true},
    {"calls.accepted", kCount, false, false, true},
    {"calls.rejected", kCount, false, false, true},
    {"calls.failed", kCount, false, false, true},
    {"calls.partial", kCount, false, false, true},
    {"calls.refused_messages", kCount, false, false, true},
    {"deliveries.expected", kCount, false, true, true},
    {"deliveries.received", kCount, false, true, true},
    {"deliveries.missing", kCount, false, true, true},
    {"deliveries.duplicate", kCount, false, true, true},
    {"deliveries.misdelivered", kCount, false, true, true},
    {"deliveries.corrupt", kCount, false, true, true},
    {"deliveries.absent", kCount, false, true, true},
    {"deliveries.unsubscribed", kCount, false, true, true},
    {"deliveries.out_of_order", kCount, false, true, true},
    {"deliveries.downgraded", kCount, false, true, true},
    {"deliveries.unaccepted", kCount, false, true, true},
    {"deliveries.late", kCount, false, true, true},
    {"deliveries.foreign", kCount, false, true, true},
    {"deliveries.wills", kCount, false, true, true},
    {"deliveries.retained", kCount, false, true, true},
    {"telemetry.scheduled"},
    {"telemetry.sent"},
    {"telemetry.acknowledged"},
    {"absence.left", kCount, false, true},  // of groups: what their behaviour asks for
    {"absence.skipped", kCount, false, true},
    {"absence.returned", kCount, false, true},
    {"absence.resumed", kCount, false, true},
    {"absence.forgotten", kCount, false, true},
    {"absence.backlog", kCount, false, true},
    {"absence.back_us", kMicros, true, true},
    {"absence.caught_up_us", kMicros, true, true},
    {"takeover.begun", kCount, false, true},
    {"takeover.skipped", kCount, false, true},
    {"takeover.done", kCount, false, true},
    {"takeover.failed", kCount, false, true},
    {"takeover.session_taken_over", kCount, false, true},
    {"takeover.closed", kCount, false, true},
    {"takeover.time_us", kMicros, true, true},
    {"resubscribe.unsubscribed", kCount, false, true},
    {"resubscribe.skipped", kCount, false, true},
    {"resubscribe.again", kCount, false, true},
    {"silence.begun", kCount, false, true},
    {"silence.skipped", kCount, false, true},
    {"silence.dropped", kCount, false, true},
    {"silence.time_us", kMicros, true, true},
    {"reply.scheduled", kCount, false, true},
    {"reply.dropped", kCount, false, true},
    {"reply.sent", kCount, false, true},
    {"reply.acknowledged", kCount, false, true},
    {"reply.lag_us", kMicros, true, true},
    {"slow_reading.held_back", kCount, false, true},
    {"rates.calls_per_s", MetricUnit::per_second},
    {"rates.deliveries_per_s", MetricUnit::per_second},
    {"times_us.send_lag", kMicros, true, true, true},
    {"times_us.http", kMicros, true, true, true},
    {"times_us.service", kMicros, true, true, true},
    {"times_us.response", kMicros, true, true, true},
    {"times_us.first", kMicros, true, true, true},
    {"times_us.half", kMicros, true, true, true},
    {"times_us.completion", kMicros, true, true, true},
    {"times_us.hops.http", kMicros, true, true, true},
    {"times_us.hops.bridge", kMicros, true, true, true},
    {"times_us.hops.broker", kMicros, true, true, true},
    {"balance.min", kCount, false, true, false, false},  // of groups of consumers
    {"balance.max", kCount, false, true, false, false},
    {"balance.mean", kCount, false, true, false, false},
    {"cost.cpu_us_per_delivery.fleet", kMicros},
    {"cost.cpu_us_per_delivery.callers", kMicros},
    {"cost.cpu_us_per_delivery.bridge", kMicros},
    {"cost.cpu_us_per_delivery.broker", kMicros},
    {"cost.rss_kib.sim", MetricUnit::kib},
    {"cost.rss_kib.bridge", MetricUnit::kib},
    {"cost.rss_kib.broker", MetricUnit::kib},
    {"cost.rss_growth_kib.sim", MetricUnit::kib},
    {"cost.rss_growth_kib.bridge", MetricUnit::kib},
    {"cost.rss_growth_kib.broker", MetricUnit::kib},
    {"cost.fleet_bytes_per_connection", MetricUnit::bytes},
    {"health.send_lag_p99_us", kMicros},
    {"health.worst_hiccup_us", kMicros},
    {"health.clock_jumps"},
};

// Of each fault: faults.NUMBER.path, counted from 0.
constexpr MetricRow kFaultMetrics[] = {
    {"at_s", MetricUnit::seconds},
    {"ended_s", MetricUnit::seconds},
    {"lost"},
    {"not_back"},
    {"back.p50_s", MetricUnit::seconds},
    {"back.p99_s", MetricUnit::seconds},
    {"back.all_s", MetricUnit::seconds},
    {"missing"},
    {"rejected"},
    {"failed"},
};

// Members of H.
constexpr std::array<std::string_view, 9> kHistogram{"count", "min",   "p50", "p90", "p99",
                                                     "p999",  "p9999", "max", "mean"};

std::optional<MetricUnit> row_unit(const MetricRow& row, std::string_view path) {
  if (!row.histogram) return path == row.path ? std::optional(row.unit) : std::nullopt;
  if (!path.starts_with(row.path) || path.size() <= row.path.size() || path[row.path.size()] != '.')
    return std::nullopt;
  const std::string_view member = path.substr(row.path.size() + 1);
  if (std::find(kHistogram.begin(), kHistogram.end(), member) == kHistogram.end()) return std::nullopt;
  return member == "count" ? MetricUnit::count : row.unit;
}

constexpr std::string_view kFaults = "faults.";

// Strips "groups.NAME." when NAME is one of `names`.
std::optional<std::string_view> behind_group(std::string_view path, std::string_view scope,
                                             const std::vector<std::string>& names) {
  if (!path.starts_with(scope)) return std::nullopt;
  path.remove_prefix(scope.size());
  const std::size_t dot = path.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const bool known = std::find(names.begin(), names.end(), path.substr(0, dot)) != names.end();
  return known ? std::optional(path.substr(dot + 1)) : std::nullopt;
}

// Strips "faults.NUMBER.".
std::optional<std::string_view> behind_fault(std::string_view path) {
  if (!path.starts_with(kFaults)) return std::nullopt;
  path.remove_prefix(kFaults.size());
  const std::size_t dot = path.find_first_not_of("0123456789");
  if (dot == 0 || dot == std::string_view::npos || path[dot] != '.') return std::nullopt;
  return path.substr(dot + 1);
}

constexpr std::string_view kGroups = "groups.";
constexpr std::string_view kCallGroups = "call_groups.";

void append_paths(const std::string& prefix, const MetricRow& row, std::vector<std::string>& out) {
  const std::string path = prefix + std::string(row.path);
  if (!row.histogram) {
    out.push_back(path);
    return;
  }
  for (const std::string_view member : kHistogram) out.push_back(fmt::format("{}.{}", path, member));
}

}  // namespace

std::optional<MetricUnit> metric_unit(std::string_view path, const std::vector<std::string>& fleet_groups,
                                      const std::vector<std::string>& call_groups) {
  if (const auto in_fault = behind_fault(path)) {
    for (const MetricRow& row : kFaultMetrics) {
      if (const auto unit = row_unit(row, *in_fault)) return unit;
    }
    return std::nullopt;
  }
  const auto in_group = behind_group(path, kGroups, fleet_groups);
  const auto in_call_group = behind_group(path, kCallGroups, call_groups);
  for (const MetricRow& row : kMetrics) {
    if (row.at_top) {
      if (const auto unit = row_unit(row, path)) return unit;
    }
    if (row.in_groups && in_group) {
      if (const auto unit = row_unit(row, *in_group)) return unit;
    }
    if (row.in_call_groups && in_call_group) {
      if (const auto unit = row_unit(row, *in_call_group)) return unit;
    }
  }
  return std::nullopt;
}

std::vector<std::string> metric_paths(const std::vector<std::string>& fleet_groups,
                                      const std::vector<std::string>& call_groups) {
  std::vector<std::string> paths;
  for (const MetricRow& row : kMetrics) {
    if (row.at_top) append_paths("", row, paths);
  }
  for (const MetricRow& row : kMetrics) {
    for (const std::string& name : fleet_groups) {
      if (row.in_groups) append_paths(fmt::format("{}{}.", kGroups, name), row, paths);
    }
    for (const std::string& name : call_groups) {
      if (row.in_call_groups) append_paths(fmt::format("{}{}.", kCallGroups, name), row, paths);
    }
  }
  for (const MetricRow& row : kFaultMetrics) append_paths(fmt::format("{}0.", kFaults), row, paths);
  return paths;
}

}  // namespace fleet::sim
