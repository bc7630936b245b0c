// Why a connection could not be made or was lost: one name a kind, so that a report can count them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fleet::wire::mqtt {

// What ended a connection beside a reason code of MQTT.
enum class Cause : std::uint8_t {
  none,                         // the broker's reason code says it, or we ended it ourselves
  connection_refused,           // nobody listens
  unreachable,                  // no way to the host
  no_answer,                    // no connection, handshake or CONNACK in time
  no_local_port,                // every local port towards the broker is taken
  no_descriptor,                // the process or the machine has no file left
  connection_lost,              // reset, or an error of the system
  closed_by_broker,             // the end of the stream
  tls_failed,                   // the other end speaks no TLS, or no version or cipher in common
  certificate_expired,          // of the broker, as all that follow but the last
  certificate_not_yet_valid,    //
  certificate_self_signed,      // not by anybody in the CA file
  certificate_unknown_issuer,   // signed by somebody who is not in the CA file
  certificate_of_another_name,  // not the broker's host
  certificate_not_accepted,     // for any other reason
  certificate_refused,          // the broker does not take ours, or wants one and got none
  websocket_refused,            // the other end speaks no WebSocket, or not the sub-protocol mqtt
  other,                        // what Paho does not tell
};

// The name for people and reports: "certificate expired"; empty for none.
[[nodiscard]] std::string_view cause_name(Cause cause);

// The kind of an error of a system call.
[[nodiscard]] Cause cause_of_errno(int error);

// A kind and a sentence for people.
struct Fault {
  Cause cause = Cause::none;
  std::string text;
};

// True where another attempt cannot succeed before somebody changes a certificate, a CA file or an address: everything
// that a handshake above TCP may end with.
[[nodiscard]] bool is_lasting(Cause cause);

}  // namespace fleet::wire::mqtt
