// The MQTT state machine of one device or publisher, without any I/O: bytes in, actions out, time handed in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/clock.h"
#include "wire/error.h"
#include "wire/mqtt/codec.h"
#include "wire/mqtt/endpoint.h"
#include "wire/mqtt/in_flight.h"
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
  std::vector<std::byte> output;    // control packets to write, in order, in front of later publishes
  std::vector<ReasonCode> granted;  // storage behind Event::granted
  // Buffers for packets that arrive in pieces; borrowed by a session while a packet is incomplete.
  std::vector<std::vector<std::byte>> spare_buffers;
  // Buffers whose packet is complete: events may still point into them, so they become spare at clear().
  std::vector<std::vector<std::byte>> used_buffers;

  void clear() {
    events.clear();
    output.clear();
    granted.clear();
    if (!used_buffers.empty()) recycle();
  }
  // Stores the codes behind `event`, which must be the last of `events`; earlier events stay right.
  void add_granted(Event& event, const ReasonCodes& codes);

 private:
  void recycle();
};

// Why no publish can begin now. Retain is the owner's to check: peer_retain_available().
enum class PublishRefusal : std::uint8_t {
  not_connected,
  window_full,        // the broker's receive maximum, or all packet identifiers, are in flight
  qos_not_supported,  // above the broker's maximum QoS
};

// Owned by one connection, lives on one loop. Never blocks, never reads a clock, never keeps a payload: the owner keeps
// what it published until `acknowledged`. Size: about 200 bytes idle; tables of in-flight publishes grow on first use.
// Source of all rules: MQTT 3.1.1 and 5.0 (OASIS).
class Session {
 public:
  // `options` is shared by many sessions and outlives this one.
  explicit Session(const EndpointOptions* options) : options_(options) {}

  // Starts a connection on a fresh transport; appends CONNECT to out.output. A login that no CONNECT can carry (a field
  // of more than 65,535 bytes) appends `closed` instead. A password without a user name goes with an empty one in
  // 3.1.1. With an empty client_id, the identifier that a 5.0 broker assigned before is used again.
  void connect(const Login& login, TimePoint now, Actions& out);
  // Any part of the broker's byte stream. Appends events and control packets. A malformed or forbidden packet appends
  // `closed` with the specification's reason code (and, in MQTT 5, a DISCONNECT packet); what follows is passed over.
  void on_bytes(std::span<const std::byte> in, TimePoint now, Actions& out);
  // Keep-alive: PINGREQ when nothing was sent, or nothing was received, for almost a keep-alive (the broker's, where it
  // names one); `closed` when a further keep-alive brought nothing from the broker. Call at least twice a second.
  void on_timer(TimePoint now, Actions& out);
  // The transport is gone. In-flight publishes stay for the next connection; subscribe and unsubscribe requests without
  // an answer are forgotten.
  void on_transport_lost(Actions& out);

  // Both append one packet; a cookie comes back in the event. At least one filter. Nothing happens unless connected().
  // A request that the broker said it does not support, that is larger than its maximum packet size, that holds an
  // invalid filter or that finds no free identifier is answered at once: a `subscribed` event in which the offending
  // filters have their own code and the others implementation_specific_error, or `unsubscribed` with the reason.
  void subscribe(std::span<const Subscription> filters, std::uint64_t cookie, TimePoint now, Actions& out);
  void unsubscribe(std::span<const std::string> filters, std::uint64_t cookie, TimePoint now, Actions& out);
  // Appends DISCONNECT; nothing may be sent behind it. Nothing happens unless connected().
  void disconnect(ReasonCode reason, Actions& out);

  // QoS 1 and 2: takes a packet identifier and a place in the window. The owner writes the header
  // (encode_publish_header) and payload itself, in the order of the identifiers it got. Refused with window_full also
  // while publishes of an earlier connection wait for their turn to be sent again.
  [[nodiscard]] tl::expected<std::uint16_t, PublishRefusal> begin_publish(Qos qos, std::uint64_t cookie, TimePoint now);
  // The owner wrote something (a QoS 0 publish, say): keep-alive counts from here.
  void note_written(TimePoint now) { last_written_ = now; }

