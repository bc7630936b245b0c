// When the calls of a group are due: one of the shapes of a rate.
#pragma once

#include <string>

#include "sim/scenario/scenario.h"
#include "sim/scenario/tables.h"

namespace fleet::sim {

// Fills rate, shape and arrivals of a call group at `path` (calls.NAME). `out` has the phases. Reads the file of a
// replay, which stands beside the file that names it.
void check_rate(const CallGroupDraft& draft, const std::string& path, Reader& reader, const Scenario& out,
                CallGroup& call);

}  // namespace fleet::sim
