// Encoders of the control packets; the PUBLISH header is in codec.cpp.
#include <cstring>

#include "wire/error.h"
#include "wire/mqtt/byte_writer.h"
#include "wire/mqtt/codec.h"

namespace fleet::wire::mqtt {
namespace {

// Appends a packet whose body's length is not known beforehand: the body is written behind one length byte, which
// grows at the end when it must.
class PacketWriter {
 public:
  PacketWriter(PacketType type, std::uint8_t flags, std::vector<std::byte>& out) : out_(out) {
    append_u8(out_, static_cast<std::uint8_t>(static_cast<unsigned>(type) << 4 | flags));
    body_ = out_.size() + 1;
    append_u8(out_, 0);
  }
  PacketWriter(const PacketWriter&) = delete;
  PacketWriter& operator=(const PacketWriter&) = delete;

  // Writes the length; the packet is whole from here.
  void finish() {
    const std::size_t length = out_.size() - body_;
    FLEET_CHECK(length <= kRemainingLengthMax);
    const std::size_t more = varint_size(length) - 1;
    if (more > 0) out_.insert(out_.begin() + static_cast<std::ptrdiff_t>(body_), more, std::byte{0});
    write_varint(out_.data() + body_ - 1, length);
  }

  void u8(unsigned value) { append_u8(out_, static_cast<std::uint8_t>(value)); }
  void u16(std::uint16_t value) { append_u16(out_, value); }
  void field(std::string_view text) { append_field(out_, text); }
  void bytes(std::span<const std::byte> bytes) { append_bytes(out_, bytes); }
  void reason(ReasonCode code) { u8(static_cast<std::uint8_t>(code)); }
  void properties(const Properties& section) {
    append_varint(out_, section.bytes().size());
    append_bytes(out_, section.bytes());
  }

