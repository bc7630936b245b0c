#include "sim/ledger/handover_plan.h"

#include <algorithm>

namespace fleet::sim {

HandoverPlan::HandoverPlan(const Scenario& scenario, std::size_t fault)
    : fleet_group_(scenario.faults[fault].fleet_group) {
  const FleetGroup& group = scenario.fleet[fleet_group_];
  spread_ = {group.count, scenario.fleet[group.gateway->group].count};
  for (std::size_t i = 0; i <= fault; ++i) {
    const Fault& what = scenario.faults[i];
    if (what.kind != FaultKind::handover || what.fleet_group != fleet_group_) continue;
    // Every fault draws from a sequence of its own.
    picks_.emplace_back(Pick::random, group.count, devices_meant(what.share, group.count), fault_seed(scenario, i));
  }
}

std::uint32_t HandoverPlan::gateway(std::uint32_t sub_device) const {
  const auto steps = std::count_if(picks_.begin(), picks_.end(), [sub_device](const PickPlan& pick) {
    return pick.position(0, sub_device).has_value();
  });
  return (spread_.gateway_of(sub_device) + static_cast<std::uint32_t>(steps)) % spread_.gateways;
}

}  // namespace fleet::sim
