#include "sim/report/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace fleet::sim {
namespace {

// Three significant digits, for values below 1,000.
std::string three_digits(double value) {
  if (value < 9.995) return fmt::format("{:.2f}", value);
  if (value < 99.95) return fmt::format("{:.1f}", value);
  return fmt::format("{:.0f}", value);
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;  // not a continuation byte
  }));
}

std::string spaces(std::string_view text, std::size_t width) {
  const std::size_t taken = characters(text);
  return std::string(taken < width ? width - taken : 0, ' ');
}

}  // namespace

std::string count_text(double value) {
  if (std::abs(value) < 100 && value != std::floor(value)) {
    std::string text = fmt::format("{:.2f}", value);
    if (text.ends_with('0')) text.pop_back();
    return text;
  }
  std::string digits = fmt::format("{:.0f}", std::abs(value));
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return value < 0 ? "-" + digits : digits;
}

std::string duration_text(double us) {
  if (us < 999.5) return us == std::floor(us) ? fmt::format("{:.0f} µs", us) : three_digits(us) + " µs";
  if (us < 999'500) return three_digits(us / 1e3) + " ms";
  return three_digits(us / 1e6) + " s";
}

std::string bytes_text(double bytes) {
  if (bytes < 0) return "-" + bytes_text(-bytes);
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (bytes >= 999.5 && unit + 1 < std::size(kUnits)) {
    bytes /= 1024;
    ++unit;
  }
  return (unit == 0 ? fmt::format("{:.0f}", bytes) : three_digits(bytes)) + " " + kUnits[unit];
}

std::string quantity_text(double value, MetricUnit unit) {
  switch (unit) {
    case MetricUnit::micros:
      return duration_text(value);
    case MetricUnit::seconds:
      return duration_text(value * 1e6);
    case MetricUnit::per_second:
      return count_text(value) + "/s";
    case MetricUnit::kib:
      return bytes_text(value * 1024);
    case MetricUnit::bytes:
      return bytes_text(value);
    case MetricUnit::count:
      break;
  }
  return count_text(value);
}

std::string padded_left(std::string_view text, std::size_t width) { return spaces(text, width) + std::string(text); }

std::string padded_right(std::string_view text, std::size_t width) { return std::string(text) + spaces(text, width); }

}  // namespace fleet::sim
