// The scenario that `fleet-sim new` writes: small, right, and explained line by line.
#pragma once

#include <string>
#include <string_view>

#include "wire/error.h"

namespace fleet::sim {

[[nodiscard]] std::string_view starter_text();

// Writes it into a file that does not exist yet. Errors: usage; it exists, or cannot be written.
[[nodiscard]] wire::Result<void> write_starter(const std::string& path);

}  // namespace fleet::sim