  [[nodiscard]] bool connected() const { return phase_ == Phase::connected; }
  // Our publishes without their final acknowledgement.
  [[nodiscard]] std::size_t in_flight() const { return publishes_; }
  // Bytes of the largest packet that the broker accepts.
  [[nodiscard]] std::uint32_t peer_maximum_packet_size() const { return peer_maximum_packet_size_; }
  [[nodiscard]] Qos peer_maximum_qos() const { return peer_maximum_qos_; }
  [[nodiscard]] bool peer_retain_available() const { return peer_retain_available_; }
  // The keep-alive in force: the broker's where it names one. 0: none.
  [[nodiscard]] std::chrono::seconds keep_alive() const { return std::chrono::seconds(keep_alive_s_); }
  // The identifier that a 5.0 broker gave us; empty when we chose our own.
  [[nodiscard]] std::string_view assigned_client_id() const {
    return assigned_client_id_ ? std::string_view(*assigned_client_id_) : std::string_view();
  }

 private:
  enum class Phase : std::uint8_t { idle, connecting, connected, closed };

  // A publish of an earlier connection that waits for its turn to be sent again.
  struct Waiting {
    std::uint64_t order = 0;
    std::uint16_t packet_id = 0;
  };

  // Cuts and takes whole packets off `in`; returns the unfinished rest.
  std::span<const std::byte> receive_whole(std::span<const std::byte> in, Actions& out);
  // Feeds the packet that began in an earlier call; returns what is behind it.
  std::span<const std::byte> receive_piece(std::span<const std::byte> in, Actions& out);
  void keep_piece(std::span<const std::byte> in, Actions& out);
  // False when the frame ended the connection.
  bool accept(FrameStatus status, const Frame& frame, Actions& out);
  void receive(const Frame& frame, Actions& out);
  void receive_connack(const Frame& frame, Actions& out);
  void receive_publish(const Frame& frame, Actions& out);
  void receive_ack(const Frame& frame, Actions& out);
  void receive_pubrec(const AckPacket& packet, InFlight* entry, Actions& out);
  void receive_pubrel(const AckPacket& packet, Actions& out);
  void receive_suback(const Frame& frame, Actions& out);
  void receive_unsuback(const Frame& frame, Actions& out);
  void receive_disconnect(const Frame& frame, Actions& out);

  void take_limits(const Properties& properties);
  void take_up_session(Actions& out);
  void start_anew(Actions& out);
  void resend_what_fits(Actions& out);
  void complete(InFlight& entry, ReasonCode reason, Actions& out);
  void append_ack(PacketType type, std::uint16_t packet_id, ReasonCode reason, Actions& out);
  void refuse_filters(std::span<const Subscription> filters, ReasonCode reason, std::uint64_t cookie, Actions& out);
  [[nodiscard]] ReasonCode check_filter(std::string_view filter) const;
  void give_back_piece(Actions& out);
  // Ends the connection from our side.
  void close(ReasonCode reason, std::string_view detail, Actions& out);
  // The broker ended it.
  void closed_by_peer(ReasonCode reason, const Properties& properties, Actions& out);

  const EndpointOptions* options_;
  TimePoint last_written_{};
  TimePoint last_received_{};
  TimePoint ping_written_{};
  std::vector<std::byte> piece_;  // a packet that has not wholly arrived; borrowed from Actions::spare_buffers
  InFlightTable in_flight_;
  PacketIdSet received_;          // QoS 2 publishes of the broker that wait for PUBREL
  std::vector<Waiting> waiting_;  // last to be sent first
  std::unique_ptr<std::string> assigned_client_id_;
  std::uint32_t piece_size_ = 0;  // bytes of the whole packet; 0 while its length is not known
  std::uint32_t publishes_ = 0;   // entries of in_flight_ that are publishes
  std::uint32_t in_window_ = 0;   // subset of publishes_: hold a place of the broker's receive maximum
  std::uint32_t peer_maximum_packet_size_ = kPacketSizeMax;
  std::uint16_t peer_receive_maximum_ = 65'535;
  std::uint16_t keep_alive_s_ = 0;
  Phase phase_ = Phase::idle;
  Qos peer_maximum_qos_ = Qos::exactly_once;
  bool ping_outstanding_ = false;
  bool clean_start_ = true;  // what this connection's CONNECT said
  bool peer_retain_available_ = true;
  bool peer_wildcards_available_ = true;
  bool peer_shared_available_ = true;
};

}  // namespace fleet::wire::mqtt
