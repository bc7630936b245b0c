#include "wire/mqtt/cause.h"

#include <array>
#include <cerrno>
#include <cstddef>

namespace fleet::wire::mqtt {

std::string_view cause_name(Cause cause) {
  constexpr std::array<std::string_view, 18> kNames{
      "",
      "connection refused",
      "unreachable",
      "no answer",
      "no local port left",
      "no file descriptor left",
      "connection lost",
      "closed by the broker",
      "TLS handshake failed",
      "certificate expired",
      "certificate not yet valid",
      "certificate self-signed",
      "certificate of an unknown issuer",
      "certificate of another name",
      "certificate not accepted",
      "certificate refused by the broker",
      "WebSocket refused",
      "other",
  };
  static_assert(static_cast<std::size_t>(Cause::other) + 1 == kNames.size());
  return kNames[static_cast<std::size_t>(cause)];
}

Cause cause_of_errno(int error) {
  switch (error) {
    case ECONNREFUSED:
      return Cause::connection_refused;
    case EHOSTUNREACH:
    case ENETUNREACH:
      return Cause::unreachable;
    case ETIMEDOUT:
      return Cause::no_answer;
    case EADDRNOTAVAIL:
    case EADDRINUSE:
      return Cause::no_local_port;
    case EMFILE:
    case ENFILE:
      return Cause::no_descriptor;
    default:
      return Cause::connection_lost;
  }
}

bool is_lasting(Cause cause) { return cause >= Cause::tls_failed && cause <= Cause::websocket_refused; }

}  // namespace fleet::wire::mqtt
