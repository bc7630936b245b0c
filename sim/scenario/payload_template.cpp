#include "sim/scenario/payload_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "settings/spelling.h"

namespace fleet::sim {

namespace {

using settings::shortened;
using Part = tl::expected<PayloadPart, std::string>;

// With 6 decimals at most and 9 digits before the point, bounds and their distance are exact in 64 bits.
constexpr std::size_t kDecimalsMax = 6;
constexpr std::size_t kDigitsMax = 9;

constexpr std::string_view kFields = "index|sequence|name|timestamp|random|choice";
constexpr std::pair<std::string_view, PayloadPart::Kind> kPlain[] = {{"index", PayloadPart::Kind::index},
                                                                     {"sequence", PayloadPart::Kind::sequence},
                                                                     {"name", PayloadPart::Kind::name},
                                                                     {"timestamp", PayloadPart::Kind::timestamp}};

bool is_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

struct Decimal {
  bool negative = false;
  std::string_view whole, fraction;
};

// "-18.05"
std::optional<Decimal> split_decimal(std::string_view text) {
  Decimal decimal;
  if (text.starts_with('-')) {
    decimal.negative = true;
    text.remove_prefix(1);
  }
  const std::size_t point = text.find('.');
  decimal.whole = text.substr(0, point);
  if (point != std::string_view::npos) decimal.fraction = text.substr(point + 1);
  if (decimal.whole.empty() || decimal.whole.size() > kDigitsMax || !is_digits(decimal.whole)) return std::nullopt;
  if (point != std::string_view::npos && decimal.fraction.empty()) return std::nullopt;
  if (decimal.fraction.size() > kDecimalsMax || !is_digits(decimal.fraction)) return std::nullopt;
  return decimal;
}

std::int64_t scaled(const Decimal& decimal, std::size_t decimals) {
  std::string digits(decimal.whole);
  digits += decimal.fraction;
  digits.append(decimals - decimal.fraction.size(), '0');
  std::int64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return decimal.negative ? -number : number;
}

// `arguments`: "18.0..26.0"
Part random_part(std::string_view arguments) {
  const std::size_t dots = arguments.find("..");
  const auto low = split_decimal(arguments.substr(0, dots));
  const auto high = dots == std::string_view::npos ? std::nullopt : split_decimal(arguments.substr(dots + 2));
  if (!low || !high) {
    return tl::unexpected(
        fmt::format("'{{random:{}}}' has no range; write it like {{random:18.0..26.0}}, with at most "
                    "{} digits before and {} behind the point",
                    shortened(arguments), kDigitsMax, kDecimalsMax));
  }
  PayloadPart part;
  part.kind = PayloadPart::Kind::random;
  const std::size_t decimals = std::max(low->fraction.size(), high->fraction.size());
  part.decimals = static_cast<unsigned>(decimals);
  part.low = scaled(*low, decimals);
  part.high = scaled(*high, decimals);
  if (part.low > part.high) {
    return tl::unexpected(fmt::format("'{{random:{}}}' ends below its beginning", shortened(arguments)));
  }
  return part;
}

// `arguments`: "on,off"
Part choice_part(std::string_view arguments) {
  PayloadPart part;
  part.kind = PayloadPart::Kind::choice;
  for (std::string_view rest = arguments;;) {
    const std::size_t comma = rest.find(',');
    part.words.emplace_back(rest.substr(0, comma));
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  if (part.words.size() < 2) {
    return tl::unexpected(fmt::format("'{{choice:{}}}' has nothing to choose from; write it like {{choice:on,off}}",
                                      shortened(arguments)));
  }
  return part;
}

// `field`: what stands between the braces.
Part field_part(std::string_view field) {
  const std::size_t colon = field.find(':');
  const std::string_view name = field.substr(0, colon);
  const std::string_view arguments = colon == std::string_view::npos ? std::string_view() : field.substr(colon + 1);
  if (name == "random") return random_part(arguments);
  if (name == "choice") return choice_part(arguments);
  for (const auto& [plain, kind] : kPlain) {
    if (name != plain) continue;
    if (colon != std::string_view::npos) {
      return tl::unexpected(fmt::format("'{{{}}}' takes nothing behind a colon", shortened(field)));
    }
    PayloadPart part;
    part.kind = kind;
    return part;
  }
  std::vector<std::string_view> known;
  for (std::string_view rest = kFields; !rest.empty();) {
    const std::size_t bar = std::min(rest.find('|'), rest.size());
    known.push_back(rest.substr(0, bar));
    rest.remove_prefix(std::min(bar + 1, rest.size()));
  }
  return tl::unexpected(
      fmt::format("the template has an unknown field '{{{}}}'{}", shortened(field), settings::suggestion(name, known)));
}

void add_literal(std::string_view text, PayloadTemplate& out) {
  if (text.empty()) return;
  PayloadPart part;
  part.text = text;
  out.parts.push_back(std::move(part));
}

// Where the next field begins; npos: nowhere.
std::size_t find_field(std::string_view text) {
  for (std::size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at + 1)) {
    if (at + 1 < text.size() && text[at + 1] >= 'a' && text[at + 1] <= 'z') return at;
  }
  return std::string_view::npos;
}

}  // namespace

tl::expected<PayloadTemplate, std::string> parse_payload(std::string_view text) {
  PayloadTemplate made;
  for (;;) {
    const std::size_t open = find_field(text);
    add_literal(text.substr(0, open), made);
    if (open == std::string_view::npos) return made;
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) {
      return tl::unexpected(fmt::format("'{}' lacks its closing brace", shortened(text.substr(open))));
    }
    auto part = field_part(text.substr(open + 1, close - open - 1));
    if (!part) return tl::unexpected(part.error());
    made.parts.push_back(std::move(*part));
    text.remove_prefix(close + 1);
  }
}

}  // namespace fleet::sim
