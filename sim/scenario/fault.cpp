#include "sim/scenario/fault.h"

#include <fmt/format.h>

#include <algorithm>

#include "settings/scalar.h"
#include "settings/units.h"
#include "sim/scenario/behaviour.h"
#include "sim/scenario/mix.h"
#include "sim/scenario/scenario.h"

namespace fleet::sim {

using settings::duration_text;
using settings::grouped;

bool is_started_again(const Scenario& scenario, bool (*whose)(FaultKind)) {
  return std::any_of(scenario.faults.begin(), scenario.faults.end(),
                     [whose](const Fault& fault) { return whose(fault.kind) && !is_stop(fault.kind); });
}

std::uint64_t fault_seed(const Scenario& scenario, std::size_t fault) {
  return mix(scenario.seed * kGolden + fault + 1);
}

std::string_view fault_name(FaultKind kind) {
  return settings::split_choices(kFaultKinds)[static_cast<std::size_t>(kind)];
}

std::string_view between_name(Between between) {
  return settings::split_choices(kBetween)[static_cast<std::size_t>(between)];
}

bool has_proxy(const Scenario& scenario, Between between) {
  return std::any_of(scenario.faults.begin(), scenario.faults.end(),
                     [between](const Fault& fault) { return fault.between == between; });
}

namespace {

std::string link_text(const Fault& fault) {
  std::string text = fmt::format("{} between {}", fault_name(fault.kind), between_name(*fault.between));
  if (fault.kind == FaultKind::slow) {
    if (fault.link.delay.count() > 0) text += fmt::format(", delay {}", duration_text(fault.link.delay));
    if (fault.link.jitter.count() > 0) text += fmt::format(", jitter {}", duration_text(fault.link.jitter));
    if (fault.link.bytes_per_s > 0) text += fmt::format(", {} bytes a second", grouped(fault.link.bytes_per_s));
    return text + fmt::format(", for {}", duration_text(fault.length));
  }
  text += fmt::format(", {:g}% of the connections {}", fault.share * 100,
                      fault.cut == CutKind::reset ? "reset" : "half_open");
  if (fault.length.count() == 0) return text;
  return text + fmt::format(", new ones {} for {}", fault.cut == CutKind::reset ? "refused" : "as well",
                            duration_text(fault.length));
}

}  // namespace

std::string fault_text(const Scenario& scenario, const Fault& fault) {
  const std::string_view name = fault_name(fault.kind);
  if (is_stop(fault.kind)) return fmt::format("{} for {}", name, duration_text(fault.length));
  if (is_kill(fault.kind)) return fmt::format("{}, started again after {}", name, duration_text(fault.length));
  if (is_restart(fault.kind)) return fmt::format("{}, started again when it has ended", name);
  if (is_of_link(fault)) return link_text(fault);
  const FleetGroup& group = scenario.fleet[fault.fleet_group];
  if (fault.kind == FaultKind::handover) {
    return fmt::format("{} of {:g}% of {}: {} sub-devices, each to the next gateway", name, fault.share * 100,
                       group.name, grouped(devices_meant(fault.share, group.count)));
  }
  return fmt::format("{} of {:g}% of {}: {} connections, {}", name, fault.share * 100, group.name,
                     grouped(devices_meant(fault.share, group.count)),
                     fault.cut == CutKind::reset ? "reset" : "half_open");
}

}  // namespace fleet::sim
