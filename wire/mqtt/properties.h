// The properties of MQTT 5.0 §2.2.2: one table of what each identifier holds and where it may stand, a validated view
// that is iterated in place, and a builder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "wire/mqtt/types.h"

namespace fleet::wire::mqtt {

enum class PropertyId : std::uint8_t {
  payload_format_indicator = 0x01,
  message_expiry_interval = 0x02,
  content_type = 0x03,
  response_topic = 0x08,
  correlation_data = 0x09,
  subscription_identifier = 0x0B,
  session_expiry_interval = 0x11,
  assigned_client_identifier = 0x12,
  server_keep_alive = 0x13,
  authentication_method = 0x15,
  authentication_data = 0x16,
  request_problem_information = 0x17,
  will_delay_interval = 0x18,
  request_response_information = 0x19,
  response_information = 0x1A,
  server_reference = 0x1C,
  reason_string = 0x1F,
  receive_maximum = 0x21,
  topic_alias_maximum = 0x22,
  topic_alias = 0x23,
  maximum_qos = 0x24,
  retain_available = 0x25,
  user_property = 0x26,
  maximum_packet_size = 0x27,
  wildcard_subscription_available = 0x28,
  subscription_identifiers_available = 0x29,
  shared_subscription_available = 0x2A,
};

// One property. Numbers of every width are in `number`; strings and binary fields in `text`; of a user property `text`
// is the name and `value` the value. Views into the packet.
struct Property {
  PropertyId id = PropertyId::user_property;
  std::uint32_t number = 0;
  std::string_view text;
  std::string_view value;
};

// A property section that was found valid, without its length. A view: valid as long as the bytes are.
class Properties {
 public:
  class Iterator {
   public:
    explicit Iterator(std::span<const std::byte> rest) : rest_(rest) { read(); }
    const Property& operator*() const { return current_; }
    const Property* operator->() const { return &current_; }
    Iterator& operator++() {
      rest_ = rest_.subspan(size_);
      read();
      return *this;
    }
    bool operator==(const Iterator& other) const { return rest_.size() == other.rest_.size(); }

   private:
    void read();

    std::span<const std::byte> rest_;
    std::size_t size_ = 0;  // bytes of the current property
    Property current_;
  };

  Properties() = default;
  // `valid` must have passed check_properties() or come from a PropertyList.
  explicit Properties(std::span<const std::byte> valid) : bytes_(valid) {}

  [[nodiscard]] Iterator begin() const { return Iterator(bytes_); }
  [[nodiscard]] Iterator end() const { return Iterator(bytes_.subspan(bytes_.size())); }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

  // The first property with this identifier; nothing when absent.
  [[nodiscard]] std::optional<std::uint32_t> number(PropertyId id) const;
  [[nodiscard]] std::optional<std::string_view> text(PropertyId id) const;

 private:
  std::span<const std::byte> bytes_;
};

// Where a property section stands: the number of the packet type, or kWillProperties for the will inside CONNECT.
using PropertyPlace = std::uint8_t;
inline constexpr PropertyPlace kWillProperties = 0;

// Checks a whole property section (MQTT 5.0 §2.2.2.2 and the packet's own section). success, or
// malformed_packet (unknown here, wrong type, cut off, bad UTF-8), protocol_error (twice, value out of range) or
// topic_alias_invalid (alias 0).
[[nodiscard]] ReasonCode check_properties(std::span<const std::byte> section, PropertyPlace place);

// Builds a property section. The caller chooses properties that fit the packet.
class PropertyList {
 public:
  // For every property that holds a number; `value` must fit its width.
  PropertyList& add(PropertyId id, std::uint32_t value);
  // For every string and binary property; at most 65,535 bytes.
  PropertyList& add(PropertyId id, std::string_view text);
  PropertyList& add_user(std::string_view name, std::string_view value);
  void clear() { bytes_.clear(); }
  // Valid until the list changes.
  [[nodiscard]] Properties view() const { return Properties(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace fleet::wire::mqtt
