#include "wire/mqtt/url.h"

#include <algorithm>
#include <charconv>

namespace fleet::wire::mqtt {
namespace {

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

}  // namespace

std::string BrokerUrl::authority() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string BrokerUrl::text() const { return "mqtt://" + authority(); }

Result<BrokerUrl> parse_broker_url(std::string_view text) {
  const auto wrong = [text](std::string message) { return usage_error(std::move(message), std::string(text)); };

  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return wrong("a broker is written mqtt://host:port");
  std::string scheme(text.substr(0, scheme_end));
  std::transform(scheme.begin(), scheme.end(), scheme.begin(), lower);
  if (scheme == "mqtts" || scheme == "ws" || scheme == "wss") {
    return wrong(scheme + ":// is not supported yet; use mqtt://");
  }
  if (scheme != "mqtt") return wrong("unknown scheme '" + scheme + "' of a broker; use mqtt://");

  std::string_view rest = text.substr(scheme_end + 3);
  if (const std::size_t slash = rest.find_first_of("/?#"); slash != std::string_view::npos) {
    if (rest.substr(slash) != "/") return wrong("a broker's address ends behind its port");
    rest = rest.substr(0, slash);
  }
  if (rest.find('@') != std::string_view::npos) {
    return wrong("a broker's address carries no user name or password");
  }

  BrokerUrl url;
  std::string_view port;
  bool has_port = false;
  if (!rest.empty() && rest.front() == '[') {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) return wrong("the bracket around the IPv6 address is not closed");
    url.host = rest.substr(1, close - 1);
    rest = rest.substr(close + 1);
    if (url.host.find(':') == std::string::npos || !std::all_of(url.host.begin(), url.host.end(), is_ipv6_char)) {
      return wrong("'" + url.host + "' is not an IPv6 address");
    }
    if (!rest.empty() && rest.front() != ':') return wrong("expected a colon and a port behind the IPv6 address");
    has_port = !rest.empty();
    if (has_port) port = rest.substr(1);
  } else {
    const std::size_t colon = rest.find(':');
    url.host = rest.substr(0, colon);
    has_port = colon != std::string_view::npos;
    if (has_port) port = rest.substr(colon + 1);
    if (has_port && port.find(':') != std::string_view::npos) {
      return wrong("an IPv6 address is written in brackets: mqtt://[::1]:1883");
    }
    if (url.host.empty()) return wrong("the host is missing; a broker is written mqtt://host:port");
    if (url.host.size() > kHostBytesMax || !std::all_of(url.host.begin(), url.host.end(), is_host_char)) {
      return wrong("'" + url.host + "' is not a host name");
    }
  }
  if (has_port) {
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (error != std::errc{} || end != port.data() + port.size() || url.port == 0) {
      return wrong("'" + std::string(port) + "' is not a port; ports are 1 to 65535");
    }
  }
  return url;
}

}  // namespace fleet::wire::mqtt
