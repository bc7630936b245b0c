#include "wire/url.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace fleet::wire {
namespace {

template <class T>
using Parsed = tl::expected<T, std::string>;

constexpr std::size_t kHostBytesMax = 253;  // RFC 1035 §2.3.4, as text

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_host_char(char c) {
  const char l = lower(c);
  return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

bool is_ipv6_char(char c) {
  const char l = lower(c);
  return (l >= 'a' && l <= 'f') || (c >= '0' && c <= '9') || c == ':' || c == '.';
}

tl::unexpected<std::string> wrong(std::string why) { return tl::unexpected<std::string>(std::move(why)); }

struct Authority {
  std::string host;
  std::optional<std::string_view> port;
};

// host, host:port, [ipv6] or [ipv6]:port
Parsed<Authority> split_authority(std::string_view text) {
  if (text.find('@') != std::string_view::npos) return wrong("holds a login, which has keys of its own");
  if (text.find_first_of("/?#") != std::string_view::npos) return wrong("holds more than host and port");
  Authority out;
  std::string_view behind;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return wrong("lacks a ']'");
    out.host = text.substr(1, close - 1);
    behind = text.substr(close + 1);
    if (out.host.find(':') == std::string::npos || !std::all_of(out.host.begin(), out.host.end(), is_ipv6_char)) {
      return wrong("has no IPv6 address between its brackets");
    }
    if (!behind.empty() && behind.front() != ':') return wrong("has no colon between its ']' and its port");
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    out.host = text.substr(0, colon);
    behind = text.substr(colon);
    if (behind.find(':', 1) != std::string_view::npos) {
      return wrong("has more than one colon; an IPv6 address stands in brackets, like [::1]:1883");
    }
    if (out.host.empty()) return wrong("has no host");
    if (out.host.size() > kHostBytesMax || !std::all_of(out.host.begin(), out.host.end(), is_host_char)) {
      return wrong("has no host that can be read");
    }
  }
  if (!behind.empty()) out.port = behind.substr(1);
  return out;
}

Parsed<std::uint16_t> parse_port(std::string_view text, std::uint16_t min) {
  std::uint16_t port = 0;
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failure == std::errc{} && stop == text.data() + text.size() && port >= min) return port;
  return wrong("has no port of " + std::to_string(min) + " .. 65535");
}

// Whether "http|https" holds `scheme`.
bool is_one_of(std::string_view schemes, std::string_view scheme) {
  for (;;) {
    const std::size_t bar = std::min(schemes.find('|'), schemes.size());
    if (schemes.substr(0, bar) == scheme) return true;
    if (bar == schemes.size()) return false;
    schemes.remove_prefix(bar + 1);
  }
}

std::uint16_t default_port(std::string_view scheme) {
  if (scheme == "mqtt") return 1'883;
  if (scheme == "mqtts") return 8'883;
  return scheme == "https" || scheme == "wss" ? 443 : 80;
}

std::string allowed_text(std::string_view schemes) {
  std::string text;
  for (const char c : schemes) text += c == '|' ? std::string(":// ") : std::string(1, c);
  return text + "://";
}

}  // namespace

std::string Address::text() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Parsed<Url> parse_url(std::string_view text, std::string_view schemes) {
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return wrong("is not a URL");
  Url url;
  url.scheme = text.substr(0, scheme_end);
  std::transform(url.scheme.begin(), url.scheme.end(), url.scheme.begin(), lower);
  if (!is_one_of(schemes, url.scheme)) {
    return wrong("has a scheme that is not supported (allowed: " + allowed_text(schemes) + ")");
  }
  std::string_view rest = text.substr(scheme_end + 3);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  auto authority = split_authority(rest);
  if (!authority) return tl::unexpected(std::move(authority.error()));
  url.host = std::move(authority->host);
  url.port = default_port(url.scheme);
  if (!authority->port) return url;
  const auto port = parse_port(*authority->port, 1);
  if (!port) return tl::unexpected(port.error());
  url.port = *port;
  return url;
}

Parsed<Address> parse_address(std::string_view text) {
  auto authority = split_authority(text);
  if (!authority) return tl::unexpected(std::move(authority.error()));
  const auto port = parse_port(authority->port.value_or(""), 0);
  if (!port) return tl::unexpected(port.error());
  return Address{std::move(authority->host), *port};
}

}  // namespace fleet::wire
