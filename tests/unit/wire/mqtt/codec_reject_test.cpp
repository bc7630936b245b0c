// What the specification forbids, and the reason code it names: one line a rule.
#include <gtest/gtest.h>

#include "tests/unit/wire/mqtt/golden.h"
#include "tests/unit/wire/mqtt/hex.h"
#include "wire/mqtt/codec.h"

namespace fleet::wire::mqtt {
namespace {

constexpr Version v3 = Version::v311;
constexpr Version v5 = Version::v5;
constexpr ReasonCode kMalformed = ReasonCode::malformed_packet;
constexpr ReasonCode kProtocol = ReasonCode::protocol_error;

struct Forbidden {
  std::string_view why;
  Version version;
  std::string_view hex;
  ReasonCode reason;
};

constexpr Forbidden kForbidden[] = {
    {"type 0", v3, "00 00", kMalformed},
    {"auth in 3.1.1", v3, "f0 00", kMalformed},
    {"flags of puback", v3, "41 02 000a", kMalformed},
    {"flags of pubrel", v3, "60 02 000a", kMalformed},
    {"flags of pubrel", v5, "63 02 000a", kMalformed},
    {"flags of subscribe", v3, "80 08 000a 0003 612f62 01", kMalformed},
    {"flags of unsubscribe", v3, "a0 07 000c 0003 612f62", kMalformed},
    {"flags of pingresp", v3, "d1 00", kMalformed},
    {"flags of connack", v5, "21 03 00 00 00", kMalformed},
    {"pingresp with a body", v3, "d0 01 00", kMalformed},
    {"disconnect with a body", v3, "e0 01 00", kMalformed},
    // connect
    {"another protocol", v3, "10 11 0006 4d5149736470 03 02 003c 0003 646576",
     ReasonCode::unsupported_protocol_version},
    {"level 3", v3, "10 0f 0004 4d515454 03 02 003c 0003 646576", ReasonCode::unsupported_protocol_version},
    {"level 6", v5, "10 0f 0004 4d515454 06 02 003c 0003 646576", ReasonCode::unsupported_protocol_version},
    {"reserved connect flag", v3, "10 0f 0004 4d515454 04 03 003c 0003 646576", kMalformed},
    {"will qos without will", v3, "10 0f 0004 4d515454 04 0a 003c 0003 646576", kMalformed},
    {"will retain without will", v3, "10 0f 0004 4d515454 04 22 003c 0003 646576", kMalformed},
    {"will qos 3", v3, "10 15 0004 4d515454 04 1e 003c 0003 646576 0001 77 0001 78", kMalformed},
    {"will topic with a wildcard", v3, "10 15 0004 4d515454 04 06 003c 0003 646576 0001 23 0001 78",
     ReasonCode::topic_name_invalid},
    {"password without user name", v3, "10 12 0004 4d515454 04 42 003c 0003 646576 0001 70", kMalformed},
    {"bytes behind connect", v3, "10 10 0004 4d515454 04 02 003c 0003 646576 00", kMalformed},
    {"client id with U+0000", v3, "10 0f 0004 4d515454 04 02 003c 0003 640076", kMalformed},
    {"authentication data without method", v5, "10 11 0004 4d515454 05 02 003c 04 16000164 0000", kProtocol},
    // connack
    {"connack flag 2", v3, "20 02 02 00", kMalformed},
    {"return code 6", v3, "20 02 00 06", kProtocol},
    {"refusal with a session", v3, "20 02 01 05", kProtocol},
    {"refusal with a session", v5, "20 03 01 87 00", kProtocol},
    {"bytes behind connack", v3, "20 03 00 00 00", kMalformed},
    {"granted qos 1 as connect reason", v5, "20 03 00 01 00", kProtocol},
    {"connack without properties", v5, "20 02 00 00", kMalformed},
    // publish
    {"qos 3", v3, "36 05 0001 61 000a", kMalformed},
    {"dup at qos 0", v3, "38 05 0001 61 6869", kMalformed},
    {"packet identifier 0", v3, "32 05 0001 61 0000", kProtocol},
    {"no packet identifier", v3, "32 03 0001 61", kMalformed},
    {"topic longer than the packet", v3, "30 05 0009 61 6869", kMalformed},
    {"empty topic", v3, "30 04 0000 6869", ReasonCode::topic_name_invalid},
    {"empty topic without alias", v5, "30 05 0000 00 6869", kProtocol},
    {"topic with +", v3, "30 05 0003 612f2b", ReasonCode::topic_name_invalid},
    {"topic with #", v5, "30 06 0003 612f23 00", ReasonCode::topic_name_invalid},
    {"topic with U+0000", v3, "30 05 0003 610062", kMalformed},
    {"topic with a surrogate", v3, "30 05 0003 eda080", kMalformed},
    {"topic with an overlong slash", v3, "30 04 0002 c0af", kMalformed},
    {"topic above U+10FFFF", v3, "30 06 0004 f4908080", kMalformed},
    {"topic cut inside a character", v3, "30 03 0001 c3", kMalformed},
    {"no property length", v5, "30 03 0001 61", kMalformed},
    {"properties longer than the packet", v5, "30 04 0001 61 05", kMalformed},
    {"property length not in its shortest form", v5, "30 05 0001 61 8000", kMalformed},
    {"property length of five bytes", v5, "30 08 0001 61 8080808001", kMalformed},
    {"alias 0", v5, "30 07 0001 61 03 230000", ReasonCode::topic_alias_invalid},
    {"response topic with a wildcard", v5, "30 08 0001 61 04 08000123", kProtocol},
    {"subscription identifier 0", v5, "30 06 0001 61 02 0b00", kProtocol},
    {"payload format 2", v5, "30 06 0001 61 02 0102", kProtocol},
    // acknowledgements
    {"puback 0", v3, "40 02 0000", kProtocol},
    {"puback cut", v3, "40 01 00", kMalformed},
    {"puback with a reason", v3, "40 03 000a 00", kMalformed},
    {"reason that puback does not have", v5, "40 03 000a 92", kProtocol},
    {"reason that nobody has", v5, "40 03 000a 7f", kProtocol},
    {"pubrel with a refusal of pubrec", v5, "62 03 000a 87", kProtocol},
    {"bytes behind the properties", v5, "40 05 000a 00 00 00", kMalformed},
    // subscriptions
    {"no filter", v3, "82 02 000a", kProtocol},
    {"no filter", v5, "82 03 000a 00", kProtocol},
    {"no filter to drop", v3, "a2 02 000a", kProtocol},
    {"identifier 0", v3, "82 08 0000 0003 612f62 01", kProtocol},
    {"empty filter", v3, "82 05 000a 0000 01", ReasonCode::topic_filter_invalid},
    {"# not last", v3, "82 08 000a 0003 232f62 01", ReasonCode::topic_filter_invalid},
    {"+ beside a letter", v3, "82 07 000a 0002 612b 01", ReasonCode::topic_filter_invalid},
    {"filter not UTF-8", v3, "82 06 000a 0001 ff 01", kMalformed},
    {"filter without options", v3, "82 07 000a 0003 612f62", kMalformed},
    {"subscription qos 3", v3, "82 08 000a 0003 612f62 03", kMalformed},
    {"reserved option bit", v3, "82 08 000a 0003 612f62 04", kMalformed},
    {"reserved option bit", v5, "82 09 000a 00 0003 612f62 40", kMalformed},
    {"retain handling 3", v5, "82 09 000a 00 0003 612f62 30", kProtocol},
    {"no local on a shared subscription", v5, "82 10 000a 00 000a 2473686172652f672f61 04", kProtocol},
    {"subscription identifier twice", v5, "82 0d 000a 04 0b01 0b02 0003 612f62 00", kProtocol},
    {"no codes", v3, "90 02 000a", kMalformed},
    {"code 3", v3, "90 03 000a 03", kProtocol},
    {"code 0x87", v3, "90 03 000a 87", kProtocol},
    {"code 0x10", v5, "90 04 000a 00 10", kProtocol},
    {"unsuback with codes", v3, "b0 03 000a 00", kMalformed},
    {"unsuback without codes", v5, "b0 03 000a 00", kMalformed},
    // properties
    {"unknown property", v5, "40 06 000a 00 02 0400", kMalformed},
    {"property above the table", v5, "40 06 000a 00 02 7f00", kMalformed},
    {"property of another packet", v5, "40 07 000a 00 03 210001", kMalformed},
    {"property cut", v5, "40 06 000a 00 02 1f00", kMalformed},
    {"reason string twice", v5, "40 0c 000a 00 08 1f000161 1f000161", kProtocol},
    {"reason string not UTF-8", v5, "40 08 000a 00 04 1f0001ff", kMalformed},
    {"user property cut", v5, "40 0a 000a 00 06 260001610001", kMalformed},
    {"receive maximum 0", v5, "20 06 00 00 03 210000", kProtocol},
    {"maximum packet size 0", v5, "20 08 00 00 05 2700000000", kProtocol},
    {"maximum qos 2", v5, "20 05 00 00 02 2402", kProtocol},
    {"retain available 2", v5, "20 05 00 00 02 2502", kProtocol},
    {"session expiry twice", v5, "20 0d 00 00 0a 1100000001 1100000001", kProtocol},
    // disconnect, auth
    {"code of another packet", v5, "e0 01 10", kProtocol},
    {"bytes behind disconnect", v5, "e0 03 00 00 00", kMalformed},
    {"auth code", v5, "f0 01 87", kProtocol},
};

TEST(CodecRejects, WithTheReasonOfTheSpecification) {
  for (const Forbidden& forbidden : kForbidden) {
    const std::vector<std::byte> bytes = from_hex(forbidden.hex);
    Frame frame;
    ASSERT_EQ(split_frame(forbidden.version, bytes, kPacketSizeMax, frame), FrameStatus::complete) << forbidden.why;
    ASSERT_EQ(frame.size, bytes.size()) << forbidden.why;
    Packet packet;
    EXPECT_EQ(decode(forbidden.version, frame, packet), forbidden.reason)
        << forbidden.why << " " << forbidden.hex << ": " << reason_name(decode(forbidden.version, frame, packet));
  }
}

TEST(CodecRejects, RemainingLengths) {
  Frame frame;
  EXPECT_EQ(split_frame(v3, from_hex("30 80 80 80 80 01"), kPacketSizeMax, frame), FrameStatus::malformed);
  EXPECT_EQ(split_frame(v5, from_hex("30 80 80 80 80"), kPacketSizeMax, frame), FrameStatus::malformed);
  EXPECT_EQ(split_frame(v5, from_hex("d0 80 00"), kPacketSizeMax, frame), FrameStatus::malformed);
  EXPECT_EQ(split_frame(v3, from_hex("d0 80 00"), kPacketSizeMax, frame), FrameStatus::complete);  // 3.1.1 allows it
  EXPECT_EQ(split_frame(v3, from_hex("30 80 80 80"), kPacketSizeMax, frame), FrameStatus::incomplete);
  EXPECT_EQ(split_frame(v3, {}, kPacketSizeMax, frame), FrameStatus::incomplete);
  EXPECT_EQ(split_frame(v3, from_hex("30 05 0001 61 6869"), 6, frame), FrameStatus::too_large);
  EXPECT_EQ(split_frame(v3, from_hex("30 05 0001 61 6869"), 7, frame), FrameStatus::complete);
  EXPECT_EQ(split_frame(v3, from_hex("30 05"), 6, frame), FrameStatus::too_large);  // before the body is here
}

// Decoding what could be decoded must give something that encodes to a packet that decodes.
void expect_stable(Version version, std::span<const std::byte> bytes, std::string_view name) {
  Frame frame;
  if (split_frame(version, bytes, kPacketSizeMax, frame) != FrameStatus::complete) return;
  Packet packet;
  const ReasonCode decoded = decode(version, frame, packet);
  if (decoded != ReasonCode::success) {
    EXPECT_TRUE(is_failure(decoded)) << name;
    return;
  }
  // A CONNECT speaks for itself.
  const auto* connect = std::get_if<ConnectPacket>(&packet);
  const Version spoken = connect != nullptr ? connect->version : version;
  std::vector<std::byte> again;
  encode(spoken, packet, again);
  ASSERT_EQ(split_frame(spoken, again, kPacketSizeMax, frame), FrameStatus::complete) << name;
  Packet second;
  EXPECT_EQ(decode(spoken, frame, second), ReasonCode::success) << name << " " << to_hex(bytes);
}

TEST(CodecSurvives, EveryTruncation) {
  for (const Golden& golden : golden_packets()) {
    const std::vector<std::byte> whole = from_hex(golden.hex);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      Frame frame;
      EXPECT_EQ(split_frame(golden.version, cut, kPacketSizeMax, frame), FrameStatus::incomplete) << golden.name;
      if (size < 2) continue;
      // The same cut with a length that agrees with it, so that the body's decoder meets it.
      std::vector<std::byte> shorter = cut;
      shorter[1] = static_cast<std::byte>(size - 2);
      expect_stable(golden.version, shorter, golden.name);
    }
  }
}

TEST(CodecSurvives, EverySingleBitFlip) {
  for (const Golden& golden : golden_packets()) {
    for (const Version version : {v3, v5}) {
      const std::vector<std::byte> whole = from_hex(golden.hex);
      for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        std::vector<std::byte> flipped = whole;
        flipped[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
        expect_stable(version, flipped, golden.name);
        // The length of the packet as it really is, so that a flipped length does not hide the rest.
        if (bit / 8 != 1) continue;
        flipped.resize(flipped.size() + 256);
        expect_stable(version, flipped, golden.name);
      }
    }
  }
}

}  // namespace
}  // namespace fleet::wire::mqtt
