// Registers the devices of a fleet group: BatchCheckDeviceNames, QueryBatchRegisterDeviceStatus,
// BatchRegisterDeviceWithApplyId, QueryPageByApplyId.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sim/provision/api_caller.h"
#include "sim/scenario/identities.h"
#include "sim/scenario/scenario.h"

namespace fleet::sim {

// Names in one apply batch: API page of BatchCheckDeviceNames.
inline constexpr std::uint32_t kNamesPerBatch = 10'000;
// Devices on one page: API page of QueryPageByApplyId.
inline constexpr std::uint32_t kDevicesPerPage = 50;

// Registers every device of the group and keeps its secret. The product must exist. Errors: environment, in one
// sentence that names the group: names that are taken, a step that does not end, an answer that lacks what it must
// hold; and those of the caller.
[[nodiscard]] wire::Result<void> register_group(ApiCaller& api, const Scenario& scenario, std::size_t fleet_group,
                                                Identities& identities, ProvisionWatch& watch);

}  // namespace fleet::sim
