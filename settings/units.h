// Numbers with units as people write them. Each function takes a whole scalar; its error is a sentence that names
// the wrong text and shows a right one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "wire/clock.h"

namespace fleet::settings {

template <class T>
using Parsed = tl::expected<T, std::string>;

// "250ms", "1.5s"; units us, ms, s, m, h. 0 needs a unit too. At most 292 years.
[[nodiscard]] Parsed<wire::Nanos> parse_duration(std::string_view text);
// "50/s", "30/m", "100/h" -> events a second.
[[nodiscard]] Parsed<double> parse_rate(std::string_view text);
// "256B", "64KB", "1MB", "2GB"; 1 KB is 1,024 B. Whole bytes.
[[nodiscard]] Parsed<std::uint64_t> parse_size(std::string_view text);
// "20%", "0.5%" -> a fraction of one: 0.2, 0.005.
[[nodiscard]] Parsed<double> parse_share(std::string_view text);
// "20", "-3": a whole number of at most 2^53, which a double and JSON hold exactly.
[[nodiscard]] Parsed<std::int64_t> parse_integer(std::string_view text);
// "20", "0.5", "-1": a number without a unit.
[[nodiscard]] Parsed<double> parse_number(std::string_view text);

// The shortest of us, ms, s, m, h that shows the duration as a number without rounding: "1500ms", "10s".
[[nodiscard]] std::string duration_text(wire::Nanos duration);
// The shortest of B, KB, MB, GB that shows the size as a whole number: "256KB", "40B".
[[nodiscard]] std::string exact_size_text(std::uint64_t bytes);
// "1,000,000"
[[nodiscard]] std::string grouped(std::uint64_t number);
// "512 B", "64 KB", "1.5 MB", "3.2 GB"; 1 KB is 1,024 B.
[[nodiscard]] std::string size_text(std::uint64_t bytes);

}  // namespace fleet::settings
