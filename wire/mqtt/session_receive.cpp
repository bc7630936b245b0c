// What a session does with each packet of the broker.
#include "wire/mqtt/session.h"

namespace fleet::wire::mqtt {
namespace {

using State = InFlight::State;

// What people read when a packet of the broker is refused, by packet type.
constexpr std::string_view kBadPacket[16] = {
    "the broker sent a packet of the reserved type 0",
    "the broker sent CONNECT",
    "the broker sent a bad CONNACK",
    "the broker sent a bad PUBLISH",
    "the broker sent a bad PUBACK",
    "the broker sent a bad PUBREC",
    "the broker sent a bad PUBREL",
    "the broker sent a bad PUBCOMP",
    "the broker sent SUBSCRIBE",
    "the broker sent a bad SUBACK",
    "the broker sent UNSUBSCRIBE",
    "the broker sent a bad UNSUBACK",
    "the broker sent PINGREQ",
    "the broker sent a bad PINGRESP",
    "the broker sent a bad DISCONNECT",
    "the broker sent AUTH, and no authentication method was agreed on",
};

std::string_view bad_packet(const Frame& frame) { return kBadPacket[frame.first >> 4]; }

}  // namespace

void Session::receive(const Frame& frame, Actions& out) {
  const PacketType type = frame.type();
  if ((phase_ == Phase::connecting) != (type == PacketType::connack)) {
    return close(
        ReasonCode::protocol_error,
        phase_ == Phase::connecting ? "the broker's first packet is not CONNACK" : "the broker sent a second CONNACK",
        out);
  }
  switch (type) {
    case PacketType::publish:
      return receive_publish(frame, out);
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp:
      return receive_ack(frame, out);
    case PacketType::connack:
      return receive_connack(frame, out);
    case PacketType::suback:
      return receive_suback(frame, out);
    case PacketType::unsuback:
      return receive_unsuback(frame, out);
    case PacketType::disconnect:
      return receive_disconnect(frame, out);
    case PacketType::pingresp:
      ping_outstanding_ = false;
      if (decode_empty(frame) != ReasonCode::success) close(ReasonCode::malformed_packet, bad_packet(frame), out);
      return;
    case PacketType::connect:
    case PacketType::subscribe:
    case PacketType::unsubscribe:
    case PacketType::pingreq:
    case PacketType::auth:
      return close(ReasonCode::protocol_error, bad_packet(frame), out);
  }
  close(ReasonCode::malformed_packet, bad_packet(frame), out);
}

void Session::receive_publish(const Frame& frame, Actions& out) {
  PublishPacket packet;
  const ReasonCode decoded = decode_publish(options_->version, frame, packet);
  if (decoded != ReasonCode::success) return close(decoded, bad_packet(frame), out);
  // We announce no topic alias maximum, so every alias is above it (MQTT 5.0 §3.3.2.3.4).
  if (!packet.properties.empty() && packet.properties.number(PropertyId::topic_alias)) {
    return close(ReasonCode::topic_alias_invalid, "the broker sent a topic alias, and we take none", out);
  }
  if (packet.qos == Qos::exactly_once) {
    const bool fresh = !received_.contains(packet.packet_id);
    const std::uint32_t bound = options_->version == Version::v5 && options_->receive_maximum != 0
                                    ? options_->receive_maximum
                                    : std::uint32_t{65'535};
    if (fresh && received_.size() >= bound) {
      return close(ReasonCode::receive_maximum_exceeded, "the broker sent more QoS 2 publishes than we take at a time",
                   out);
    }
    if (fresh) received_.insert(packet.packet_id);
    append_ack(PacketType::pubrec, packet.packet_id, ReasonCode::success, out);
    if (!fresh) return;  // delivered before (§4.3.3)
  } else if (packet.qos == Qos::at_least_once) {
    append_ack(PacketType::puback, packet.packet_id, ReasonCode::success, out);
  }
  Event& event = out.events.emplace_back();
  event.kind = Event::Kind::delivery;
  event.packet_id = packet.packet_id;
  event.delivery = {packet.topic, packet.payload, packet.qos, packet.dup, packet.retain};
}

void Session::append_ack(PacketType type, std::uint16_t packet_id, ReasonCode reason, Actions& out) {
  encode_ack(options_->version, {.type = type, .packet_id = packet_id, .reason = reason, .properties = {}}, out.output);
}

void Session::receive_ack(const Frame& frame, Actions& out) {
  AckPacket packet;
  const ReasonCode decoded = decode_ack(options_->version, frame, packet);
  if (decoded != ReasonCode::success) return close(decoded, bad_packet(frame), out);
  if (packet.type == PacketType::pubrel) return receive_pubrel(packet, out);

  InFlight* entry = in_flight_.find(packet.packet_id);
  if (packet.type == PacketType::pubrec) return receive_pubrec(packet, entry, out);
  if (entry == nullptr) return;  // answered before, in an earlier connection
  const State expected = packet.type == PacketType::puback ? State::awaits_puback : State::awaits_pubcomp;
  if (entry->state != expected) {
    return close(ReasonCode::protocol_error, "the broker's acknowledgement does not fit what it acknowledges", out);
  }
  // "Packet identifier not found" in a PUBCOMP is no failure: the PUBREC had taken the message over.
  complete(*entry, packet.type == PacketType::puback ? packet.reason : ReasonCode::success, out);
}

void Session::receive_pubrec(const AckPacket& packet, InFlight* entry, Actions& out) {
  if (entry == nullptr) {
    if (is_failure(packet.reason)) return;
    return append_ack(PacketType::pubrel, packet.packet_id, ReasonCode::packet_identifier_not_found, out);
  }
  if (entry->state != State::awaits_pubrec && entry->state != State::awaits_pubcomp) {
    return close(ReasonCode::protocol_error, "the broker's acknowledgement does not fit what it acknowledges", out);
  }
  if (is_failure(packet.reason)) return complete(*entry, packet.reason, out);
  if (entry->state == State::awaits_pubrec) {
    entry->state = State::awaits_pubcomp;
    entry->order = in_flight_.next_order();
  }
  append_ack(PacketType::pubrel, packet.packet_id, ReasonCode::success, out);
}

void Session::receive_pubrel(const AckPacket& packet, Actions& out) {
  const bool known = received_.erase(packet.packet_id);
  append_ack(PacketType::pubcomp, packet.packet_id,
             known ? ReasonCode::success : ReasonCode::packet_identifier_not_found, out);
}

void Session::complete(InFlight& entry, ReasonCode reason, Actions& out) {
  Event& event = out.events.emplace_back();
  event.kind = Event::Kind::acknowledged;
  event.packet_id = entry.packet_id;
  event.cookie = entry.cookie;
  event.reason = reason;
  --publishes_;
  if (entry.in_window) --in_window_;
  in_flight_.release(entry);
  if (!waiting_.empty()) resend_what_fits(out);
}

void Session::receive_suback(const Frame& frame, Actions& out) {
  SubackPacket packet;
  const ReasonCode decoded = decode_suback(options_->version, frame, packet);
  if (decoded != ReasonCode::success) return close(decoded, bad_packet(frame), out);
  InFlight* entry = in_flight_.find(packet.packet_id);
  if (entry == nullptr) return;
  if (entry->state != State::awaits_suback || packet.codes.size() != entry->filters) {
    return close(ReasonCode::protocol_error, "the broker's SUBACK does not fit the SUBSCRIBE", out);
  }
  Event& event = out.events.emplace_back();
  event.kind = Event::Kind::subscribed;
  event.packet_id = packet.packet_id;
  event.cookie = entry->cookie;
  in_flight_.release(*entry);
  out.add_granted(event, packet.codes);
}

void Session::receive_unsuback(const Frame& frame, Actions& out) {
  UnsubackPacket packet;
  const ReasonCode decoded = decode_unsuback(options_->version, frame, packet);
  if (decoded != ReasonCode::success) return close(decoded, bad_packet(frame), out);
  InFlight* entry = in_flight_.find(packet.packet_id);
  if (entry == nullptr) return;
  const bool counted = options_->version == Version::v311 || packet.codes.size() == entry->filters;
  if (entry->state != State::awaits_unsuback || !counted) {
    return close(ReasonCode::protocol_error, "the broker's UNSUBACK does not fit the UNSUBSCRIBE", out);
  }
  Event& event = out.events.emplace_back();
  event.kind = Event::Kind::unsubscribed;
  event.packet_id = packet.packet_id;
  event.cookie = entry->cookie;
  for (std::size_t index = 0; index < packet.codes.size() && !is_failure(event.reason); ++index) {
    if (is_failure(packet.codes[index])) event.reason = packet.codes[index];
  }
  in_flight_.release(*entry);
}

void Session::receive_disconnect(const Frame& frame, Actions& out) {
  if (options_->version == Version::v311) return close(ReasonCode::protocol_error, bad_packet(frame), out);
  DisconnectPacket packet;
  const ReasonCode decoded = decode_disconnect(options_->version, frame, packet);
  if (decoded != ReasonCode::success) return close(decoded, bad_packet(frame), out);
  closed_by_peer(packet.reason, packet.properties, out);
}

void Session::close(ReasonCode reason, std::string_view detail, Actions& out) {
  // A DISCONNECT says why, where the version has a word for it and the client may use it (MQTT 5.0 §3.14.2.1).
  const bool sayable = reason != ReasonCode::keep_alive_timeout;
  if (phase_ == Phase::connected && options_->version == Version::v5 && sayable) {
    encode_disconnect(Version::v5, {.reason = reason, .properties = {}}, out.output);
  }
  phase_ = Phase::closed;
  Event& event = out.events.emplace_back();
  event.kind = Event::Kind::closed;
  event.reason = reason;
  event.detail = detail;
}

void Session::closed_by_peer(ReasonCode reason, const Properties& properties, Actions& out) {
  phase_ = Phase::closed;
  Event& event = out.events.emplace_back();
  event.kind = Event::Kind::closed;
  event.reason = reason;
  event.detail = properties.text(PropertyId::reason_string).value_or(reason_name(reason));
}

}  // namespace fleet::wire::mqtt
