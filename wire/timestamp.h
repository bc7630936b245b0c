// The time of a request as the RPC protocol writes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wire/clock.h"

namespace fleet::wire {

// YYYY-MM-DDThh:mm:ssZ, UTC, a date that exists; nothing else.
[[nodiscard]] std::optional<WallTime> parse_timestamp(std::string_view text);

// Appends the same form; years 0 to 9999.
void append_timestamp(WallTime wall, std::string& out);

}  // namespace fleet::wire