 private:
  std::vector<std::byte>& out_;
  std::size_t body_;  // offset of the body while the length has one byte
};

constexpr std::uint8_t kFlagsTwo = 0x02;  // PUBREL, SUBSCRIBE, UNSUBSCRIBE (§2.1.3)

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The tail "reason, properties" of 5.0 in its shortest form.
void write_reason_tail(PacketWriter& writer, ReasonCode reason, const Properties& properties) {
  if (reason == ReasonCode::success && properties.empty()) return;
  writer.reason(reason);
  if (!properties.empty()) writer.properties(properties);
}

std::uint8_t return_code(ReasonCode reason) {
  switch (reason) {
    case ReasonCode::success:
      return 0;
    case ReasonCode::unsupported_protocol_version:
      return 1;
    case ReasonCode::client_identifier_not_valid:
      return 2;
    case ReasonCode::bad_user_name_or_password:
      return 4;
    case ReasonCode::not_authorized:
      return 5;
    default:
      return 3;
  }
}

unsigned connect_flags(const ConnectPacket& packet) {
  unsigned flags = packet.clean_start ? 0x02 : 0;
  if (packet.will) {
    flags |= 0x04U | static_cast<unsigned>(packet.will->qos) << 3 | (packet.will->retain ? 0x20U : 0U);
  }
  if (packet.password) flags |= 0x40;
  if (packet.username) flags |= 0x80;
  return flags;
}

// SUBSCRIBE and UNSUBSCRIBE with their lists as they came off the wire.
template <class ListPacket>
void encode_list(PacketType type, Version version, const ListPacket& packet, std::vector<std::byte>& out) {
  PacketWriter writer(type, kFlagsTwo, out);
  writer.u16(packet.packet_id);
  if (version == Version::v5) writer.properties(packet.properties);
  writer.bytes(packet.filters.bytes());
  writer.finish();
}

}  // namespace

void encode_connect(const ConnectPacket& packet, std::vector<std::byte>& out) {
  const bool v5 = packet.version == Version::v5;
  PacketWriter writer(PacketType::connect, 0, out);
  writer.field("MQTT");
  writer.u8(static_cast<unsigned>(packet.version));
  writer.u8(connect_flags(packet));
  writer.u16(packet.keep_alive_s);
  if (v5) writer.properties(packet.properties);
  writer.field(packet.client_id);
  if (packet.will) {
    if (v5) writer.properties(packet.will->properties);
    writer.field(packet.will->topic);
    writer.field(text_of(packet.will->payload));
  }
  if (packet.username) writer.field(*packet.username);
  if (packet.password) writer.field(*packet.password);
  writer.finish();
}

void encode_connack(Version version, const ConnackPacket& packet, std::vector<std::byte>& out) {
  PacketWriter writer(PacketType::connack, 0, out);
  writer.u8(packet.session_present ? 1 : 0);
  if (version == Version::v5) {
    writer.reason(packet.reason);
    writer.properties(packet.properties);
  } else {
    writer.u8(return_code(packet.reason));
  }
  writer.finish();
}

void encode_publish(Version version, const PublishPacket& packet, std::vector<std::byte>& out) {
  if (version == Version::v311 || packet.properties.empty()) {
    encode_publish_header(version, packet.topic, packet.payload.size(), packet.qos, packet.dup, packet.retain,
                          packet.packet_id, out);
    append_bytes(out, packet.payload);
    return;
  }
  const unsigned flags =
      (packet.dup ? 0x08U : 0U) | static_cast<unsigned>(packet.qos) << 1 | (packet.retain ? 0x01U : 0U);
  PacketWriter writer(PacketType::publish, static_cast<std::uint8_t>(flags), out);
  writer.field(packet.topic);
  if (packet.qos != Qos::at_most_once) writer.u16(packet.packet_id);
  writer.properties(packet.properties);
  writer.bytes(packet.payload);
  writer.finish();
}

void encode_ack(Version version, const AckPacket& packet, std::vector<std::byte>& out) {
  PacketWriter writer(packet.type, packet.type == PacketType::pubrel ? kFlagsTwo : std::uint8_t{0}, out);
  writer.u16(packet.packet_id);
  if (version == Version::v5) write_reason_tail(writer, packet.reason, packet.properties);
  writer.finish();
}

void encode_subscribe(Version version, const SubscribePacket& packet, std::vector<std::byte>& out) {
  encode_list(PacketType::subscribe, version, packet, out);
}

void encode_unsubscribe(Version version, const UnsubscribePacket& packet, std::vector<std::byte>& out) {
  encode_list(PacketType::unsubscribe, version, packet, out);
}

void encode_subscribe(Version version, std::uint16_t packet_id, std::span<const Subscription> filters,
                      std::vector<std::byte>& out) {
  PacketWriter writer(PacketType::subscribe, kFlagsTwo, out);
  writer.u16(packet_id);
  if (version == Version::v5) writer.properties({});
  for (const Subscription& subscription : filters) {
    writer.field(subscription.filter);
    writer.u8(static_cast<unsigned>(subscription.qos));
  }
  writer.finish();
}

void encode_unsubscribe(Version version, std::uint16_t packet_id, std::span<const std::string> filters,
                        std::vector<std::byte>& out) {
  PacketWriter writer(PacketType::unsubscribe, kFlagsTwo, out);
  writer.u16(packet_id);
  if (version == Version::v5) writer.properties({});
  for (const std::string& filter : filters) writer.field(filter);
  writer.finish();
}

void encode_suback(Version version, const SubackPacket& packet, std::vector<std::byte>& out) {
  PacketWriter writer(PacketType::suback, 0, out);
  writer.u16(packet.packet_id);
  if (version == Version::v5) writer.properties(packet.properties);
  writer.bytes(packet.codes.bytes());
  writer.finish();
}

void encode_unsuback(Version version, const UnsubackPacket& packet, std::vector<std::byte>& out) {
  PacketWriter writer(PacketType::unsuback, 0, out);
  writer.u16(packet.packet_id);
  if (version == Version::v5) {
    writer.properties(packet.properties);
    writer.bytes(packet.codes.bytes());
  }
  writer.finish();
}

void encode_pingreq(std::vector<std::byte>& out) { PacketWriter(PacketType::pingreq, 0, out).finish(); }

void encode_pingresp(std::vector<std::byte>& out) { PacketWriter(PacketType::pingresp, 0, out).finish(); }

void encode_disconnect(Version version, const DisconnectPacket& packet, std::vector<std::byte>& out) {
  PacketWriter writer(PacketType::disconnect, 0, out);
  if (version == Version::v5) write_reason_tail(writer, packet.reason, packet.properties);
  writer.finish();
}

void encode_auth(const AuthPacket& packet, std::vector<std::byte>& out) {
  PacketWriter writer(PacketType::auth, 0, out);
  write_reason_tail(writer, packet.reason, packet.properties);
  writer.finish();
}

void encode(Version version, const Packet& packet, std::vector<std::byte>& out) {
  struct Visitor {
    Version version;
    std::vector<std::byte>& out;
    void operator()(const ConnectPacket& p) const { encode_connect(p, out); }
    void operator()(const ConnackPacket& p) const { encode_connack(version, p, out); }
    void operator()(const PublishPacket& p) const { encode_publish(version, p, out); }
    void operator()(const AckPacket& p) const { encode_ack(version, p, out); }
    void operator()(const SubscribePacket& p) const { encode_subscribe(version, p, out); }
    void operator()(const SubackPacket& p) const { encode_suback(version, p, out); }
    void operator()(const UnsubscribePacket& p) const { encode_unsubscribe(version, p, out); }
    void operator()(const UnsubackPacket& p) const { encode_unsuback(version, p, out); }
    void operator()(const PingreqPacket&) const { encode_pingreq(out); }
    void operator()(const PingrespPacket&) const { encode_pingresp(out); }
    void operator()(const DisconnectPacket& p) const { encode_disconnect(version, p, out); }
    void operator()(const AuthPacket& p) const { encode_auth(p, out); }
  };
  std::visit(Visitor{version, out}, packet);
}

}  // namespace fleet::wire::mqtt
