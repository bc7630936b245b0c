#include "settings/units.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "settings/spelling.h"

namespace fleet::settings {

namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr std::array<Unit, 5> kDurations{{{"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3'600e9}}};
constexpr std::array<Unit, 3> kRates{{{"/s", 1}, {"/m", 60}, {"/h", 3'600}}};
constexpr std::array<Unit, 4> kSizes{{{"B", 1}, {"KB", 1u << 10}, {"MB", 1u << 20}, {"GB", 1u << 30}}};
constexpr std::int64_t kWholeMax = std::int64_t{1} << 53;

// A plain decimal number at the front of `text` and what follows it; no exponent, no sign, no "inf".
struct Split {
  double number = 0;
  std::string_view digits;
  std::string_view unit;
};

std::optional<Split> split_number(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  Split split;
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, split.number, std::chars_format::fixed);
  if (failure != std::errc{}) return std::nullopt;
  const auto length = static_cast<std::size_t>(stop - text.data());
  if (text[length - 1] == '.') return std::nullopt;  // "1.s"
  split.digits = text.substr(0, length);
  split.unit = text.substr(length);
  return split;
}

// The units themselves, so that one sentence serves all three kinds.
template <std::size_t N>
Parsed<double> with_unit(std::string_view text, const std::array<Unit, N>& units, std::string_view what,
                         std::string_view examples) {
  const auto split = split_number(text);
  if (split && split->unit.empty()) {
    std::string suggestions;
    for (const Unit& unit : units) {
      if (!suggestions.empty()) suggestions += &unit == &units.back() ? " or " : ", ";
      suggestions.append(shortened(split->digits)).append(unit.name);
    }
    return tl::unexpected(fmt::format("'{}' has no unit; write {}", shortened(text), suggestions));
  }
  if (split) {
    for (const Unit& unit : units) {
      if (unit.name == split->unit) return split->number * unit.factor;
    }
  }
  return tl::unexpected(fmt::format("'{}' is not {}; write it like {}", shortened(text), what, examples));
}

}  // namespace

Parsed<wire::Nanos> parse_duration(std::string_view text) {
  const auto nanos = with_unit(text, kDurations, "a duration", "250ms, 10s, 5m or 1h");
  if (!nanos) return tl::unexpected(nanos.error());
  if (*nanos > 9.2e18) return tl::unexpected(fmt::format("'{}' is longer than 292 years", shortened(text)));
  return wire::Nanos(std::llround(*nanos));
}

Parsed<double> parse_rate(std::string_view text) {
  const auto split = split_number(text);
  if (!split || split->unit.empty()) return with_unit(text, kRates, "a rate", "50/s or 30/m");
  for (const Unit& unit : kRates) {
    if (unit.name == split->unit) return split->number / unit.factor;
  }
  return tl::unexpected(fmt::format("'{}' is not a rate; write it like 50/s or 30/m", shortened(text)));
}

Parsed<std::uint64_t> parse_size(std::string_view text) {
  const auto bytes = with_unit(text, kSizes, "a size", "256B, 64KB or 1MB");
  if (!bytes) return tl::unexpected(bytes.error());
  if (*bytes > static_cast<double>(kWholeMax))
    return tl::unexpected(fmt::format("'{}' is too large a size", shortened(text)));
  if (*bytes != std::floor(*bytes))
    return tl::unexpected(fmt::format("'{}' is not a whole number of bytes", shortened(text)));
  return static_cast<std::uint64_t>(*bytes);
}

Parsed<double> parse_share(std::string_view text) {
  const auto split = split_number(text);
  if (split && split->unit == "%") return split->number / 100;
  if (split && split->unit.empty()) {
    return tl::unexpected(fmt::format("'{}' has no unit; write {}%", shortened(text), shortened(split->digits)));
  }
  return tl::unexpected(fmt::format("'{}' is not a share; write it like 20%", shortened(text)));
}

Parsed<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t number = 0;
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (stop != text.data() + text.size() || text.empty() || failure == std::errc::invalid_argument) {
    return tl::unexpected(fmt::format("'{}' is not a whole number", shortened(text)));
  }
  if (failure != std::errc{} || number > kWholeMax || number < -kWholeMax) {
    return tl::unexpected(fmt::format("'{}' is out of range: at most {}", shortened(text), kWholeMax));
  }
  return number;
}

Parsed<double> parse_number(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  const auto split = split_number(negative ? text.substr(1) : text);
  if (!split || !split->unit.empty()) return tl::unexpected(fmt::format("'{}' is not a number", shortened(text)));
  return negative ? -split->number : split->number;
}

std::string duration_text(wire::Nanos duration) {
  const std::int64_t nanos = duration.count();
  if (nanos == 0) return "0s";
  for (std::size_t i = kDurations.size(); i-- > 0;) {
    const auto factor = static_cast<std::int64_t>(kDurations[i].factor);
    if (nanos % factor == 0) return fmt::format("{}{}", nanos / factor, kDurations[i].name);
  }
  return fmt::format("{}us", static_cast<double>(nanos) / 1e3);
}

std::string exact_size_text(std::uint64_t bytes) {
  std::size_t unit = 0;
  for (; bytes != 0 && bytes % 1'024 == 0 && unit + 1 < kSizes.size(); ++unit) bytes /= 1'024;
  return fmt::format("{}{}", bytes, kSizes[unit].name);
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3;) {
    i -= 3;
    digits.insert(i, ",");
  }
  return digits;
}

std::string size_text(std::uint64_t bytes) {
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1'024 && unit + 1 < kSizes.size()) {
    value /= 1'024;
    ++unit;
  }
  return value == std::floor(value) ? fmt::format("{:.0f} {}", value, kSizes[unit].name)
                                    : fmt::format("{:.1f} {}", value, kSizes[unit].name);
}

}  // namespace fleet::settings
