// The fifteen packets of MQTT 3.1.1 and 5.0 as plain structs of views. A decoded packet is valid as long as the bytes
// it was decoded from; properties are always empty in 3.1.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "wire/mqtt/properties.h"
#include "wire/mqtt/types.h"

namespace fleet::wire::mqtt {

enum class PacketType : std::uint8_t {
  connect = 1,
  connack = 2,
  publish = 3,
  puback = 4,
  pubrec = 5,
  pubrel = 6,
  pubcomp = 7,
  subscribe = 8,
  suback = 9,
  unsubscribe = 10,
  unsuback = 11,
  pingreq = 12,
  pingresp = 13,
  disconnect = 14,
  auth = 15,
};

struct Will {
  std::string_view topic;
  std::span<const std::byte> payload;  // at most 65,535 bytes
  Qos qos = Qos::at_most_once;
  bool retain = false;
  Properties properties;
};

struct ConnectPacket {
  Version version = Version::v311;
  bool clean_start = true;  // 3.1.1: clean session
  std::uint16_t keep_alive_s = 0;
  std::string_view client_id;
  std::optional<Will> will;
  std::optional<std::string_view> username;
  std::optional<std::string_view> password;  // any bytes; 3.1.1 wants a user name beside it
  Properties properties;
};

struct ConnackPacket {
  bool session_present = false;
  // 3.1.1 knows success, unsupported_protocol_version, client_identifier_not_valid, server_unavailable,
  // bad_user_name_or_password and not_authorized; encoding maps every other refusal to server_unavailable.
  ReasonCode reason = ReasonCode::success;
  Properties properties;
};

struct PublishPacket {
  std::string_view topic;  // empty only in 5.0 beside a topic alias
  std::span<const std::byte> payload;
  Qos qos = Qos::at_most_once;
  bool dup = false;
  bool retain = false;
  std::uint16_t packet_id = 0;  // 0 at QoS 0, never 0 above
  Properties properties;
};

// PUBACK, PUBREC, PUBREL and PUBCOMP. 3.1.1 carries the identifier only.
struct AckPacket {
  PacketType type = PacketType::puback;
  std::uint16_t packet_id = 0;
  ReasonCode reason = ReasonCode::success;
  Properties properties;
};

// A topic filter of SUBSCRIBE or UNSUBSCRIBE. `options` is the byte of MQTT 5.0 §3.8.3.1: QoS in bits 0-1, no local 2,
// retain as published 3, retain handling 4-5; 0 in UNSUBSCRIBE.
struct FilterEntry {
  std::string_view filter;
  std::uint8_t options = 0;

  [[nodiscard]] Qos qos() const { return static_cast<Qos>(options & 0x03); }
};

// The validated payload of SUBSCRIBE (with option bytes) or UNSUBSCRIBE (without): one filter or more.
class FilterList {
 public:
  class Iterator {
   public:
    Iterator(std::span<const std::byte> rest, bool with_options) : rest_(rest), with_options_(with_options) { read(); }
    const FilterEntry& operator*() const { return current_; }
    const FilterEntry* operator->() const { return &current_; }
    Iterator& operator++() {
      rest_ = rest_.subspan(2 + current_.filter.size() + (with_options_ ? 1 : 0));
      read();
      return *this;
    }
    bool operator==(const Iterator& other) const { return rest_.size() == other.rest_.size(); }

   private:
    void read() {
      if (rest_.empty()) return;
      const std::size_t length = std::to_integer<std::size_t>(rest_[0]) << 8 | std::to_integer<std::size_t>(rest_[1]);
      current_.filter = {reinterpret_cast<const char*>(rest_.data()) + 2, length};
      if (with_options_) current_.options = std::to_integer<std::uint8_t>(rest_[2 + length]);
    }

    std::span<const std::byte> rest_;
    bool with_options_;
    FilterEntry current_;
  };

  FilterList() = default;
  // `valid` must have passed the decoder.
  FilterList(std::span<const std::byte> valid, bool with_options) : bytes_(valid), with_options_(with_options) {}

  [[nodiscard]] Iterator begin() const { return {bytes_, with_options_}; }
  [[nodiscard]] Iterator end() const { return {bytes_.subspan(bytes_.size()), with_options_}; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
  bool with_options_ = false;
};

struct SubscribePacket {
  std::uint16_t packet_id = 0;
  Properties properties;
  FilterList filters;
};

struct UnsubscribePacket {
  std::uint16_t packet_id = 0;
  Properties properties;
  FilterList filters;
};

// The validated payload of SUBACK or UNSUBACK: one code for each filter.
class ReasonCodes {
 public:
  ReasonCodes() = default;
  explicit ReasonCodes(std::span<const std::byte> valid) : bytes_(valid) {}

  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] ReasonCode operator[](std::size_t index) const { return static_cast<ReasonCode>(bytes_[index]); }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
};

struct SubackPacket {
  std::uint16_t packet_id = 0;
  Properties properties;
  ReasonCodes codes;
};

struct UnsubackPacket {
  std::uint16_t packet_id = 0;
  Properties properties;
  ReasonCodes codes;  // empty in 3.1.1
};

struct PingreqPacket {};
struct PingrespPacket {};

struct DisconnectPacket {
  ReasonCode reason = ReasonCode::success;
  Properties properties;
};

// 5.0 only.
struct AuthPacket {
  ReasonCode reason = ReasonCode::success;
  Properties properties;
};

using Packet =
    std::variant<ConnectPacket, ConnackPacket, PublishPacket, AckPacket, SubscribePacket, SubackPacket,
                 UnsubscribePacket, UnsubackPacket, PingreqPacket, PingrespPacket, DisconnectPacket, AuthPacket>;

}  // namespace fleet::wire::mqtt
