#include "sim/scenario/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "sim/scenario/scalar.h"
#include "sim/scenario/spelling.h"

namespace fleet::sim {

namespace {

bool is_host(std::string_view host, bool bracketed) {
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [&](char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return letter || c == '.' || c == '-' || c == '_' || (bracketed && c == ':');
  });
}

}  // namespace

Parsed<Url> parse_url(std::string_view text, std::string_view schemes) {
  const auto allowed = split_choices(schemes);
  const std::string example =
      fmt::format("{}://127.0.0.1:{}", allowed.front(), allowed.front() == "mqtt" ? 1883 : 8080);
  const auto wrong = [&](std::string_view why) {
    return tl::unexpected(fmt::format("'{}' {}; write it like {}", shortened(text), why, example));
  };
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return wrong("is not a URL");
  Url url;
  url.scheme = text.substr(0, colon);
  if (std::find(allowed.begin(), allowed.end(), url.scheme) == allowed.end()) {
    return wrong(fmt::format("has a scheme that is not supported (allowed: {}://)", fmt::join(allowed, ":// ")));
  }
  std::string_view rest = text.substr(colon + 3);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#@") != std::string_view::npos) return wrong("holds more than host and port");
  const bool bracketed = rest.starts_with('[');
  const std::size_t host_end = bracketed ? rest.find(']') : rest.find(':');
  if (bracketed && host_end == std::string_view::npos) return wrong("lacks a ']'");
  url.host = bracketed ? rest.substr(1, host_end - 1) : rest.substr(0, host_end);
  if (!is_host(url.host, bracketed)) return wrong("has no host that can be read");
  std::string_view port = host_end == std::string_view::npos ? "" : rest.substr(host_end + (bracketed ? 1 : 0));
  if (port.empty()) {
    url.port = url.scheme == "mqtt" ? 1883 : 80;
    return url;
  }
  std::uint16_t number = 0;
  const auto [stop, failure] = std::from_chars(port.data() + 1, port.data() + port.size(), number);
  if (port.front() != ':' || failure != std::errc{} || stop != port.data() + port.size() || number == 0) {
    return wrong("has no port of 1 .. 65535");
  }
  url.port = number;
  return url;
}

}  // namespace fleet::sim
