// Words and numbers of the configuration: units, rates, addresses, and what a misspelt key may have meant.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace fleet::bridge {

// "250ms", "10s", "5m", "1h"; whole numbers. Empty where the unit is missing or it is no number.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
// "256B", "64KB", "1MB", "1GB"; 1 KB = 1,024 B.
[[nodiscard]] std::optional<std::uint64_t> parse_bytes(std::string_view text);
// "50/s", "0.5/s", "30/m" -> a second; above 0.
[[nodiscard]] std::optional<double> parse_rate(std::string_view text);
// Decimal digits only.
[[nodiscard]] std::optional<std::uint64_t> parse_whole(std::string_view text);

// The word of `known` that is at most two typing errors away from `word`, or empty.
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> known);
// "; did you mean 'X'?" with the nearest word, or "; known: A, B" where none is near.
[[nodiscard]] std::string suggestion(std::string_view word, std::span<const std::string_view> known);

}  // namespace fleet::bridge
