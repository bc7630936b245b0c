// The time of a request as the RPC protocol writes it.
#pragma once

#include <optional>
#include <string_view>

#include "wire/clock.h"

namespace fleet::wire {

// YYYY-MM-DDThh:mm:ssZ, UTC, a date that exists; nothing else.
[[nodiscard]] std::optional<WallTime> parse_timestamp(std::string_view text);

}  // namespace fleet::wire
