#include "sim/scenario/thresholds.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "settings/spelling.h"
#include "sim/scenario/metrics.h"

namespace fleet::sim {

using settings::nearest;
using settings::parse_duration;
using settings::parse_number;
using settings::parse_rate;
using settings::parse_size;
using settings::Parsed;
using settings::shortened;

namespace {

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
