// Call groups: to whom, how many, and when.
#pragma once

#include "sim/scenario/scenario.h"
#include "sim/scenario/tables.h"

namespace fleet::sim {

// Fills Scenario::calls. `out` has the target, the products, the fleet and the phases, without a fault so far.
void check_calls(const Draft& draft, Reader& reader, Scenario& out);

}  // namespace fleet::sim
