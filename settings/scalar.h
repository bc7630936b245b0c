// One scalar against its row of the table of keys.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "settings/reader.h"
#include "settings/units.h"

namespace fleet::settings {

// Checks form, unit, range and choices. The error is a sentence that names the wrong text and what would be right.
[[nodiscard]] Parsed<Scalar> read_scalar(const KeyInfo& key, const std::string& text);

// The range of a number's row as its form writes it: "1 .. 4,096", "1ms .. 24h".
[[nodiscard]] std::string range_text(const KeyInfo& key);

// "a|b|c" -> {"a", "b", "c"}
[[nodiscard]] std::vector<std::string_view> split_choices(std::string_view choices);

// True for 1 .. 64 of [A-Za-z0-9_-].
[[nodiscard]] bool is_name(std::string_view text);

}  // namespace fleet::settings
