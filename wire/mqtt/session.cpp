// What the owner asks of a session; what the broker sends is in session_receive.cpp.
#include "wire/mqtt/session.h"

#include <algorithm>
#include <utility>

#include "wire/mqtt/topic.h"

namespace fleet::wire::mqtt {
namespace {

constexpr std::size_t kFieldMax = 65'535;
constexpr std::uint16_t kReceiveMaximumDefault = 65'535;  // what an absent property means (MQTT 5.0 §3.1.2.11.3)

std::size_t request_size(std::span<const Subscription> filters) {
  std::size_t size = 0;
  for (const Subscription& subscription : filters) size += subscription.filter.size() + 3;
  return size;
}

std::size_t request_size(std::span<const std::string> filters) {
  std::size_t size = 0;
  for (const std::string& filter : filters) size += filter.size() + 2;
  return size;
}

// What a request has besides its list: type, length, packet identifier, length of the properties.
constexpr std::size_t kRequestHead = 1 + 4 + 2 + 1;

bool has_wildcard(std::string_view filter) { return filter.find_first_of("+#") != std::string_view::npos; }

void append_connect_properties(const EndpointOptions& options, PropertyList& list) {
  using enum PropertyId;
  if (options.session_expiry_s != 0) list.add(session_expiry_interval, options.session_expiry_s);
  if (options.receive_maximum != 0 && options.receive_maximum != kReceiveMaximumDefault) {
    list.add(receive_maximum, options.receive_maximum);
  }
  if (options.maximum_packet_size != 0) list.add(maximum_packet_size, options.maximum_packet_size);
  // Topic alias maximum is left out: 0, we take no aliases.
}

}  // namespace

void Session::connect(const Login& login, TimePoint now, Actions& out) {
  on_transport_lost(out);  // where the owner has not said so
  phase_ = Phase::connecting;
  last_written_ = last_received_ = now;
  peer_maximum_packet_size_ = kPacketSizeMax;
  peer_receive_maximum_ = kReceiveMaximumDefault;
  peer_maximum_qos_ = Qos::exactly_once;
  peer_retain_available_ = peer_wildcards_available_ = peer_shared_available_ = true;
  clean_start_ = options_->clean_start;
  keep_alive_s_ = static_cast<std::uint16_t>(std::clamp<std::int64_t>(options_->keep_alive.count(), 0, 65'535));

  if (login.client_id.size() > kFieldMax) {
    return close(ReasonCode::client_identifier_not_valid, "the client identifier is longer than 65,535 bytes", out);
  }
  if (login.username.size() > kFieldMax || login.password.size() > kFieldMax) {
    return close(ReasonCode::bad_user_name_or_password, "user name or password is longer than 65,535 bytes", out);
  }
  if (login.will && (login.will->topic.size() > kFieldMax || login.will->payload.size() > kFieldMax)) {
    return close(ReasonCode::packet_too_large, "the will is longer than 65,535 bytes", out);
  }
  ConnectPacket packet;
  packet.version = options_->version;
  if (login.will) {
    const auto payload = std::as_bytes(std::span<const char>(login.will->payload));
    packet.will = Will{login.will->topic, payload, login.will->qos, login.will->retain, {}};
  }
  packet.clean_start = clean_start_;
  packet.keep_alive_s = keep_alive_s_;
  packet.client_id = login.client_id.empty() ? assigned_client_id() : std::string_view(login.client_id);
  if (!login.password.empty()) packet.password = login.password;
  const bool needs_username = packet.password.has_value() && options_->version == Version::v311;
  if (!login.username.empty() || needs_username) packet.username = login.username;
  PropertyList properties;
  if (options_->version == Version::v5) append_connect_properties(*options_, properties);
  packet.properties = properties.view();
  encode_connect(packet, out.output);
}

void Session::on_timer(TimePoint now, Actions& out) {
  if (phase_ != Phase::connected || keep_alive_s_ == 0) return;
  const Nanos interval = std::chrono::seconds(keep_alive_s_);
  if (ping_outstanding_) {
    // Whatever arrives behind the PINGREQ shows that the broker lives: its PINGRESP may stand behind a long backlog.
    if (now - std::max(ping_written_, last_received_) >= interval) {
      close(ReasonCode::keep_alive_timeout, "the broker sent nothing for a keep-alive after PINGREQ", out);
    }
    return;
  }
  // The interval must not be exceeded [MQTT-3.1.2-20], and this is called twice a second: so a little early.
  const Nanos early = std::min<Nanos>(interval / 2, std::chrono::seconds(1));
  if (now - std::min(last_written_, last_received_) < interval - early) return;
  encode_pingreq(out.output);
  ping_outstanding_ = true;
  ping_written_ = last_written_ = now;
}

void Session::on_transport_lost(Actions& out) {
  give_back_piece(out);
  phase_ = Phase::idle;
  ping_outstanding_ = false;
  waiting_.clear();
  in_window_ = 0;
  for (InFlight& entry : in_flight_.slots()) {
    entry.in_window = false;
    if (entry.state != InFlight::State::free && !entry.is_publish()) in_flight_.release(entry);
  }
}

ReasonCode Session::check_filter(std::string_view filter) const {
  if (!valid_topic_filter(filter)) return ReasonCode::topic_filter_invalid;
  if (!peer_shared_available_ && is_shared(filter)) return ReasonCode::shared_subscriptions_not_supported;
  if (!peer_wildcards_available_ && has_wildcard(filter)) return ReasonCode::wildcard_subscriptions_not_supported;
  return ReasonCode::success;
}

void Session::refuse_filters(std::span<const Subscription> filters, ReasonCode reason, std::uint64_t cookie,
                             Actions& out) {
  std::vector<std::byte> codes;  // rare: a mistake of the owner, and nothing is sent
  for (const Subscription& subscription : filters) {
    const ReasonCode own = check_filter(subscription.filter);
    codes.push_back(static_cast<std::byte>(own == ReasonCode::success ? reason : own));
  }
  Event& event = out.events.emplace_back();
  event.kind = Event::Kind::subscribed;
  event.cookie = cookie;
  out.add_granted(event, ReasonCodes(codes));
}

void Session::subscribe(std::span<const Subscription> filters, std::uint64_t cookie, TimePoint now, Actions& out) {
  FLEET_CHECK(!filters.empty());
  if (phase_ != Phase::connected) return;
  for (const Subscription& subscription : filters) {
    if (check_filter(subscription.filter) != ReasonCode::success) {
      return refuse_filters(filters, ReasonCode::implementation_specific_error, cookie, out);
    }
  }
  if (kRequestHead + request_size(filters) > peer_maximum_packet_size_) {
    return refuse_filters(filters, ReasonCode::packet_too_large, cookie, out);
  }
  InFlight* entry = in_flight_.take(InFlight::State::awaits_suback, cookie);
  if (entry == nullptr) return refuse_filters(filters, ReasonCode::quota_exceeded, cookie, out);
  entry->filters = static_cast<std::uint32_t>(filters.size());
  encode_subscribe(options_->version, entry->packet_id, filters, out.output);
  last_written_ = now;
}

void Session::unsubscribe(std::span<const std::string> filters, std::uint64_t cookie, TimePoint now, Actions& out) {
  FLEET_CHECK(!filters.empty());
  if (phase_ != Phase::connected) return;
  const auto refuse = [&](ReasonCode reason) {
    Event& event = out.events.emplace_back();
    event.kind = Event::Kind::unsubscribed;
    event.cookie = cookie;
    event.reason = reason;
  };
  if (!std::ranges::all_of(filters, [](const std::string& filter) { return valid_topic_filter(filter); })) {
    return refuse(ReasonCode::topic_filter_invalid);
  }
  if (kRequestHead + request_size(filters) > peer_maximum_packet_size_) return refuse(ReasonCode::packet_too_large);
  InFlight* entry = in_flight_.take(InFlight::State::awaits_unsuback, cookie);
  if (entry == nullptr) return refuse(ReasonCode::quota_exceeded);
  entry->filters = static_cast<std::uint32_t>(filters.size());
  encode_unsubscribe(options_->version, entry->packet_id, filters, out.output);
  last_written_ = now;
}

void Session::disconnect(ReasonCode reason, Actions& out) {
  if (phase_ != Phase::connected) return;
  phase_ = Phase::closed;
  encode_disconnect(options_->version, {.reason = reason, .properties = {}}, out.output);
}

tl::expected<std::uint16_t, PublishRefusal> Session::begin_publish(Qos qos, std::uint64_t cookie, TimePoint now) {
  FLEET_CHECK(qos != Qos::at_most_once);
  if (phase_ != Phase::connected) return tl::unexpected(PublishRefusal::not_connected);
  if (qos > peer_maximum_qos_) return tl::unexpected(PublishRefusal::qos_not_supported);
  if (in_window_ >= peer_receive_maximum_ || !waiting_.empty()) return tl::unexpected(PublishRefusal::window_full);
  const InFlight::State state =
      qos == Qos::at_least_once ? InFlight::State::awaits_puback : InFlight::State::awaits_pubrec;
  InFlight* entry = in_flight_.take(state, cookie);
  if (entry == nullptr) return tl::unexpected(PublishRefusal::window_full);
  entry->in_window = true;
  ++publishes_;
  ++in_window_;
  last_written_ = now;
  return entry->packet_id;
}

}  // namespace fleet::wire::mqtt
