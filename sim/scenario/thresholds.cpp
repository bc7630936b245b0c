#include "sim/scenario/thresholds.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/scenario/spelling.h"

namespace fleet::sim {

namespace {

// One number of result.json, or the nine of a histogram. `scope` says where else than at the top the row stands.
struct MetricRow {
  std::string_view path;
  MetricUnit unit = MetricUnit::count;
  bool histogram = false;
  bool in_groups = false;       // groups.NAME.path
  bool in_call_groups = false;  // call_groups.NAME.path
};

constexpr MetricUnit kCount = MetricUnit::count;
constexpr MetricUnit kMicros = MetricUnit::micros;

constexpr MetricRow kMetrics[] = {
    {"fleet.devices"},
    {"fleet.gateways"},
    {"fleet.sub_devices"},
    {"fleet.consumers"},
    {"fleet.connections"},
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
    {"deliveries.expected", kCount, false, true, true},
    {"deliveries.received", kCount, false, true, true},
    {"deliveries.missing", kCount, false, true, true},
    {"deliveries.duplicate", kCount, false, true, true},
    {"deliveries.misdelivered", kCount, false, true, true},
    {"deliveries.corrupt", kCount, false, true, true},
    {"deliveries.out_of_order", kCount, false, true, true},
    {"deliveries.downgraded", kCount, false, true, true},
    {"deliveries.unaccepted", kCount, false, true, true},
    {"deliveries.late", kCount, false, true, true},
    {"deliveries.foreign", kCount, false, true, true},
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
    {"cost.cpu_us_per_delivery.fleet", kMicros},
    {"cost.cpu_us_per_delivery.callers", kMicros},
    {"cost.cpu_us_per_delivery.bridge", kMicros},
    {"cost.cpu_us_per_delivery.broker", kMicros},
    {"cost.rss_kib.sim", MetricUnit::kib},
    {"cost.rss_kib.bridge", MetricUnit::kib},
    {"cost.rss_kib.broker", MetricUnit::kib},
    {"cost.fleet_bytes_per_connection", MetricUnit::bytes},
    {"health.send_lag_p99_us", kMicros},
    {"health.worst_hiccup_us", kMicros},
};

// Members of H.
constexpr std::array<std::string_view, 9> kHistogram{"count", "min",   "p50", "p90", "p99",
                                                     "p999",  "p9999", "max", "mean"};

struct Operator {
  std::string_view text;
  Comparison comparison;
};
// Longer ones first: "<=" begins like "<".
constexpr std::array<Operator, 6> kOperators{{{"<=", Comparison::less_equal},
                                              {">=", Comparison::greater_equal},
                                              {"==", Comparison::equal},
                                              {"!=", Comparison::not_equal},
                                              {"<", Comparison::less},
                                              {">", Comparison::greater}}};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::optional<MetricUnit> row_unit(const MetricRow& row, std::string_view path) {
  if (!row.histogram) return path == row.path ? std::optional(row.unit) : std::nullopt;
  if (!path.starts_with(row.path) || path.size() <= row.path.size() || path[row.path.size()] != '.')
    return std::nullopt;
  const std::string_view member = path.substr(row.path.size() + 1);
  if (std::find(kHistogram.begin(), kHistogram.end(), member) == kHistogram.end()) return std::nullopt;
  return member == "count" ? MetricUnit::count : row.unit;
}

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

Parsed<double> threshold_value(MetricUnit unit, std::string_view text) {
  if (text == "0") return 0.0;  // the same in every unit
  switch (unit) {
    case MetricUnit::micros:
      return parse_duration(text).map([](wire::Nanos nanos) { return static_cast<double>(nanos.count()) / 1e3; });
    case MetricUnit::seconds:
      return parse_duration(text).map([](wire::Nanos nanos) { return static_cast<double>(nanos.count()) / 1e9; });
    case MetricUnit::kib:
      return parse_size(text).map([](std::uint64_t bytes) { return static_cast<double>(bytes) / 1'024; });
    case MetricUnit::bytes:
      return parse_size(text).map([](std::uint64_t bytes) { return static_cast<double>(bytes); });
    case MetricUnit::per_second:
      if (text.find('/') != std::string_view::npos) return parse_rate(text);
      return parse_number(text);
    case MetricUnit::count:
      break;
  }
  return parse_number(text);
}

}  // namespace

std::optional<MetricUnit> metric_unit(std::string_view path, const std::vector<std::string>& fleet_groups,
                                      const std::vector<std::string>& call_groups) {
  const auto in_group = behind_group(path, kGroups, fleet_groups);
  const auto in_call_group = behind_group(path, kCallGroups, call_groups);
  for (const MetricRow& row : kMetrics) {
    if (const auto unit = row_unit(row, path)) return unit;
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
  for (const MetricRow& row : kMetrics) append_paths("", row, paths);
  for (const MetricRow& row : kMetrics) {
    for (const std::string& name : fleet_groups) {
      if (row.in_groups) append_paths(fmt::format("{}{}.", kGroups, name), row, paths);
    }
    for (const std::string& name : call_groups) {
      if (row.in_call_groups) append_paths(fmt::format("{}{}.", kCallGroups, name), row, paths);
    }
  }
  return paths;
}

Parsed<Threshold> parse_threshold(const std::string& expression, const std::vector<std::string>& fleet_groups,
                                  const std::vector<std::string>& call_groups) {
  const std::size_t at = expression.find_first_of("<>=!");
  const std::string_view tail = at == std::string::npos ? "" : std::string_view(expression).substr(at);
  const auto used = std::find_if(kOperators.begin(), kOperators.end(),
                                 [&](const Operator& row) { return tail.starts_with(row.text); });
  if (used == kOperators.end()) {
    return tl::unexpected(fmt::format(
        "'{}' is not METRIC OPERATOR VALUE; write it like deliveries.missing == 0, with one of < <= == != >= >",
        shortened(expression)));
  }
  Threshold threshold;
  threshold.expression = expression;
  threshold.metric = trimmed(std::string_view(expression).substr(0, at));
  threshold.comparison = used->comparison;
  const auto unit = metric_unit(threshold.metric, fleet_groups, call_groups);
  if (!unit) {
    const std::vector<std::string> paths = metric_paths(fleet_groups, call_groups);
    const std::string_view near = nearest(threshold.metric, std::vector<std::string_view>(paths.begin(), paths.end()));
    return tl::unexpected(fmt::format("unknown metric '{}'{}", shortened(threshold.metric),
                                      near.empty() ? "; metrics are the paths of numbers in result.json, like "
                                                     "times_us.response.p99"
                                                   : fmt::format("; did you mean '{}'?", near)));
  }
  const auto value = threshold_value(*unit, trimmed(tail.substr(used->text.size())));
  if (!value) return tl::unexpected(fmt::format("{}: {}", threshold.metric, value.error()));
  threshold.value = *value;
  return threshold;
}

}  // namespace fleet::sim
