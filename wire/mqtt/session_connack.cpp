// How a session takes up a connection: the broker's limits, and what the last connection left.
#include <algorithm>
#include <vector>

#include "wire/mqtt/session.h"

namespace fleet::wire::mqtt {
namespace {

using State = InFlight::State;

// Those that got PUBREC first, in the order of their PUBRECs [MQTT-4.6.0-4]; then the others, earliest publish first.
bool sent_before(const InFlight* a, const InFlight* b) {
  const bool a_received = a->state == State::awaits_pubcomp;
  const bool b_received = b->state == State::awaits_pubcomp;
  return a_received != b_received ? a_received : a->order < b->order;
}

std::vector<InFlight*> publishes_in_order(InFlightTable& table) {
  std::vector<InFlight*> found;
  for (InFlight& entry : table.slots()) {
    if (entry.is_publish()) found.push_back(&entry);
  }
  std::ranges::sort(found, sent_before);
  return found;
}

}  // namespace

void Session::receive_connack(const Frame& frame, Actions& out) {
  // A broker that knows 3.1.1 only refuses a 5.0 CONNECT in its own words, two bytes (MQTT 5.0 §3.1.2.2).
  const bool old_words = frame.body.size() == 2;
  ConnackPacket packet;
  ReasonCode decoded = decode_connack(old_words ? Version::v311 : options_->version, frame, packet);
  if (decoded == ReasonCode::success && old_words && options_->version == Version::v5 &&
      packet.reason == ReasonCode::success) {
    decoded = ReasonCode::malformed_packet;
  }
  if (decoded != ReasonCode::success) return close(decoded, "the broker sent a bad CONNACK", out);
  if (packet.reason != ReasonCode::success) return closed_by_peer(packet.reason, packet.properties, out);
  if (packet.session_present && clean_start_) {
    return close(ReasonCode::protocol_error, "the broker kept a session that we asked it to drop", out);
  }
  if (packet.properties.text(PropertyId::authentication_method)) {
    return close(ReasonCode::protocol_error, "the broker named an authentication method, and none was asked for", out);
  }
  take_limits(packet.properties);
  phase_ = Phase::connected;
  Event& event = out.events.emplace_back();
  event.kind = Event::Kind::connected;
  event.session_present = packet.session_present;
  if (packet.session_present) {
    take_up_session(out);
  } else {
    start_anew(out);
  }
}

void Session::take_limits(const Properties& properties) {
  for (const Property& property : properties) {
    switch (property.id) {
      case PropertyId::receive_maximum:
        peer_receive_maximum_ = static_cast<std::uint16_t>(property.number);
        break;
      case PropertyId::maximum_qos:
        peer_maximum_qos_ = static_cast<Qos>(property.number);
        break;
      case PropertyId::retain_available:
        peer_retain_available_ = property.number != 0;
        break;
      case PropertyId::maximum_packet_size:
        peer_maximum_packet_size_ = property.number;
        break;
      case PropertyId::server_keep_alive:
        keep_alive_s_ = static_cast<std::uint16_t>(property.number);
        break;
      case PropertyId::wildcard_subscription_available:
        peer_wildcards_available_ = property.number != 0;
        break;
      case PropertyId::shared_subscription_available:
        peer_shared_available_ = property.number != 0;
        break;
      case PropertyId::assigned_client_identifier:
        assigned_client_id_ = std::make_unique<std::string>(property.text);
        break;
      default:
        break;
    }
  }
}

void Session::take_up_session(Actions& out) {
  waiting_.clear();
  for (InFlight* entry : publishes_in_order(in_flight_)) {
    if (entry->state == State::awaits_pubcomp) {
      append_ack(PacketType::pubrel, entry->packet_id, ReasonCode::success, out);
      entry->in_window = true;
      ++in_window_;
    } else {
      waiting_.push_back({entry->order, entry->packet_id});
    }
  }
  std::ranges::reverse(waiting_);
  resend_what_fits(out);
}

void Session::resend_what_fits(Actions& out) {
  while (!waiting_.empty() && in_window_ < peer_receive_maximum_) {
    const Waiting next = waiting_.back();
    waiting_.pop_back();
    InFlight* entry = in_flight_.find(next.packet_id);
    // A broker may acknowledge what it got on the old connection before we send it again.
    if (entry == nullptr || entry->order != next.order) continue;
    entry->in_window = true;
    ++in_window_;
    Event& event = out.events.emplace_back();
    event.kind = Event::Kind::resend;
    event.packet_id = entry->packet_id;
    event.cookie = entry->cookie;
  }
}

void Session::start_anew(Actions& out) {
  received_.clear();
  for (InFlight* entry : publishes_in_order(in_flight_)) {
    Event& event = out.events.emplace_back();
    event.kind = Event::Kind::renew;
    event.packet_id = entry->packet_id;
    event.cookie = entry->cookie;
    in_flight_.release(*entry);
  }
  publishes_ = 0;
}

}  // namespace fleet::wire::mqtt
