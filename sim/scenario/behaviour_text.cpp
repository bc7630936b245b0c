#include "sim/scenario/behaviour_text.h"

#include <fmt/format.h>

#include "settings/units.h"

namespace fleet::sim {

using settings::duration_text;
using settings::grouped;

namespace {

std::string_view leave_text(Leave how) { return how == Leave::disconnect ? "with a DISCONNECT" : "abruptly"; }

}  // namespace

std::vector<std::string> behaviour_text(const FleetGroup& group) {
  std::vector<std::string> lines;
  for (const AwayWindow& window : group.behaviour.away) {
    lines.push_back(fmt::format("{} of them leave {} at {}, and are due back at {}",
                                grouped(devices_meant(window.share, group.count)), leave_text(window.how),
                                duration_text(window.at), duration_text(window.at + window.length)));
  }
  if (const auto& churn = group.behaviour.churn) {
    lines.push_back(fmt::format("{:g}/s of them leave {}, each for {}", churn->per_second, leave_text(churn->how),
                                duration_text(churn->away)));
  }
  return lines;
}

}  // namespace fleet::sim
