// Decoders of the control packets; PUBLISH is in codec.cpp.
#include <type_traits>

#include "wire/mqtt/byte_reader.h"
#include "wire/mqtt/codec.h"
#include "wire/mqtt/reason_table.h"
#include "wire/mqtt/topic.h"
#include "wire/mqtt/utf8.h"

namespace fleet::wire::mqtt {
namespace {

constexpr ReasonCode kMalformed = ReasonCode::malformed_packet;
constexpr ReasonCode kSuccess = ReasonCode::success;
constexpr std::string_view kProtocolName = "MQTT";

// Bits of the connect flags (§3.1.2.3).
constexpr unsigned kReservedFlag = 0x01;
constexpr unsigned kCleanStartFlag = 0x02;
constexpr unsigned kWillFlag = 0x04;
constexpr unsigned kWillQosShift = 3;
constexpr unsigned kWillRetainFlag = 0x20;
constexpr unsigned kPasswordFlag = 0x40;
constexpr unsigned kUsernameFlag = 0x80;

// §2.1.3: every packet but PUBLISH has fixed flags.
ReasonCode check_flags(const Frame& frame) {
  const PacketType type = frame.type();
  const bool two = type == PacketType::pubrel || type == PacketType::subscribe || type == PacketType::unsubscribe;
  return (frame.first & 0x0F) == (two ? 0x02 : 0x00) ? kSuccess : kMalformed;
}

ReasonCode read_properties(ByteReader& reader, PropertyPlace place, Properties& out) {
  std::uint32_t length = 0;
  std::span<const std::byte> section;
  if (!reader.varint(length) || !reader.bytes(length, section)) return kMalformed;
  out = Properties(section);
  return check_properties(section, place);
}

ReasonCode read_properties(ByteReader& reader, PacketType type, Properties& out) {
  return read_properties(reader, static_cast<PropertyPlace>(type), out);
}

bool read_text(ByteReader& reader, std::string_view& out) { return reader.field(out) && valid_utf8(out); }

ReasonCode read_packet_id(ByteReader& reader, std::uint16_t& out) {
  if (!reader.u16(out)) return kMalformed;
  return out == 0 ? ReasonCode::protocol_error : kSuccess;  // §2.2.1
}

ReasonCode read_reason(ByteReader& reader, PacketType type, ReasonCode& out) {
  std::uint8_t code = 0;
  if (!reader.u8(code)) return kMalformed;
  out = static_cast<ReasonCode>(code);
  return reason_allowed(type, out) ? kSuccess : ReasonCode::protocol_error;
}

// The optional tail "reason, properties" of 5.0: both may be left out, or the properties alone.
ReasonCode read_reason_tail(ByteReader& reader, PacketType type, ReasonCode& reason, Properties& properties) {
  reason = kSuccess;
  properties = {};
  if (reader.empty()) return kSuccess;
  if (const ReasonCode bad = read_reason(reader, type, reason); bad != kSuccess) return bad;
  if (reader.empty()) return kSuccess;
  if (const ReasonCode bad = read_properties(reader, type, properties); bad != kSuccess) return bad;
  return reader.empty() ? kSuccess : kMalformed;
}

// SUBSCRIBE, SUBACK, UNSUBSCRIBE and UNSUBACK: packet identifier, in 5.0 properties, and the list that `read_rest`
// reads.
template <class Packet, class ReadRest>
ReasonCode read_list(Version version, const Frame& frame, PacketType type, Packet& out, const ReadRest& read_rest) {
  if (const ReasonCode bad = check_flags(frame); bad != kSuccess) return bad;
  ByteReader reader(frame.body);
  out.properties = {};
  if (const ReasonCode bad = read_packet_id(reader, out.packet_id); bad != kSuccess) return bad;
  if (version == Version::v5) {
    if (const ReasonCode bad = read_properties(reader, type, out.properties); bad != kSuccess) return bad;
  }
  return read_rest(reader);
}

ReasonCode check_filter(std::string_view filter) {
  if (valid_topic_filter(filter)) return kSuccess;
  return valid_utf8(filter) ? ReasonCode::topic_filter_invalid : kMalformed;
}

// The option byte of a subscription: MQTT 5.0 §3.8.3.1, 3.1.1 §3.8.3.
ReasonCode check_options(Version version, std::string_view filter, std::uint8_t options) {
  constexpr unsigned kNoLocal = 0x04;
  if ((options & 0x03) == 0x03) return kMalformed;
  if ((options & (version == Version::v5 ? 0xC0 : 0xFC)) != 0) return kMalformed;
  if ((options & 0x30) == 0x30) return ReasonCode::protocol_error;
  return (options & kNoLocal) != 0 && is_shared(filter) ? ReasonCode::protocol_error : kSuccess;
}

ReasonCode read_filters(Version version, ByteReader& reader, bool with_options, FilterList& out) {
  if (reader.empty()) return ReasonCode::protocol_error;  // §3.8.3, §3.10.3: at least one
  out = FilterList(reader.rest(), with_options);
  while (!reader.empty()) {
    std::string_view filter;
    if (!reader.field(filter)) return kMalformed;
    if (const ReasonCode bad = check_filter(filter); bad != kSuccess) return bad;
    std::uint8_t options = 0;
    if (!with_options) continue;
    if (!reader.u8(options)) return kMalformed;
    if (const ReasonCode bad = check_options(version, filter, options); bad != kSuccess) return bad;
  }
  return kSuccess;
}

ReasonCode read_codes(Version version, ByteReader& reader, PacketType type, ReasonCodes& out) {
  if (reader.empty()) return kMalformed;
  out = ReasonCodes(reader.rest());
  for (std::size_t index = 0; index < out.size(); ++index) {
    const auto code = static_cast<std::uint8_t>(out[index]);
    const bool allowed = version == Version::v5 ? reason_allowed(type, out[index]) : code <= 2 || code == 0x80;
    if (!allowed) return ReasonCode::protocol_error;
  }
  return kSuccess;
}

// CONNACK return codes of 3.1.1 (§3.2.2.3).
bool map_return_code(std::uint8_t code, ReasonCode& out) {
  constexpr ReasonCode kMapped[] = {ReasonCode::success,
                                    ReasonCode::unsupported_protocol_version,
                                    ReasonCode::client_identifier_not_valid,
                                    ReasonCode::server_unavailable,
                                    ReasonCode::bad_user_name_or_password,
                                    ReasonCode::not_authorized};
  if (code >= std::size(kMapped)) return false;
  out = kMapped[code];
  return true;
}

ReasonCode read_will(Version version, unsigned flags, ByteReader& reader, Will& out) {
  out.qos = static_cast<Qos>(flags >> kWillQosShift & 0x03);
  out.retain = (flags & kWillRetainFlag) != 0;
  if (version == Version::v5) {
    if (const ReasonCode bad = read_properties(reader, kWillProperties, out.properties); bad != kSuccess) return bad;
  }
  if (!read_text(reader, out.topic)) return kMalformed;
  if (!valid_topic_name(out.topic)) return ReasonCode::topic_name_invalid;
  std::string_view payload;
  if (!reader.field(payload)) return kMalformed;
  out.payload = std::as_bytes(std::span(payload));
  return kSuccess;
}

ReasonCode check_connect_flags(Version version, unsigned flags) {
  constexpr unsigned kWillBits = kWillRetainFlag | 0x03U << kWillQosShift;
  if ((flags & kReservedFlag) != 0) return kMalformed;
  if ((flags & kWillFlag) == 0 && (flags & kWillBits) != 0) return kMalformed;  // [MQTT-3.1.2-11], [MQTT-3.1.2-13]
  if ((flags >> kWillQosShift & 0x03) == 0x03) return kMalformed;
  // [MQTT-3.1.2-22] of 3.1.1: no password without a user name.
  if (version == Version::v311 && (flags & kPasswordFlag) != 0 && (flags & kUsernameFlag) == 0) return kMalformed;
  return kSuccess;
}

}  // namespace

ReasonCode decode_connect(const Frame& frame, ConnectPacket& out) {
  if (const ReasonCode bad = check_flags(frame); bad != kSuccess) return bad;
  ByteReader reader(frame.body);
  std::string_view name;
  std::uint8_t level = 0;
  std::uint8_t flags = 0;
  if (!reader.field(name) || !reader.u8(level)) return kMalformed;
  const bool known =
      level == static_cast<std::uint8_t>(Version::v311) || level == static_cast<std::uint8_t>(Version::v5);
  if (name != kProtocolName || !known) return ReasonCode::unsupported_protocol_version;
  out.version = static_cast<Version>(level);
  if (!reader.u8(flags)) return kMalformed;
  if (const ReasonCode bad = check_connect_flags(out.version, flags); bad != kSuccess) return bad;
  out.clean_start = (flags & kCleanStartFlag) != 0;
  if (!reader.u16(out.keep_alive_s)) return kMalformed;

  out.properties = {};
  if (out.version == Version::v5) {
    if (const ReasonCode bad = read_properties(reader, PacketType::connect, out.properties); bad != kSuccess)
      return bad;
  }
  if (!read_text(reader, out.client_id)) return kMalformed;
  out.will.reset();
  out.username.reset();
  out.password.reset();
  if ((flags & kWillFlag) != 0) {
    if (const ReasonCode bad = read_will(out.version, flags, reader, out.will.emplace()); bad != kSuccess) return bad;
  }
  if ((flags & kUsernameFlag) != 0 && !read_text(reader, out.username.emplace())) return kMalformed;
  if ((flags & kPasswordFlag) != 0 && !reader.field(out.password.emplace())) return kMalformed;
  return reader.empty() ? kSuccess : kMalformed;
}

ReasonCode decode_connack(Version version, const Frame& frame, ConnackPacket& out) {
  if (const ReasonCode bad = check_flags(frame); bad != kSuccess) return bad;
  ByteReader reader(frame.body);
  std::uint8_t flags = 0;
  if (!reader.u8(flags) || (flags & 0xFE) != 0) return kMalformed;
  out.session_present = (flags & 0x01) != 0;
  out.properties = {};
  if (version == Version::v5) {
    if (const ReasonCode bad = read_reason(reader, PacketType::connack, out.reason); bad != kSuccess) return bad;
    if (const ReasonCode bad = read_properties(reader, PacketType::connack, out.properties); bad != kSuccess)
      return bad;
  } else {
    std::uint8_t code = 0;
    if (!reader.u8(code)) return kMalformed;
    if (!map_return_code(code, out.reason)) return ReasonCode::protocol_error;
  }
  // [MQTT-3.2.2-4] of 3.1.1, [MQTT-3.2.2-6] of 5.0: a refusal has no session.
  if (out.reason != kSuccess && out.session_present) return ReasonCode::protocol_error;
  return reader.empty() ? kSuccess : kMalformed;
}

ReasonCode decode_ack(Version version, const Frame& frame, AckPacket& out) {
  if (const ReasonCode bad = check_flags(frame); bad != kSuccess) return bad;
  ByteReader reader(frame.body);
  out.type = frame.type();
  if (const ReasonCode bad = read_packet_id(reader, out.packet_id); bad != kSuccess) return bad;
  if (version == Version::v5) return read_reason_tail(reader, out.type, out.reason, out.properties);
  out.reason = kSuccess;
  out.properties = {};
  return reader.empty() ? kSuccess : kMalformed;
}

ReasonCode decode_subscribe(Version version, const Frame& frame, SubscribePacket& out) {
  return read_list(version, frame, PacketType::subscribe, out,
                   [&](ByteReader& reader) { return read_filters(version, reader, true, out.filters); });
}

ReasonCode decode_suback(Version version, const Frame& frame, SubackPacket& out) {
  return read_list(version, frame, PacketType::suback, out,
                   [&](ByteReader& reader) { return read_codes(version, reader, PacketType::suback, out.codes); });
}

ReasonCode decode_unsubscribe(Version version, const Frame& frame, UnsubscribePacket& out) {
  return read_list(version, frame, PacketType::unsubscribe, out,
                   [&](ByteReader& reader) { return read_filters(version, reader, false, out.filters); });
}

ReasonCode decode_unsuback(Version version, const Frame& frame, UnsubackPacket& out) {
  return read_list(version, frame, PacketType::unsuback, out, [&](ByteReader& reader) {
    out.codes = {};
    if (version == Version::v5) return read_codes(version, reader, PacketType::unsuback, out.codes);
    return reader.empty() ? kSuccess : kMalformed;
  });
}

ReasonCode decode_empty(const Frame& frame) {
  if (const ReasonCode bad = check_flags(frame); bad != kSuccess) return bad;
  return frame.body.empty() ? kSuccess : kMalformed;
}

ReasonCode decode_disconnect(Version version, const Frame& frame, DisconnectPacket& out) {
  if (version == Version::v311) {
    out = {};
    return decode_empty(frame);
  }
  if (const ReasonCode bad = check_flags(frame); bad != kSuccess) return bad;
  ByteReader reader(frame.body);
  return read_reason_tail(reader, PacketType::disconnect, out.reason, out.properties);
}

ReasonCode decode_auth(Version version, const Frame& frame, AuthPacket& out) {
  if (version == Version::v311) return kMalformed;  // a forbidden type there (§2.2.1)
  if (const ReasonCode bad = check_flags(frame); bad != kSuccess) return bad;
  ByteReader reader(frame.body);
  return read_reason_tail(reader, PacketType::auth, out.reason, out.properties);
}

ReasonCode decode(Version version, const Frame& frame, Packet& out) {
  switch (frame.type()) {
    case PacketType::connect:
      return decode_connect(frame, out.emplace<ConnectPacket>());
    case PacketType::connack:
      return decode_connack(version, frame, out.emplace<ConnackPacket>());
    case PacketType::publish:
      return decode_publish(version, frame, out.emplace<PublishPacket>());
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp:
      return decode_ack(version, frame, out.emplace<AckPacket>());
    case PacketType::subscribe:
      return decode_subscribe(version, frame, out.emplace<SubscribePacket>());
    case PacketType::suback:
      return decode_suback(version, frame, out.emplace<SubackPacket>());
    case PacketType::unsubscribe:
      return decode_unsubscribe(version, frame, out.emplace<UnsubscribePacket>());
    case PacketType::unsuback:
      return decode_unsuback(version, frame, out.emplace<UnsubackPacket>());
    case PacketType::pingreq:
      out.emplace<PingreqPacket>();
      return decode_empty(frame);
    case PacketType::pingresp:
      out.emplace<PingrespPacket>();
      return decode_empty(frame);
    case PacketType::disconnect:
      return decode_disconnect(version, frame, out.emplace<DisconnectPacket>());
    case PacketType::auth:
      return decode_auth(version, frame, out.emplace<AuthPacket>());
  }
  return kMalformed;  // type 0 is reserved
}

}  // namespace fleet::wire::mqtt
