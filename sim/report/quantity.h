// Numbers as people read them, for the renderers that people look at.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sim/scenario/metrics.h"

namespace fleet::sim {

// 1234567.0 -> "1,234,567"; below 100, a number that is not whole keeps up to two decimals.
[[nodiscard]] std::string count_text(double value);
// Microseconds with three significant digits and the unit that fits: "812 µs", "3.14 ms", "61.2 s".
[[nodiscard]] std::string duration_text(double us);
// Bytes with three significant digits: "512 B", "1.95 KiB", "43.1 MiB".
[[nodiscard]] std::string bytes_text(double bytes);
// A metric's number with its unit.
[[nodiscard]] std::string quantity_text(double value, MetricUnit unit);

// Pads UTF-8 text with spaces to `width` characters; longer text stays as it is.
[[nodiscard]] std::string padded_left(std::string_view text, std::size_t width);
[[nodiscard]] std::string padded_right(std::string_view text, std::size_t width);

}  // namespace fleet::sim
