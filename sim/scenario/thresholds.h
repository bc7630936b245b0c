// Thresholds: "METRIC OPERATOR VALUE", where METRIC is the path of a number in result.json.
#pragma once

#include <string>
#include <vector>

#include "settings/units.h"
#include "sim/scenario/scenario.h"

namespace fleet::sim {

// Parses one expression. The error is a sentence. The value of the result is in the metric's own unit (µs, s, KiB, …).
[[nodiscard]] settings::Parsed<Threshold> parse_threshold(const std::string& expression,
                                                          const std::vector<std::string>& fleet_groups,
                                                          const std::vector<std::string>& call_groups);

}  // namespace fleet::sim
