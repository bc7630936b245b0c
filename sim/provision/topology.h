// Puts the sub-devices of a fleet group under their gateways: BatchAddThingTopo.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "sim/provision/api_caller.h"
#include "sim/scenario/identities.h"
#include "sim/scenario/scenario.h"

namespace fleet::sim {

// Sub-devices in one call: API page of BatchAddThingTopo.
inline constexpr std::uint32_t kItemsPerCall = 10;

// Puts these sub-devices of a fleet group under one of their gateways. Errors: as below.
[[nodiscard]] wire::Result<void> put_under(ApiCaller& api, const Scenario& scenario, std::size_t fleet_group,
                                           const Identities& identities, std::uint32_t gateway,
                                           std::span<const std::uint32_t> sub_devices);

// Puts all of them where the scenario has them. Signs for each sub-device with its secret. Errors: environment, in one
// sentence that names the gateway; those of the caller.
[[nodiscard]] wire::Result<void> add_topology(ApiCaller& api, const Scenario& scenario, std::size_t fleet_group,
                                              const Identities& identities, ProvisionWatch& watch);

}  // namespace fleet::sim
