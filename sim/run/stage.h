// All that a run needs on its feet: Mosquitto and fleet-bridge where the scenario wants them started, the books, the
// fleet and the callers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/calls/callers.h"
#include "sim/fleet/fleet.h"
#include "sim/launch/launch.h"
#include "sim/ledger/group_books.h"
#include "sim/provision/handovers.h"
#include "sim/proxy/proxy.h"
#include "sim/scenario/identities.h"
#include "sim/scenario/scenario.h"
#include "wire/error.h"

namespace fleet::sim {

// Stays where it is: fleet and callers refer to the groups. Ended in reverse order of the members: callers and fleet
// before the bridge, the bridge before the broker.
struct Stage {
  std::uint32_t run_id = 0;
  std::optional<StartedBroker> broker;          // none: the scenario names one
  std::vector<std::unique_ptr<Proxy>> proxies;  // where faults of the scenario want one
  std::optional<StartedBridge> bridge;
  FoundBridge found_bridge;  // of either
  std::vector<std::unique_ptr<GroupBooks>> groups;
  std::unique_ptr<Identities> identities;
  std::unique_ptr<Handovers> handovers;  // where faults of the scenario want them
  std::unique_ptr<Fleet> fleet;
  std::unique_ptr<Callers> callers;

  // Null: none stands there.
  [[nodiscard]] Proxy* proxy(Between between) const;
};

// Starts the children, checks that both ends answer, and builds books, fleet and callers; no device connects yet.
[[nodiscard]] wire::Result<std::unique_ptr<Stage>> set_stage(const Scenario& scenario,
                                                             const std::string& out_directory);

}  // namespace fleet::sim
