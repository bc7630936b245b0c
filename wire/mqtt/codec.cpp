// What the hot paths need: cutting frames, reading and announcing a PUBLISH.
#include "wire/mqtt/codec.h"

#include <cstring>

#include "wire/error.h"
#include "wire/mqtt/byte_reader.h"
#include "wire/mqtt/byte_writer.h"
#include "wire/mqtt/topic.h"
#include "wire/mqtt/utf8.h"

namespace fleet::wire::mqtt {
namespace {

constexpr std::uint8_t kRetainBit = 0x01;
constexpr std::uint8_t kQosShift = 1;
constexpr std::uint8_t kQosMask = 0x03;
constexpr std::uint8_t kDupBit = 0x08;

// Topic, packet identifier and, in 5.0, the empty property section's length.
std::size_t variable_header_size(Version version, std::string_view topic, Qos qos) {
  return 2 + topic.size() + (qos == Qos::at_most_once ? 0 : 2) + (version == Version::v5 ? 1 : 0);
}

std::uint8_t publish_first_byte(Qos qos, bool dup, bool retain) {
  return static_cast<std::uint8_t>(static_cast<unsigned>(PacketType::publish) << 4 | (dup ? kDupBit : 0U) |
                                   static_cast<unsigned>(qos) << kQosShift | (retain ? kRetainBit : 0U));
}

}  // namespace

FrameStatus split_frame(Version version, std::span<const std::byte> in, std::uint32_t maximum_packet_size, Frame& out) {
  out.size = 0;
  std::size_t length = 0;
  std::size_t header = 1;  // bytes of the fixed header read so far
  for (unsigned shift = 0;; shift += 7) {
    if (header >= in.size()) return FrameStatus::incomplete;
    const auto byte = std::to_integer<std::size_t>(in[header]);
    ++header;
    length |= (byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) {
      // 5.0 asks for the shortest form [MQTT-1.5.5-1]; 3.1.1 does not, and some of its senders pad.
      if (byte == 0 && shift > 0 && version == Version::v5) return FrameStatus::malformed;
      break;
    }
    if (shift == 21) return FrameStatus::malformed;
  }
  out.first = std::to_integer<std::uint8_t>(in[0]);
  out.size = header + length;
  if (out.size > maximum_packet_size) return FrameStatus::too_large;
  if (out.size > in.size()) return FrameStatus::incomplete;
  out.body = in.subspan(header, length);
  return FrameStatus::complete;
}

ReasonCode decode_publish(Version version, const Frame& frame, PublishPacket& out) {
  const unsigned qos = frame.first >> kQosShift & kQosMask;
  out.qos = static_cast<Qos>(qos);
  out.dup = (frame.first & kDupBit) != 0;
  out.retain = (frame.first & kRetainBit) != 0;
  // §3.3.1.2: no QoS 3; §3.3.1.1: no DUP at QoS 0.
  if (qos > 2 || (qos == 0 && out.dup)) return ReasonCode::malformed_packet;

  ByteReader reader(frame.body);
  if (!reader.field(out.topic)) return ReasonCode::malformed_packet;
  if (!valid_topic_name(out.topic) && !(out.topic.empty() && version == Version::v5)) {
    return valid_utf8(out.topic) ? ReasonCode::topic_name_invalid : ReasonCode::malformed_packet;
  }
  out.packet_id = 0;
  if (qos > 0) {
    if (!reader.u16(out.packet_id)) return ReasonCode::malformed_packet;
    if (out.packet_id == 0) return ReasonCode::protocol_error;  // §2.2.1
  }
  out.properties = {};
  if (version == Version::v5) {
    std::uint32_t length = 0;
    std::span<const std::byte> section;
    if (!reader.varint(length) || !reader.bytes(length, section)) return ReasonCode::malformed_packet;
    if (length != 0) {
      const ReasonCode checked = check_properties(section, static_cast<PropertyPlace>(PacketType::publish));
      if (checked != ReasonCode::success) return checked;
      out.properties = Properties(section);
    }
    // §3.3.2.1: a name or an alias.
    if (out.topic.empty() && !out.properties.number(PropertyId::topic_alias)) return ReasonCode::protocol_error;
  }
  out.payload = reader.rest();
  return ReasonCode::success;
}

std::size_t publish_header_size(Version version, std::string_view topic, std::size_t payload_size, Qos qos) {
  const std::size_t variable = variable_header_size(version, topic, qos);
  return 1 + varint_size(variable + payload_size) + variable;
}

void encode_publish_header(Version version, std::string_view topic, std::size_t payload_size, Qos qos, bool dup,
                           bool retain, std::uint16_t packet_id, std::vector<std::byte>& out) {
  const std::size_t variable = variable_header_size(version, topic, qos);
  const std::size_t remaining = variable + payload_size;
  FLEET_CHECK(topic.size() <= 0xFFFF && payload_size <= kRemainingLengthMax && remaining <= kRemainingLengthMax);
  const std::size_t begin = out.size();
  out.resize(begin + 1 + varint_size(remaining) + variable);
  std::byte* at = out.data() + begin;
  const auto write_u16 = [&at](std::size_t value) {
    *at++ = static_cast<std::byte>(value >> 8);
    *at++ = static_cast<std::byte>(value & 0xFF);
  };
  *at++ = std::byte{publish_first_byte(qos, dup, retain)};
  at = write_varint(at, remaining);
  write_u16(topic.size());
  if (!topic.empty()) std::memcpy(at, topic.data(), topic.size());
  at += topic.size();
  if (qos != Qos::at_most_once) write_u16(packet_id);
  if (version == Version::v5) *at = std::byte{0};
}

}  // namespace fleet::wire::mqtt
