// What devices do by themselves beside receiving: what the rows of a fleet group cannot say.
#pragma once

#include "sim/scenario/scenario.h"
#include "sim/scenario/tables.h"

namespace fleet::sim {

// Fills FleetGroup::behaviour. `out` has the products, the phases and the fleet groups in the draft's order, with their
// gateways, without a fault so far.
void check_behaviour(const Draft& draft, Reader& reader, Scenario& out);

}  // namespace fleet::sim
