// What the devices of a group do by themselves, for people.
#pragma once

#include <string>
#include <vector>

#include "sim/scenario/scenario.h"

namespace fleet::sim {

// A sentence for each thing they do, without a full stop; times count from the start of the hold.
[[nodiscard]] std::vector<std::string> behaviour_text(const FleetGroup& group);

}  // namespace fleet::sim
