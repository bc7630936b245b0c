// The packet codec of MQTT 3.1.1 and 5.0, both directions. Decoding allocates nothing and never reads outside its
// input; what the specification forbids comes back as its reason code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/mqtt/packets.h"
#include "wire/mqtt/types.h"

namespace fleet::wire::mqtt {

// The largest remaining length that four bytes can say (§1.5.5).
inline constexpr std::uint32_t kRemainingLengthMax = 268'435'455;
// The largest packet there is: type, four bytes of length, body.
inline constexpr std::uint32_t kPacketSizeMax = kRemainingLengthMax + 5;

// One packet cut out of the stream.
struct Frame {
  std::uint8_t first = 0;           // type and flags
  std::size_t size = 0;             // bytes of the whole packet; 0 while the fixed header is incomplete
  std::span<const std::byte> body;  // behind the fixed header

  [[nodiscard]] PacketType type() const { return static_cast<PacketType>(first >> 4); }
};

enum class FrameStatus : std::uint8_t {
  complete,    // `out` is set
  incomplete,  // more bytes are needed; out.size is set as soon as the length is known
  malformed,   // a remaining length of more than four bytes, or (5.0) not in its shortest form
  too_large,   // the packet is longer than `maximum_packet_size`; out.first and out.size are set
};

// Cuts the first packet out of `in`. `maximum_packet_size` counts the whole packet in bytes.
[[nodiscard]] FrameStatus split_frame(Version version, std::span<const std::byte> in, std::uint32_t maximum_packet_size,
                                      Frame& out);

// Decoders. `frame` must be complete. They return success and set `out` (views into the frame), or return
// malformed_packet, protocol_error, topic_name_invalid, topic_filter_invalid, topic_alias_invalid or
// unsupported_protocol_version and leave `out` unspecified.

// Of any type; the version in a CONNECT comes from the packet itself.
[[nodiscard]] ReasonCode decode(Version version, const Frame& frame, Packet& out);

// Each expects a frame of its own type (decode_ack: PUBACK, PUBREC, PUBREL or PUBCOMP).
[[nodiscard]] ReasonCode decode_connect(const Frame& frame, ConnectPacket& out);
[[nodiscard]] ReasonCode decode_connack(Version version, const Frame& frame, ConnackPacket& out);
[[nodiscard]] ReasonCode decode_publish(Version version, const Frame& frame, PublishPacket& out);
[[nodiscard]] ReasonCode decode_ack(Version version, const Frame& frame, AckPacket& out);
[[nodiscard]] ReasonCode decode_subscribe(Version version, const Frame& frame, SubscribePacket& out);
[[nodiscard]] ReasonCode decode_suback(Version version, const Frame& frame, SubackPacket& out);
[[nodiscard]] ReasonCode decode_unsubscribe(Version version, const Frame& frame, UnsubscribePacket& out);
[[nodiscard]] ReasonCode decode_unsuback(Version version, const Frame& frame, UnsubackPacket& out);
// PINGREQ, PINGRESP, and DISCONNECT in 3.1.1: no flags, no body.
[[nodiscard]] ReasonCode decode_empty(const Frame& frame);
[[nodiscard]] ReasonCode decode_disconnect(Version version, const Frame& frame, DisconnectPacket& out);
[[nodiscard]] ReasonCode decode_auth(Version version, const Frame& frame, AuthPacket& out);

// Encoders append one packet to `out`. The caller keeps the specification's limits: strings and binary fields of at
// most 65,535 bytes, packets of at most kRemainingLengthMax; breaking one ends the process. Reason codes and properties
// are left out where the version has none and where the short form says the same.
void encode(Version version, const Packet& packet, std::vector<std::byte>& out);
void encode_connect(const ConnectPacket& packet, std::vector<std::byte>& out);
void encode_connack(Version version, const ConnackPacket& packet, std::vector<std::byte>& out);
void encode_publish(Version version, const PublishPacket& packet, std::vector<std::byte>& out);
void encode_ack(Version version, const AckPacket& packet, std::vector<std::byte>& out);
void encode_subscribe(Version version, const SubscribePacket& packet, std::vector<std::byte>& out);
void encode_suback(Version version, const SubackPacket& packet, std::vector<std::byte>& out);
void encode_unsubscribe(Version version, const UnsubscribePacket& packet, std::vector<std::byte>& out);
void encode_unsuback(Version version, const UnsubackPacket& packet, std::vector<std::byte>& out);
void encode_pingreq(std::vector<std::byte>& out);
void encode_pingresp(std::vector<std::byte>& out);
void encode_disconnect(Version version, const DisconnectPacket& packet, std::vector<std::byte>& out);
void encode_auth(const AuthPacket& packet, std::vector<std::byte>& out);

// The same straight from the lists that a session is given; no properties.
void encode_subscribe(Version version, std::uint16_t packet_id, std::span<const Subscription> filters,
                      std::vector<std::byte>& out);
void encode_unsubscribe(Version version, std::uint16_t packet_id, std::span<const std::string> filters,
                        std::vector<std::byte>& out);

// Bytes of a PUBLISH in front of its payload: fixed header, topic, packet identifier above QoS 0, and in 5.0 an empty
// property section.
[[nodiscard]] std::size_t publish_header_size(Version version, std::string_view topic, std::size_t payload_size,
                                              Qos qos);

// Appends exactly those bytes; the payload follows from another buffer. `packet_id` is ignored at QoS 0. Allocates
// nothing once `out` has room.
void encode_publish_header(Version version, std::string_view topic, std::size_t payload_size, Qos qos, bool dup,
                           bool retain, std::uint16_t packet_id, std::vector<std::byte>& out);

}  // namespace fleet::wire::mqtt
