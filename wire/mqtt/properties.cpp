#include "wire/mqtt/properties.h"

#include <array>
#include <limits>

#include "wire/error.h"
#include "wire/mqtt/byte_reader.h"
#include "wire/mqtt/byte_writer.h"
#include "wire/mqtt/packets.h"
#include "wire/mqtt/topic.h"
#include "wire/mqtt/utf8.h"

namespace fleet::wire::mqtt {
namespace {

enum class Shape : std::uint8_t { unknown, u8, u16, u32, varint, string, binary, pair };

struct PropertyRow {
  Shape shape = Shape::unknown;
  std::uint16_t places = 0;  // bit n: may stand in packet type n, bit 0 in a will
  std::uint32_t min = 0;     // range of the number; outside it is a protocol error
  std::uint32_t max = std::numeric_limits<std::uint32_t>::max();
};

constexpr std::uint16_t at(PacketType type) { return static_cast<std::uint16_t>(1U << static_cast<unsigned>(type)); }
constexpr std::uint16_t at(std::initializer_list<PacketType> types) {
  std::uint16_t places = 0;
  for (const PacketType type : types) places = static_cast<std::uint16_t>(places | at(type));
  return places;
}

constexpr std::size_t kRows = 0x2B;  // identifiers end at 0x2A

// MQTT 5.0 §2.2.2.2, table 2-4.
constexpr auto kProperties = [] {
  using enum PropertyId;
  using enum PacketType;
  constexpr std::uint16_t kWill = 1U << kWillProperties;
  constexpr std::uint16_t kMessage = static_cast<std::uint16_t>(kWill | at(publish));
  constexpr std::uint16_t kBothConnects = at({connect, connack});
  constexpr std::uint16_t kAnswers =
      at({connack, puback, pubrec, pubrel, pubcomp, suback, unsuback, PacketType::disconnect, auth});
  constexpr std::uint16_t kEverywhere =
      static_cast<std::uint16_t>(kAnswers | kMessage | at({connect, subscribe, unsubscribe}));

  std::array<PropertyRow, kRows> rows{};
  const auto row = [&rows](PropertyId id, PropertyRow values) { rows[static_cast<std::size_t>(id)] = values; };
  row(payload_format_indicator, {Shape::u8, kMessage, 0, 1});
  row(message_expiry_interval, {Shape::u32, kMessage});
  row(content_type, {Shape::string, kMessage});
  row(response_topic, {Shape::string, kMessage});
  row(correlation_data, {Shape::binary, kMessage});
  row(subscription_identifier, {Shape::varint, at({publish, subscribe}), 1});
  row(session_expiry_interval, {Shape::u32, at({connect, connack, PacketType::disconnect})});
  row(assigned_client_identifier, {Shape::string, at(connack)});
  row(server_keep_alive, {Shape::u16, at(connack)});
  row(authentication_method, {Shape::string, at({connect, connack, auth})});
  row(authentication_data, {Shape::binary, at({connect, connack, auth})});
  row(request_problem_information, {Shape::u8, at(connect), 0, 1});
  row(will_delay_interval, {Shape::u32, kWill});
  row(request_response_information, {Shape::u8, at(connect), 0, 1});
  row(response_information, {Shape::string, at(connack)});
  row(server_reference, {Shape::string, at({connack, PacketType::disconnect})});
  row(reason_string, {Shape::string, kAnswers});
  row(receive_maximum, {Shape::u16, kBothConnects, 1});
  row(topic_alias_maximum, {Shape::u16, kBothConnects});
  row(topic_alias, {Shape::u16, at(publish)});
  row(maximum_qos, {Shape::u8, at(connack), 0, 1});
  row(retain_available, {Shape::u8, at(connack), 0, 1});
  row(user_property, {Shape::pair, kEverywhere});
  row(maximum_packet_size, {Shape::u32, kBothConnects, 1});
  row(wildcard_subscription_available, {Shape::u8, at(connack), 0, 1});
  row(subscription_identifiers_available, {Shape::u8, at(connack), 0, 1});
  row(shared_subscription_available, {Shape::u8, at(connack), 0, 1});
  return rows;
}();

Shape shape_of(PropertyId id) { return kProperties[static_cast<std::size_t>(id)].shape; }

// Reads one property's value; false when it is cut off or not of its type. Strings are not checked for UTF-8 here.
bool read_value(Shape shape, ByteReader& reader, Property& out) {
  std::uint8_t narrow = 0;
  std::uint16_t wide = 0;
  switch (shape) {
    case Shape::u8:
      if (!reader.u8(narrow)) return false;
      out.number = narrow;
      return true;
    case Shape::u16:
      if (!reader.u16(wide)) return false;
      out.number = wide;
      return true;
    case Shape::u32:
      return reader.u32(out.number);
    case Shape::varint:
      return reader.varint(out.number);
    case Shape::string:
    case Shape::binary:
      return reader.field(out.text);
    case Shape::pair:
      return reader.field(out.text) && reader.field(out.value);
    case Shape::unknown:
      break;
  }
  return false;
}

bool valid_text(Shape shape, const Property& property) {
  if (shape == Shape::string) return valid_utf8(property.text);
  if (shape == Shape::pair) return valid_utf8(property.text) && valid_utf8(property.value);
  return true;
}

bool may_repeat(PropertyId id, PropertyPlace place) {
  return id == PropertyId::user_property ||
         (id == PropertyId::subscription_identifier && place == static_cast<PropertyPlace>(PacketType::publish));
}

}  // namespace

ReasonCode check_properties(std::span<const std::byte> section, PropertyPlace place) {
  ByteReader reader(section);
  std::uint64_t seen = 0;
  while (!reader.empty()) {
    std::uint8_t id = 0;
    if (!reader.u8(id) || id >= kRows) return ReasonCode::malformed_packet;
    const PropertyRow& row = kProperties[id];
    if ((row.places >> place & 1U) == 0) return ReasonCode::malformed_packet;
    Property property;
    property.id = static_cast<PropertyId>(id);
    if (!read_value(row.shape, reader, property)) return ReasonCode::malformed_packet;
    if (!valid_text(row.shape, property)) return ReasonCode::malformed_packet;

    const std::uint64_t bit = std::uint64_t{1} << id;
    if ((seen & bit) != 0 && !may_repeat(property.id, place)) return ReasonCode::protocol_error;
    seen |= bit;
    if (property.number < row.min || property.number > row.max) {
      // The text-shaped rows have the whole range and number 0.
      return ReasonCode::protocol_error;
    }
    if (property.id == PropertyId::topic_alias && property.number == 0) return ReasonCode::topic_alias_invalid;
    if (property.id == PropertyId::response_topic && !valid_topic_name(property.text)) {
      return ReasonCode::protocol_error;  // §3.3.2.3.5: no wildcards
    }
  }
  const auto has = [seen](PropertyId id) { return (seen >> static_cast<unsigned>(id) & 1U) != 0; };
  // §3.1.2.11.10: data without a method.
  if (has(PropertyId::authentication_data) && !has(PropertyId::authentication_method))
    return ReasonCode::protocol_error;
  return ReasonCode::success;
}

void Properties::Iterator::read() {
  if (rest_.empty()) return;
  ByteReader reader(rest_);
  current_ = {};
  std::uint8_t id = 0;
  const bool have_id = reader.u8(id);
  current_.id = static_cast<PropertyId>(id);
  FLEET_CHECK(have_id && id < kRows && read_value(shape_of(current_.id), reader, current_));
  size_ = rest_.size() - reader.rest().size();
}

std::optional<std::uint32_t> Properties::number(PropertyId id) const {
  for (const Property& property : *this) {
    if (property.id == id) return property.number;
  }
  return std::nullopt;
}

std::optional<std::string_view> Properties::text(PropertyId id) const {
  for (const Property& property : *this) {
    if (property.id == id) return property.text;
  }
  return std::nullopt;
}

PropertyList& PropertyList::add(PropertyId id, std::uint32_t value) {
  const Shape shape = shape_of(id);
  append_u8(bytes_, static_cast<std::uint8_t>(id));
  if (shape == Shape::u8) {
    FLEET_CHECK(value <= std::numeric_limits<std::uint8_t>::max());
    append_u8(bytes_, static_cast<std::uint8_t>(value));
  } else if (shape == Shape::u16) {
    FLEET_CHECK(value <= std::numeric_limits<std::uint16_t>::max());
    append_u16(bytes_, static_cast<std::uint16_t>(value));
  } else if (shape == Shape::u32) {
    append_u32(bytes_, value);
  } else {
    FLEET_CHECK(shape == Shape::varint);
    append_varint(bytes_, value);
  }
  return *this;
}

PropertyList& PropertyList::add(PropertyId id, std::string_view text) {
  FLEET_CHECK(shape_of(id) == Shape::string || shape_of(id) == Shape::binary);
  append_u8(bytes_, static_cast<std::uint8_t>(id));
  append_field(bytes_, text);
  return *this;
}

PropertyList& PropertyList::add_user(std::string_view name, std::string_view value) {
  append_u8(bytes_, static_cast<std::uint8_t>(PropertyId::user_property));
  append_field(bytes_, name);
  append_field(bytes_, value);
  return *this;
}

}  // namespace fleet::wire::mqtt
