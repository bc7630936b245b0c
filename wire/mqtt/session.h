// The MQTT state machine of one device or publisher, without any I/O: bytes in, actions out, time handed in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <memory>
#include <string>

#include "wire/clock.h"
#include "wire/error.h"
#include "wire/mqtt/endpoint.h"
#include "wire/mqtt/types.h"

namespace fleet::wire::mqtt {

// One thing that happened. Which fields are set depends on the kind; views are valid until the next call of the session
// or the next reuse of the input, whichever comes first.
struct Event {
  enum class Kind : std::uint8_t {
    connected,     // CONNACK success: session_present
    subscribed,    // cookie, granted
    unsubscribed,  // cookie
    delivery,      // delivery; its acknowledgement is already in Actions::output
    acknowledged,  // our publish `packet_id` is done (PUBACK, PUBCOMP, or a refusing PUBREC): cookie, reason
    resend,        // after a reconnect with the session kept: send publish `packet_id` again with DUP: cookie
    renew,         // after a reconnect without the session: publish again as new, the old identifier is free: cookie
    closed,        // end the connection after Actions::output is written: reason, detail
  };
  Kind kind = Kind::closed;
  ReasonCode reason = ReasonCode::success;
  bool session_present = false;
  std::uint16_t packet_id = 0;
  std::uint64_t cookie = 0;
  Delivery delivery;
  std::span<const ReasonCode> granted;
  std::string_view detail;
};

// What one or more calls of a session want done. The caller reuses it for all sessions of its loop, so that nothing is
// allocated after warm-up.
struct Actions {
  std::vector<Event> events;
  std::vector<std::byte> output;     // control packets to write, in order, in front of later publishes
  std::vector<ReasonCode> granted;   // storage behind Event::granted
  // Buffers for packets that arrive in pieces; borrowed by a session while a packet is incomplete.
  std::vector<std::vector<std::byte>> spare_buffers;

  void clear() {
    events.clear();
    output.clear();
    granted.clear();
  }
};

// Why no publish can begin now.
enum class PublishRefusal : std::uint8_t {
  not_connected,
  window_full,         // the broker's receive maximum, or all packet identifiers, are in flight
  qos_not_supported,   // above the broker's maximum QoS
  retain_not_supported,
};

// Owned by one connection, lives on one loop. Never blocks, never reads a clock, never keeps a payload: the owner keeps
// what it published until `acknowledged`. Size: about 200 bytes idle; tables of in-flight publishes grow on first use.
// Source of all rules: MQTT 3.1.1 and 5.0 (OASIS).
class Session {
 public:
  // `options` is shared by many sessions and outlives this one.
  explicit Session(const EndpointOptions* options);
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  // Starts a connection on a fresh transport; appends CONNECT to out.output.
  void connect(const Login& login, TimePoint now, Actions& out);
  // Any part of the broker's byte stream. Appends events and control packets. A malformed or forbidden packet appends
  // `closed` with the specification's reason code (and, in MQTT 5, a DISCONNECT packet).
  void on_bytes(std::span<const std::byte> in, TimePoint now, Actions& out);
  // Keep-alive: PINGREQ when nothing was sent for a keep-alive, `closed` when a PINGRESP is overdue.
  void on_timer(TimePoint now, Actions& out);
  // The transport is gone. In-flight publishes stay for the next connection.
  void on_transport_lost(Actions& out);

  // Both append one packet; a cookie comes back in the event. Only while connected().
  void subscribe(std::span<const Subscription> filters, std::uint64_t cookie, TimePoint now, Actions& out);
  void unsubscribe(std::span<const std::string> filters, std::uint64_t cookie, TimePoint now, Actions& out);
  // Appends DISCONNECT; nothing may be sent behind it.
  void disconnect(ReasonCode reason, Actions& out);

  // QoS 1 and 2: takes a packet identifier and a place in the window. The owner writes the header
  // (encode_publish_header) and payload itself, in the order of the identifiers it got.
  [[nodiscard]] tl::expected<std::uint16_t, PublishRefusal> begin_publish(Qos qos, std::uint64_t cookie, TimePoint now);
  // The owner wrote something (a QoS 0 publish, say): keep-alive counts from here.
  void note_written(TimePoint now);

  [[nodiscard]] bool connected() const;
  [[nodiscard]] std::size_t in_flight() const;                  // our publishes without their final acknowledgement
  [[nodiscard]] std::uint32_t peer_maximum_packet_size() const; // bytes; what the broker accepts
  [[nodiscard]] Qos peer_maximum_qos() const;
  [[nodiscard]] bool peer_retain_available() const;

 private:
  struct State;
  std::unique_ptr<State> state_;  // an implementation may replace this by plain members
};

}  // namespace fleet::wire::mqtt
