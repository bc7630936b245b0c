// One scalar of a scenario against its row of the table of keys.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/reader.h"
#include "sim/scenario/units.h"

namespace fleet::sim {

// Checks form, unit, range and choices. The error is a sentence that names the wrong text and what would be right.
[[nodiscard]] Parsed<Scalar> read_scalar(const KeyInfo& key, const std::string& text);

// "a|b|c" -> {"a", "b", "c"}
[[nodiscard]] std::vector<std::string_view> split_choices(std::string_view choices);

// True for 1 .. 64 of [A-Za-z0-9_-]: fleet groups, call groups, products and scenarios.
[[nodiscard]] bool is_name(std::string_view text);

}  // namespace fleet::sim
