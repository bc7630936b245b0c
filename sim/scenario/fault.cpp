#include "sim/scenario/fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "settings/scalar.h"
#include "settings/units.h"
#include "sim/scenario/scenario.h"

namespace fleet::sim {

using settings::duration_text;
using settings::grouped;

std::uint32_t devices_cut(const Fault& fault, std::uint32_t count) {
  return std::clamp(static_cast<std::uint32_t>(std::llround(fault.share * count)), 1u, std::max(count, 1u));
}

std::string_view fault_name(FaultKind kind) {
  return settings::split_choices(kFaultKinds)[static_cast<std::size_t>(kind)];
}

std::string fault_text(const Scenario& scenario, const Fault& fault) {
  const std::string_view name = fault_name(fault.kind);
  if (is_stop(fault.kind)) return fmt::format("{} for {}", name, duration_text(fault.length));
  if (is_kill(fault.kind)) return fmt::format("{}, started again after {}", name, duration_text(fault.length));
  if (is_restart(fault.kind)) return fmt::format("{}, started again when it has ended", name);
  const FleetGroup& group = scenario.fleet[fault.fleet_group];
  return fmt::format("{} of {:g}% of {}: {} connections, {}", name, fault.share * 100, group.name,
                     grouped(devices_cut(fault, group.count)), fault.cut == CutKind::reset ? "reset" : "half_open");
}

}  // namespace fleet::sim
