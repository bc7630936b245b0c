// Gateways, sub-devices, where identities come from, and telemetry: what the rows of a fleet group cannot say.
#pragma once

#include "sim/scenario/scenario.h"
#include "sim/scenario/tables.h"

namespace fleet::sim {

// Sub-devices that a gateway may have: documentation of limits, 2020, which fleet-bridge keeps.
inline constexpr std::uint32_t kSubDevicesMax = 1'500;

// Fills FleetGroup::gateway and FleetGroup::publish. `out` has the target, the products and the fleet groups in the
// draft's order, without a fault so far.
void check_fleet(const Draft& draft, Reader& reader, Scenario& out);

// A topic short name of a product that its devices publish to; `path`: where it stands.
void check_publish_topic(const Product& product, const std::string& topic, const std::string& path, Reader& reader);

}  // namespace fleet::sim
