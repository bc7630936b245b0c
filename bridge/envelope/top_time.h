// Times as TOP writes them: GMT+8, whatever the zone of the process.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wire/clock.h"

namespace fleet::bridge {

// "yyyy-MM-dd HH:mm:ss", a date that exists; nothing else.
[[nodiscard]] std::optional<wire::WallTime> parse_top_time(std::string_view text);

// "2026-01-02 11:04:05"
[[nodiscard]] std::string top_time_text(wire::WallTime time);

}  // namespace fleet::bridge
