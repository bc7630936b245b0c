// What a table row cannot say: references, combinations, names.
#pragma once

#include <cstdint>
#include <string>

#include "sim/scenario/scenario.h"
#include "sim/scenario/tables.h"

namespace fleet::sim {

// Devices of all groups together; device indexes and the stamp's places are made for no more.
inline constexpr std::uint64_t kDevicesMax = 2'000'000;

// Resolves references and fills the parts of `out` that come from the draft. Faults go into the reader, placed where
// the wrong value stands; `out` is complete only where the reader has none. `draft` must have been read without a
// fault.
void check_draft(const Draft& draft, Reader& reader, Scenario& out);

// A topic short name of a product that its devices may subscribe to; says at `path` where it is none.
void check_topic(const Product& product, const std::string& topic, const std::string& path, Reader& reader);

}  // namespace fleet::sim
