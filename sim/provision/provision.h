// What has to be done through the API before anybody connects: identities and topology.
#pragma once

#include "sim/calls/bridge_place.h"
#include "sim/provision/watch.h"
#include "sim/scenario/identities.h"
#include "sim/scenario/scenario.h"
#include "wire/error.h"

namespace fleet::sim {

// Keeps the secrets of groups with provision: file, registers those with provision: api and keeps theirs, then makes
// the topology of those with topology: api. Does nothing where there are none. Errors: environment, one sentence; those
// of the watch.
[[nodiscard]] wire::Result<void> provision(const Scenario& scenario, const FoundBridge& bridge, Identities& identities,
                                           ProvisionWatch& watch);

}  // namespace fleet::sim
