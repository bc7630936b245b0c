// Broker addresses as people write them: mqtt://host[:port].
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wire/error.h"

namespace fleet::wire::mqtt {

// Where a broker listens. `host` is a name or an address, IPv6 without brackets.
struct BrokerUrl {
  std::string host;
  std::uint16_t port = 1883;  // IANA's port for MQTT

  // mqtt://host:port, IPv6 in brackets.
  [[nodiscard]] std::string text() const;
  // host:port, IPv6 in brackets.
  [[nodiscard]] std::string authority() const;

  bool operator==(const BrokerUrl&) const = default;
};

// Reads mqtt://host[:port][/]; the scheme in any case, IPv6 in brackets (mqtt://[::1]:1883), ports 1 to 65535, 1883
// when left out. Errors (usage, `where` is the text): mqtts, ws and wss, which are known and not supported; any other
// scheme or none; user information; a path; a missing host; a bad port.
[[nodiscard]] Result<BrokerUrl> parse_broker_url(std::string_view text);

}  // namespace fleet::wire::mqtt
