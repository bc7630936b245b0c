#include "settings/scalar.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "settings/spelling.h"
#include "wire/url.h"

namespace fleet::settings {

namespace {

constexpr std::size_t kNameMax = 64;

}  // namespace

std::string range_text(const KeyInfo& key) {
  const auto text = [&](double bound) -> std::string {
    switch (key.form) {
      case Form::duration:
      case Form::whole_seconds:
        return duration_text(wire::Nanos(std::llround(bound * 1e9)));
      case Form::rate:
      case Form::rate_or_max:
        return fmt::format("{}/s", bound);
      case Form::size:
        return exact_size_text(static_cast<std::uint64_t>(bound));
      case Form::share:
        return fmt::format("{:g}%", bound * 100);
      default:
        return grouped(static_cast<std::uint64_t>(bound));
    }
  };
  return fmt::format("{} .. {}", text(key.min), text(key.max));
}

namespace {

Parsed<Scalar> within(const KeyInfo& key, std::string_view text, double in_unit, Scalar scalar) {
  if (in_unit >= key.min && in_unit <= key.max) return scalar;
  return tl::unexpected(fmt::format("'{}' is out of range; allowed is {}", shortened(text), range_text(key)));
}

Parsed<Scalar> duration(const KeyInfo& key, const std::string& text) {
  const auto nanos = parse_duration(text);
  if (!nanos) return tl::unexpected(nanos.error());
  if (key.form == Form::whole_seconds && nanos->count() % 1'000'000'000 != 0) {
    return tl::unexpected(fmt::format("'{}' is not a whole number of seconds", shortened(text)));
  }
  Scalar scalar;
  scalar.whole = nanos->count();
  return within(key, text, static_cast<double>(nanos->count()) / 1e9, scalar);
}

Parsed<Scalar> rate(const KeyInfo& key, const std::string& text) {
  Scalar scalar;
  if (key.form == Form::rate_or_max && text == "max") {
    scalar.real = -1;
    return scalar;
  }
  const auto per_second = parse_rate(text);
  if (!per_second) {
    return tl::unexpected(per_second.error() + (key.form == Form::rate_or_max ? ", or max for a closed loop" : ""));
  }
  scalar.real = *per_second;
  return within(key, text, *per_second, scalar);
}

Parsed<Scalar> integer(const KeyInfo& key, const std::string& text) {
  const auto number = parse_integer(text);
  if (!number) return tl::unexpected(number.error());
  Scalar scalar;
  scalar.whole = *number;
  return within(key, text, static_cast<double>(*number), scalar);
}

Parsed<Scalar> size(const KeyInfo& key, const std::string& text) {
  const auto bytes = parse_size(text);
  if (!bytes) return tl::unexpected(bytes.error());
  Scalar scalar;
  scalar.whole = static_cast<std::int64_t>(*bytes);
  return within(key, text, static_cast<double>(*bytes), scalar);
}

Parsed<Scalar> share(const KeyInfo& key, const std::string& text) {
  const auto fraction = parse_share(text);
  if (!fraction) return tl::unexpected(fraction.error());
  Scalar scalar;
  scalar.real = *fraction;
  return within(key, text, *fraction, scalar);
}

Parsed<Scalar> choice(std::string_view choices, const std::string& text) {
  const auto words = split_choices(choices);
  const auto found = std::find(words.begin(), words.end(), text);
  if (found == words.end()) {
    return tl::unexpected(fmt::format("'{}' is not possible here{}", shortened(text), suggestion(text, words)));
  }
  Scalar scalar;
  scalar.whole = found - words.begin();
  return scalar;
}

Parsed<Scalar> any_text(const KeyInfo& key, const std::string& text) {
  const auto length_max = key.max > 0 ? static_cast<std::size_t>(key.max) : 1'024;
  if (text.empty()) return tl::unexpected(std::string("the text is empty"));
  if (text.size() > length_max) {
    return tl::unexpected(fmt::format("'{}' is longer than {} bytes", shortened(text), length_max));
  }
  return Scalar{};
}

// Without the user and the password in front of its host: errors are read by many.
std::string shown_url(const std::string& text) {
  const std::size_t scheme_end = text.find("://");
  const std::size_t login_end = text.rfind('@');
  if (scheme_end == std::string::npos || login_end == std::string::npos || login_end < scheme_end)
    return shortened(text);
  return shortened(fmt::format("{}://***{}", text.substr(0, scheme_end), text.substr(login_end)));
}

Parsed<Scalar> url(const KeyInfo& key, const std::string& text) {
  auto parsed = wire::parse_url(text, key.choices);
  if (!parsed) {
    const std::string_view scheme = split_choices(key.choices).front();
    return tl::unexpected(fmt::format("'{}' {}; write it like {}://127.0.0.1:{}", shown_url(text), parsed.error(),
                                      scheme, scheme == "mqtt" ? 1'883 : 8'080));
  }
  Scalar scalar;
  scalar.url = std::move(*parsed);
  return scalar;
}

Parsed<Scalar> address(const std::string& text) {
  auto parsed = wire::parse_address(text);
  if (!parsed) {
    return tl::unexpected(fmt::format("'{}' {}; write it like 127.0.0.1:8080", shortened(text), parsed.error()));
  }
  Scalar scalar;
  scalar.url = {{}, std::move(parsed->host), parsed->port};
  return scalar;
}

}  // namespace

Parsed<Scalar> read_scalar(const KeyInfo& key, const std::string& text) {
  switch (key.form) {
    case Form::name:
    case Form::names:
      if (is_name(text)) return Scalar{};
      return tl::unexpected(
          fmt::format("'{}' is not a name; allowed are letters, digits, '_' and '-', at most 64", shortened(text)));
    case Form::flag:
      return choice("false|true", text);
    case Form::integer:
      return integer(key, text);
    case Form::duration:
    case Form::whole_seconds:
      return duration(key, text);
    case Form::rate:
    case Form::rate_or_max:
      return rate(key, text);
    case Form::size:
      return size(key, text);
    case Form::share:
      return share(key, text);
    case Form::choice:
    case Form::named_choices:
      return choice(key.choices, text);
    case Form::url:
      return url(key, text);
    case Form::address:
      return address(text);
    default:
      return any_text(key, text);
  }
}

std::vector<std::string_view> split_choices(std::string_view choices) {
  std::vector<std::string_view> words;
  while (!choices.empty()) {
    const std::size_t bar = std::min(choices.find('|'), choices.size());
    words.push_back(choices.substr(0, bar));
    choices.remove_prefix(std::min(bar + 1, choices.size()));
  }
  return words;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameMax && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

}  // namespace fleet::settings
