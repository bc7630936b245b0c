// Words of MQTT 3.1.1 and 5.0 that every room may use.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fleet::wire::mqtt {

enum class Version : std::uint8_t { v311 = 4, v5 = 5 };  // the protocol level in CONNECT

enum class Qos : std::uint8_t { at_most_once = 0, at_least_once = 1, exactly_once = 2 };

// MQTT 5.0 §2.4. CONNACK return codes of 3.1.1 are mapped onto these when they are decoded. Several names of the
// specification share a value (success, normal disconnection, granted QoS 0).
enum class ReasonCode : std::uint8_t {
  success = 0x00,
  granted_qos_1 = 0x01,
  granted_qos_2 = 0x02,
  disconnect_with_will = 0x04,
  no_matching_subscribers = 0x10,
  no_subscription_existed = 0x11,
  continue_authentication = 0x18,
  reauthenticate = 0x19,
  unspecified_error = 0x80,
  malformed_packet = 0x81,
  protocol_error = 0x82,
  implementation_specific_error = 0x83,
  unsupported_protocol_version = 0x84,
  client_identifier_not_valid = 0x85,
  bad_user_name_or_password = 0x86,
  not_authorized = 0x87,
  server_unavailable = 0x88,
  server_busy = 0x89,
  banned = 0x8A,
  server_shutting_down = 0x8B,
  bad_authentication_method = 0x8C,
  keep_alive_timeout = 0x8D,
  session_taken_over = 0x8E,
  topic_filter_invalid = 0x8F,
  topic_name_invalid = 0x90,
  packet_identifier_in_use = 0x91,
  packet_identifier_not_found = 0x92,
  receive_maximum_exceeded = 0x93,
  topic_alias_invalid = 0x94,
  packet_too_large = 0x95,
  message_rate_too_high = 0x96,
  quota_exceeded = 0x97,
  administrative_action = 0x98,
  payload_format_invalid = 0x99,
  retain_not_supported = 0x9A,
  qos_not_supported = 0x9B,
  use_another_server = 0x9C,
  server_moved = 0x9D,
  shared_subscriptions_not_supported = 0x9E,
  connection_rate_exceeded = 0x9F,
  maximum_connect_time = 0xA0,
  subscription_identifiers_not_supported = 0xA1,
  wildcard_subscriptions_not_supported = 0xA2,
};

// Codes from 0x80 on say that something was refused.
constexpr bool is_failure(ReasonCode code) { return static_cast<std::uint8_t>(code) >= 0x80; }
// The QoS that a code of a SUBACK grants which is no failure.
constexpr Qos granted_qos(ReasonCode code) {
  return static_cast<Qos>(std::min<unsigned>(static_cast<unsigned>(code), static_cast<unsigned>(Qos::exactly_once)));
}

// The specification's name of a code in lower case, "reason code 0xNN" for one it does not list.
std::string_view reason_name(ReasonCode code);

// What the broker publishes for a session whose connection ends without a DISCONNECT (MQTT 5.0 §3.1.2.5).
struct LastWill {
  std::string topic;
  std::string payload;  // any bytes, 65,535 at most
  Qos qos = Qos::at_most_once;
  bool retain = false;
};

// What a device or a publisher logs in with. Empty username or password: not sent.
struct Login {
  std::string client_id;
  std::string username;
  std::string password;
  std::optional<LastWill> will{};
};

// A topic filter and the QoS asked for.
struct Subscription {
  std::string filter;
  Qos qos = Qos::at_most_once;
};

}  // namespace fleet::wire::mqtt
