// The codec against bytes written by hand, and against itself.
#include "wire/mqtt/codec.h"

#include <gtest/gtest.h>

#include "tests/unit/wire/mqtt/golden.h"
#include "tests/unit/wire/mqtt/hex.h"

namespace fleet::wire::mqtt {
namespace {

constexpr Version kBothVersions[] = {Version::v311, Version::v5};

Frame frame_of(Version version, std::span<const std::byte> bytes) {
  Frame frame;
  EXPECT_EQ(split_frame(version, bytes, kPacketSizeMax, frame), FrameStatus::complete);
  return frame;
}

TEST(Codec, EncodesWhatTheSpecificationSays) {
  for (const Golden& golden : golden_packets()) {
    std::vector<std::byte> out;
    encode(golden.version, golden.packet, out);
    EXPECT_EQ(to_hex(out), hex(golden.hex)) << golden.name;
  }
}

TEST(Codec, DecodesToTheSamePacket) {
  for (const Golden& golden : golden_packets()) {
    const std::vector<std::byte> bytes = from_hex(golden.hex);
    Packet packet;
    ASSERT_EQ(decode(golden.version, frame_of(golden.version, bytes), packet), ReasonCode::success) << golden.name;
    EXPECT_EQ(packet.index(), golden.packet.index()) << golden.name;
    std::vector<std::byte> again;
    encode(golden.version, packet, again);
    EXPECT_EQ(to_hex(again), hex(golden.hex)) << golden.name;
  }
}

TEST(Codec, ConnectFieldsAreWhereTheyBelong) {
  const auto bytes = from_hex("10 1b 0004 4d515454 04 ec 0078 0003 646576 0001 77 0001 78 0001 75 0001 70");
  ConnectPacket packet;
  ASSERT_EQ(decode_connect(frame_of(Version::v311, bytes), packet), ReasonCode::success);
  EXPECT_EQ(packet.version, Version::v311);
  EXPECT_FALSE(packet.clean_start);
  EXPECT_EQ(packet.keep_alive_s, 120);
  EXPECT_EQ(packet.client_id, "dev");
  ASSERT_TRUE(packet.will);
  EXPECT_EQ(packet.will->topic, "w");
  EXPECT_EQ(text_of_bytes(packet.will->payload), "x");
  EXPECT_EQ(packet.will->qos, Qos::at_least_once);
  EXPECT_TRUE(packet.will->retain);
  EXPECT_EQ(packet.username, "u");
  EXPECT_EQ(packet.password, "p");
}

TEST(Codec, PublishFieldsAreWhereTheyBelong) {
  const auto bytes = from_hex("3b 09 0003 612f62 000a 6869");
  PublishPacket packet;
  ASSERT_EQ(decode_publish(Version::v311, frame_of(Version::v311, bytes), packet), ReasonCode::success);
  EXPECT_EQ(packet.topic, "a/b");
  EXPECT_EQ(text_of_bytes(packet.payload), "hi");
  EXPECT_EQ(packet.qos, Qos::at_least_once);
  EXPECT_EQ(packet.packet_id, 10);
  EXPECT_TRUE(packet.dup);
  EXPECT_TRUE(packet.retain);
  // Views, not copies.
  EXPECT_EQ(static_cast<const void*>(packet.payload.data()), bytes.data() + 9);
}

TEST(Codec, FiltersAndCodesAreIterated) {
  const auto subscribe = from_hex("82 0c 000a 0003 612f62 01 0001 23 02");
  SubscribePacket packet;
  ASSERT_EQ(decode_subscribe(Version::v311, frame_of(Version::v311, subscribe), packet), ReasonCode::success);
  std::vector<std::pair<std::string, Qos>> filters;
  for (const FilterEntry& entry : packet.filters) filters.emplace_back(entry.filter, entry.qos());
  EXPECT_EQ(filters, (std::vector<std::pair<std::string, Qos>>{{"a/b", Qos::at_least_once}, {"#", Qos::exactly_once}}));

  const auto unsubscribe = from_hex("a2 0a 000c 0003 612f62 0001 2b");
  UnsubscribePacket names;
  ASSERT_EQ(decode_unsubscribe(Version::v311, frame_of(Version::v311, unsubscribe), names), ReasonCode::success);
  std::string joined;
  for (const FilterEntry& entry : names.filters) joined += std::string(entry.filter) + ";";
  EXPECT_EQ(joined, "a/b;+;");

  const auto suback = from_hex("90 06 000b 00 00 87 a2");
  SubackPacket answer;
  ASSERT_EQ(decode_suback(Version::v5, frame_of(Version::v5, suback), answer), ReasonCode::success);
  ASSERT_EQ(answer.codes.size(), 3u);
  EXPECT_EQ(answer.codes[2], ReasonCode::wildcard_subscriptions_not_supported);
}

TEST(Codec, ReturnCodesOf311AreMappedBothWays) {
  constexpr std::pair<int, ReasonCode> kCodes[] = {{0, ReasonCode::success},
                                                   {1, ReasonCode::unsupported_protocol_version},
                                                   {2, ReasonCode::client_identifier_not_valid},
                                                   {3, ReasonCode::server_unavailable},
                                                   {4, ReasonCode::bad_user_name_or_password},
                                                   {5, ReasonCode::not_authorized}};
  for (const auto& [code, reason] : kCodes) {
    std::vector<std::byte> bytes;
    encode_connack(Version::v311, {false, reason, {}}, bytes);
    EXPECT_EQ(std::to_integer<int>(bytes[3]), code);
    ConnackPacket packet;
    ASSERT_EQ(decode_connack(Version::v311, frame_of(Version::v311, bytes), packet), ReasonCode::success);
    EXPECT_EQ(packet.reason, reason);
  }
  std::vector<std::byte> bytes;
  encode_connack(Version::v311, {false, ReasonCode::banned, {}}, bytes);
  EXPECT_EQ(to_hex(bytes), "20020003");
}

TEST(Codec, ListsGoOutAsTheSessionHasThem) {
  std::vector<std::byte> out;
  const std::vector<Subscription> wanted = {{"a/b", Qos::at_least_once}, {"#", Qos::exactly_once}};
  encode_subscribe(Version::v311, 10, wanted, out);
  EXPECT_EQ(to_hex(out), hex("82 0c 000a 0003 612f62 01 0001 23 02"));
  out.clear();
  encode_subscribe(Version::v5, 10, wanted, out);
  EXPECT_EQ(to_hex(out), hex("82 0d 000a 00 0003 612f62 01 0001 23 02"));
  out.clear();
  const std::vector<std::string> names = {"a/b"};
  encode_unsubscribe(Version::v5, 12, names, out);
  EXPECT_EQ(to_hex(out), hex("a2 08 000c 00 0003 612f62"));
}

// Table 2-4: the lengths where one more byte is needed.
TEST(Codec, RemainingLengthsAtTheirEdges) {
  constexpr std::size_t kTopic = 3;
  for (const std::size_t remaining : {127u, 128u, 16'383u, 16'384u, 2'097'151u, 2'097'152u}) {
    for (const Version version : kBothVersions) {
      const std::size_t payload = remaining - kTopic - (version == Version::v5 ? 1 : 0);
      std::vector<std::byte> bytes;
      encode_publish_header(version, "a", payload, Qos::at_most_once, false, false, 0, bytes);
      EXPECT_EQ(bytes.size(), publish_header_size(version, "a", payload, Qos::at_most_once));
      Frame frame;
      EXPECT_EQ(split_frame(version, bytes, kPacketSizeMax, frame), FrameStatus::incomplete);
      EXPECT_EQ(frame.size, bytes.size() + payload);
      bytes.resize(bytes.size() + payload);
      frame = frame_of(version, bytes);
      EXPECT_EQ(frame.body.size(), remaining);
      EXPECT_EQ(frame.size, bytes.size());

      // The encoder that learns the length at the end agrees.
      PropertyList none;
      std::vector<std::byte> suback;
      const std::vector<std::byte> codes(remaining - 2 - (version == Version::v5 ? 1 : 0));
      encode_suback(version, {1, none.view(), ReasonCodes(codes)}, suback);
      EXPECT_EQ(frame_of(version, suback).body.size(), remaining);
    }
  }
}

TEST(Codec, LargestLengthFitsFourBytes) {
  const auto bytes = from_hex("30 ff ff ff 7f 00");
  Frame frame;
  EXPECT_EQ(split_frame(Version::v5, bytes, kPacketSizeMax, frame), FrameStatus::incomplete);
  EXPECT_EQ(frame.size, kPacketSizeMax);
  EXPECT_EQ(split_frame(Version::v5, bytes, kPacketSizeMax - 1, frame), FrameStatus::too_large);
}

TEST(Codec, PublishHeaderOfEveryKind) {
  std::vector<std::byte> out;
  encode_publish_header(Version::v311, "a/b", 2, Qos::at_least_once, true, true, 10, out);
  EXPECT_EQ(to_hex(out), hex("3b 09 0003 612f62 000a"));
  out.clear();
  encode_publish_header(Version::v5, "a/b", 200, Qos::exactly_once, false, false, 0x1234, out);
  EXPECT_EQ(to_hex(out), hex("34 d001 0003 612f62 1234 00"));
  out.clear();
  encode_publish_header(Version::v5, "a/b", 0, Qos::at_most_once, false, true, 77, out);
  EXPECT_EQ(to_hex(out), hex("31 06 0003 612f62 00"));
}

TEST(Codec, PublishHeaderAllocatesNothingOnceThereIsRoom) {
  std::vector<std::byte> out;
  out.reserve(4096);
  const std::byte* storage = out.data();
  for (int i = 0; i < 100; ++i) {
    encode_publish_header(Version::v5, "/product/device/user/get", 128, Qos::at_least_once, false, false, 7, out);
  }
  EXPECT_EQ(out.data(), storage);
}

TEST(Codec, ReasonNamesAreTheSpecifications) {
  EXPECT_EQ(reason_name(ReasonCode::success), "success");
  EXPECT_EQ(reason_name(ReasonCode::wildcard_subscriptions_not_supported), "wildcard subscriptions not supported");
  EXPECT_EQ(reason_name(static_cast<ReasonCode>(0x7A)), "reason code 0x7A");
  EXPECT_EQ(reason_name(static_cast<ReasonCode>(0xFF)), "reason code 0xFF");
}

}  // namespace
}  // namespace fleet::wire::mqtt
