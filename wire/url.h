// Addresses of brokers and APIs as people write them: scheme://host[:port].
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace fleet::wire {

// Where somebody listens. `host` is a name or an address, IPv6 without brackets.
struct Address {
  std::string host;
  std::uint16_t port = 0;

  // host:port, IPv6 in brackets (RFC 3986 §3.2.2).
  [[nodiscard]] std::string text() const;

  bool operator==(const Address&) const = default;
};

struct Url {
  std::string scheme;  // http, mqtt, mqtts; lower case
  std::string host;
  std::uint16_t port = 0;

  [[nodiscard]] Address address() const { return {host, port}; }
  // scheme://host:port, IPv6 in brackets.
  [[nodiscard]] std::string text() const { return scheme + "://" + address().text(); }

  bool operator==(const Url&) const = default;
};

// Reads scheme://host[:port][/] with a scheme out of `schemes` ("mqtt" or "http|https"), in any case; IPv6 addresses
// stand in brackets (mqtt://[::1]:1883), ports are 1 to 65535. A port left out is the scheme's own: 1883 for mqtt, 8883
// for mqtts (IANA), 443 for https and wss, otherwise 80. Errors, each the rest of a sentence that begins with the text
// ("holds more than host and port"): no URL, another scheme, user information, a path, a missing or wrong host, a wrong
// port.
[[nodiscard]] tl::expected<Url, std::string> parse_url(std::string_view text, std::string_view schemes);

// Reads host:port with a port from 0 to 65535. Errors as above.
[[nodiscard]] tl::expected<Address, std::string> parse_address(std::string_view text);

}  // namespace fleet::wire
