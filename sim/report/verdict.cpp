#include "sim/report/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "sim/report/quantity.h"
#include "sim/report/result_json.h"
#include "sim/scenario/metrics.h"

namespace fleet::sim {
namespace {

bool holds(double observed, Comparison comparison, double wanted) {
  switch (comparison) {
    case Comparison::less:
      return observed < wanted;
    case Comparison::less_equal:
      return observed <= wanted;
    case Comparison::equal:
      return observed == wanted;
    case Comparison::not_equal:
      return observed != wanted;
    case Comparison::greater_equal:
      return observed >= wanted;
    case Comparison::greater:
      return observed > wanted;
  }
  return false;
}

std::vector<std::string> names(const std::vector<GroupRecord>& groups) {
  std::vector<std::string> names;
  for (const GroupRecord& group : groups) names.push_back(group.name);
  return names;
}

// Fills record.thresholds; returns a sentence for each that does not hold.
std::vector<std::string> compare_thresholds(const std::vector<Threshold>& thresholds, RunRecord& record) {
  std::vector<std::string> reasons;
  record.thresholds.clear();
  if (thresholds.empty()) return reasons;
  const nlohmann::ordered_json result = result_json(record);
  const std::vector<std::string> fleet_groups = names(record.groups);
  const std::vector<std::string> call_groups = names(record.call_groups);
  for (const Threshold& threshold : thresholds) {
    const std::optional<double> observed = metric_at(result, threshold.metric);
    const bool ok = observed && holds(*observed, threshold.comparison, threshold.value);
    record.thresholds.push_back(
        {threshold.expression, observed.value_or(std::numeric_limits<double>::quiet_NaN()), ok});
    if (ok) continue;
    if (!observed) {
      reasons.push_back(fmt::format("{} does not hold: this run has no such number", threshold.expression));
      continue;
    }
    const MetricUnit unit = metric_unit(threshold.metric, fleet_groups, call_groups).value_or(MetricUnit::count);
    reasons.push_back(
        fmt::format("{} does not hold: observed {}", threshold.expression, quantity_text(*observed, unit)));
  }
  return reasons;
}

bool is_optimised(const std::string& build_type) {
  constexpr std::array kOptimised = {"Release", "RelWithDebInfo", "MinSizeRel"};
  return std::find(kOptimised.begin(), kOptimised.end(), build_type) != kOptimised.end();
}

double in_us(std::chrono::microseconds limit) { return static_cast<double>(limit.count()); }

// Why the numbers cannot be trusted; empty when they can.
std::vector<std::string> doubts(const Scenario& scenario, const RunRecord& record) {
  std::vector<std::string> reasons;
  const Calls& calls = record.total.calls;
  if (!record.interrupted.empty()) reasons.push_back(record.interrupted);
  if (!record.call_groups.empty() && calls.sent == 0) {
    reasons.emplace_back("no call was sent in the hold, so nothing was measured");
  } else if (record.interrupted.empty() && calls.sent < calls.scheduled) {
    reasons.push_back(
        fmt::format("{} of {} calls that were due in the hold found no free connection and never left, so that their "
                    "wait is in no number; lower the rate, raise `connections` of the call group, or drain for longer",
                    count_text(static_cast<double>(calls.scheduled - calls.sent)),
                    count_text(static_cast<double>(calls.scheduled))));
  }
  if (!is_optimised(record.context.build_type)) {
    reasons.push_back(fmt::format("this is a {} build, whose own cost is in every number; measure with a release build",
                                  record.context.build_type.empty() ? "plain" : record.context.build_type));
  }
  const HealthLimits& limits = scenario.health;
  if (record.health.send_lag_p99_us > in_us(limits.send_lag_p99)) {
    reasons.push_back(
        fmt::format("1% of the calls left {} or more after they were due, above health.send_lag_p99 = {}: the callers "
                    "could not keep the plan; lower the rate or free the machine",
                    duration_text(record.health.send_lag_p99_us), duration_text(in_us(limits.send_lag_p99))));
  }
  if (record.health.worst_hiccup_us > in_us(limits.hiccup)) {
    reasons.push_back(
        fmt::format("a loop of the simulator stalled for {}, above health.hiccup = {}: what came in meanwhile was "
                    "stamped late; free the machine",
                    duration_text(record.health.worst_hiccup_us), duration_text(in_us(limits.hiccup))));
  }
  return reasons;
}

// Call groups of which nothing can be told: thresholds on what must not happen hold for them all the same.
std::vector<std::string> groups_without_success(const RunRecord& record) {
  std::vector<std::string> reasons;
  for (const GroupRecord& group : record.call_groups) {
    const Calls& calls = group.tally.calls;
    if (calls.sent == 0 || calls.accepted > 0) continue;
    reasons.push_back(fmt::format("no call of {} was accepted in the hold: {} rejected, {} failed", group.name,
                                  count_text(static_cast<double>(calls.rejected)),
                                  count_text(static_cast<double>(calls.failed))));
  }
  return reasons;
}

}  // namespace

void judge(const Scenario& scenario, RunRecord& record) {
  std::vector<std::string> reasons = doubts(scenario, record);
  const bool invalid = !reasons.empty();
  std::move(record.reasons.begin(), record.reasons.end(), std::back_inserter(reasons));
  for (std::string& reason : groups_without_success(record)) reasons.push_back(std::move(reason));
  for (std::string& reason : compare_thresholds(scenario.thresholds, record)) reasons.push_back(std::move(reason));
  record.reasons = std::move(reasons);
  record.verdict = invalid ? Verdict::invalid : record.reasons.empty() ? Verdict::pass : Verdict::fail;
}

}  // namespace fleet::sim
