// What the table of faults cannot say: whom a fault can meet, and when.
#pragma once

#include "sim/scenario/scenario.h"
#include "sim/scenario/tables.h"

namespace fleet::sim {

// Fills out.faults; target, fleet and phases of `out` are there already. Wrong entries go into the reader. The numbers
// of faults in thresholds (faults.N.…) are held against the list as well.
void check_faults(const Draft& draft, Reader& reader, Scenario& out);

}  // namespace fleet::sim
