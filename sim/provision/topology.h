// Puts the sub-devices of a fleet group under their gateways: BatchAddThingTopo.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sim/provision/api_caller.h"
#include "sim/scenario/identities.h"
#include "sim/scenario/scenario.h"

namespace fleet::sim {

// Sub-devices in one call: API page of BatchAddThingTopo.
inline constexpr std::uint32_t kItemsPerCall = 10;

// Signs for each sub-device with its secret. Errors: environment, in one sentence that names the gateway; those of the
// caller.
[[nodiscard]] wire::Result<void> add_topology(ApiCaller& api, const Scenario& scenario, std::size_t fleet_group,
                                              const Identities& identities, ProvisionWatch& watch);

}  // namespace fleet::sim
