// What reaches us: deliveries, their acknowledgements, and packets that arrive in pieces.
#include <gtest/gtest.h>

#include "tests/unit/wire/mqtt/conversation.h"
#include "tests/unit/wire/mqtt/golden.h"
#include "wire/mqtt/session.h"

namespace fleet::wire::mqtt {
namespace {

std::vector<std::byte> publish_bytes(Version version, std::string_view topic, std::string_view payload,
                                     Qos qos = Qos::at_most_once, std::uint16_t packet_id = 0) {
  PublishPacket packet;
  packet.topic = topic;
  packet.payload = bytes_of_text(payload);
  packet.qos = qos;
  packet.packet_id = packet_id;
  std::vector<std::byte> bytes;
  encode_publish(version, packet, bytes);
  return bytes;
}

TEST(SessionDelivery, Qos0) {
  Conversation peer;
  peer.establish();
  peer.reply("31 05 0001 61 6869  30 03 0001 62");
  EXPECT_EQ(peer.told(), "delivery(a:hi) delivery(b:)");
  EXPECT_EQ(peer.sent(), "");
  EXPECT_TRUE(peer.events()[0].delivery.retain);
  EXPECT_FALSE(peer.events()[1].delivery.retain);
}

TEST(SessionDelivery, Qos1IsAcknowledged) {
  Conversation peer;
  peer.establish();
  peer.reply("3a 06 0001 61 0102 78");
  EXPECT_EQ(peer.told(), "delivery(a:x)");
  EXPECT_EQ(peer.sent(), "40020102");
  EXPECT_TRUE(peer.events()[0].delivery.dup);
  EXPECT_EQ(peer.events()[0].delivery.qos, Qos::at_least_once);
}

TEST(SessionDelivery, Qos2IsDeliveredOnce) {
  Conversation peer;
  peer.establish();
  peer.reply("34 06 0001 61 0007 78");
  EXPECT_EQ(peer.told(), "delivery(a:x)");
  EXPECT_EQ(peer.sent(), "50020007");
  peer.reply("3c 06 0001 61 0007 78");
  EXPECT_EQ(peer.told(), "");
  EXPECT_EQ(peer.sent(), "50020007");
  peer.reply("62 02 0007");
  EXPECT_EQ(peer.sent(), "70020007");
  peer.reply("62 02 0007");
  EXPECT_EQ(peer.sent(), "70020007");
  peer.reply("34 06 0001 61 0007 79");
  EXPECT_EQ(peer.told(), "delivery(a:y)");
}

TEST(SessionDelivery, Qos2OverReconnects) {
  Conversation peer(Version::v5);
  peer.options.clean_start = false;
  peer.establish();
  peer.reply("34 07 0001 61 0007 00 78");
  peer.reconnect(true);
  peer.reply("3c 07 0001 61 0007 00 78");
  EXPECT_EQ(peer.told(), "");
  EXPECT_EQ(peer.sent(), "50020007");
  peer.reconnect(false);  // the broker forgot, and so do we
  peer.reply("34 07 0001 61 0007 00 78");
  EXPECT_EQ(peer.told(), "delivery(a:x)");
  peer.sent();
  peer.reply("62 02 0008");
  EXPECT_EQ(peer.sent(), "7003000892");
}

TEST(SessionDelivery, MoreQos2ThanWeTake) {
  Conversation peer(Version::v5);
  peer.options.receive_maximum = 3;
  peer.establish();
  for (std::uint16_t id = 1; id <= 3; ++id) peer.reply(publish_bytes(Version::v5, "a", "", Qos::exactly_once, id));
  peer.reply(publish_bytes(Version::v5, "a", "", Qos::exactly_once, 2));
  EXPECT_EQ(peer.told(), "");
  peer.reply(publish_bytes(Version::v5, "a", "", Qos::exactly_once, 4));
  EXPECT_EQ(peer.closed(), ReasonCode::receive_maximum_exceeded);
}

TEST(SessionDelivery, AllQos2IdentifiersAtOnce) {
  Conversation peer;
  peer.establish();
  for (std::uint32_t id = 1; id <= 65'535; ++id) {
    peer.reply(publish_bytes(Version::v311, "a", "", Qos::exactly_once, static_cast<std::uint16_t>(id)));
    ASSERT_EQ(peer.events().size(), 1u);
  }
  for (std::uint32_t id = 1; id <= 65'535; ++id) {
    peer.reply(publish_bytes(Version::v311, "a", "", Qos::exactly_once, static_cast<std::uint16_t>(id)));
    ASSERT_EQ(peer.events().size(), 0u);
    std::vector<std::byte> release;
    encode_ack(Version::v311, {PacketType::pubrel, static_cast<std::uint16_t>(id), ReasonCode::success, {}}, release);
    peer.reply(release);
  }
  peer.reply(publish_bytes(Version::v311, "a", "", Qos::exactly_once, 77));
  EXPECT_EQ(peer.events().size(), 1u);
}

TEST(SessionDelivery, PropertiesArePassedOver) {
  Conversation peer(Version::v5);
  peer.establish();
  peer.reply("32 13 0001 61 0102 0c 0101 0b05 260001 6b 0001 76 00 78");
  EXPECT_EQ(peer.closed(), ReasonCode::malformed_packet);  // property 0
  peer.reconnect(false);
  peer.reply("32 12 0001 61 0102 0b 0101 0b05 260001 6b 0001 76 78");
  EXPECT_EQ(peer.told(), "delivery(a:x)");
}

TEST(SessionDelivery, ViewsPointIntoTheInput) {
  Conversation peer;
  peer.establish();
  const auto bytes = publish_bytes(Version::v311, "a", "payload");
  peer.actions.clear();
  peer.session.on_bytes(bytes, peer.now, peer.actions);
  ASSERT_EQ(peer.events().size(), 1u);
  EXPECT_EQ(peer.events()[0].delivery.payload.data(), bytes.data() + 5);
}

// A stream of several packets, cut at every place, and fed a byte at a time.
TEST(SessionPieces, EveryCut) {
  for (const Version version : {Version::v311, Version::v5}) {
    std::vector<std::byte> stream;
    const auto add = [&stream](const std::vector<std::byte>& bytes) {
      stream.insert(stream.end(), bytes.begin(), bytes.end());
    };
    add(from_hex("d0 00"));
    add(publish_bytes(version, "a", "one"));
    add(publish_bytes(version, "b", std::string(200, 'x')));  // two bytes of length
    add(publish_bytes(version, "c", "two", Qos::at_least_once, 5));
    const std::string expected = "delivery(a:one) delivery(b:" + std::string(200, 'x') + ") delivery(c:two)";
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
      Conversation peer(version);
      peer.establish();
      const std::span<const std::byte> whole(stream);
      std::string told;
      for (const auto part : {whole.first(cut), whole.subspan(cut)}) {
        peer.reply(part);
        if (!told.empty() && !peer.events().empty()) told += " ";
        told += peer.told();
      }
      ASSERT_EQ(told, expected) << cut;
      ASSERT_EQ(peer.sent(), cut == stream.size() ? "" : "40020005");
    }
    Conversation peer(version);
    peer.establish();
    std::string told;
    for (const std::byte byte : stream) {
      peer.reply({&byte, 1});
      if (!told.empty() && !peer.events().empty()) told += " ";
      told += peer.told();
    }
    EXPECT_EQ(told, expected);
  }
}

TEST(SessionPieces, ALargePacketInManyPieces) {
  Conversation peer;
  peer.establish();
  std::string payload(900 * 1024, 'x');
  for (std::size_t at = 0; at < payload.size(); at += 1000) payload[at] = static_cast<char>('a' + at / 1000 % 26);
  const auto bytes = publish_bytes(Version::v311, "big", payload);
  for (int round = 0; round < 3; ++round) {
    for (std::size_t at = 0; at < bytes.size(); at += 1400) {
      peer.reply(std::span(bytes).subspan(at, std::min<std::size_t>(1400, bytes.size() - at)));
      EXPECT_EQ(peer.events().size(), at + 1400 >= bytes.size() ? 1u : 0u);
    }
    ASSERT_EQ(peer.events().size(), 1u);
    EXPECT_EQ(text_of_bytes(peer.events()[0].delivery.payload), payload);
  }
}

// Two sessions of one loop, packets interleaved: each borrows a buffer, and both are used again.
TEST(SessionPieces, BuffersAreSharedBySessions) {
  EndpointOptions options;
  Actions actions;
  Session sessions[] = {Session(&options), Session(&options)};
  const TimePoint now{};
  for (Session& session : sessions) {
    session.connect({"d", "", ""}, now, actions);
    session.on_bytes(from_hex("20 02 00 00"), now, actions);
  }
  const auto first = publish_bytes(Version::v311, "a", std::string(1000, '1'));
  const auto second = publish_bytes(Version::v311, "a", std::string(1000, '2'));
  for (int round = 0; round < 5; ++round) {
    actions.clear();
    EXPECT_EQ(actions.spare_buffers.size(), round == 0 ? 0u : 2u);
    sessions[0].on_bytes(std::span(first).first(500), now, actions);
    sessions[1].on_bytes(std::span(second).first(600), now, actions);
    sessions[0].on_bytes(std::span(first).subspan(500), now, actions);
    sessions[1].on_bytes(std::span(second).subspan(600), now, actions);
    ASSERT_EQ(actions.events.size(), 2u);
    EXPECT_EQ(text_of_bytes(actions.events[0].delivery.payload), std::string(1000, '1'));
    EXPECT_EQ(text_of_bytes(actions.events[1].delivery.payload), std::string(1000, '2'));
  }
}

TEST(SessionPieces, LostWithTheTransport) {
  Conversation peer;
  peer.establish();
  peer.reply("30 05 0001");
  peer.reconnect(false);
  peer.reply("30 05 0001 61 6869");
  EXPECT_EQ(peer.told(), "delivery(a:hi)");
}

TEST(SessionPieces, TooLargeIsToldByTheLengthAlone) {
  Conversation peer(Version::v5);
  peer.options.maximum_packet_size = 1000;
  peer.establish();
  peer.reply("30");
  EXPECT_EQ(peer.told(), "");
  peer.reply("e7");
  EXPECT_EQ(peer.told(), "");
  peer.reply("07");  // 999 bytes and the header
  EXPECT_EQ(peer.closed(), ReasonCode::packet_too_large);
  EXPECT_EQ(peer.sent(), "e00195");
  Conversation piecewise;
  piecewise.establish();
  for (const std::string_view byte : {"30", "80", "80", "80"}) {
    piecewise.reply(byte);
    EXPECT_EQ(piecewise.told(), "");
  }
  piecewise.reply("80");
  EXPECT_EQ(piecewise.closed(), ReasonCode::malformed_packet);
}

// Feeds bytes to a session with everything in flight, whole and in single bytes; it must end in one of two states:
// closed with a failure, or alive and answering.
void survive(Version version, std::span<const std::byte> bytes, std::string_view name) {
  for (const bool piecewise : {false, true}) {
    Conversation peer(version);
    peer.establish();
    for (std::uint64_t cookie = 1; cookie <= 9; ++cookie) peer.publish(Qos::at_least_once, cookie);
    peer.publish(Qos::at_least_once, 10);
    peer.publish(Qos::exactly_once, 11);
    peer.unsubscribe({"a", "b"}, 12);
    peer.subscribe({{"a", Qos::at_most_once}, {"b", Qos::at_most_once}, {"c", Qos::at_most_once}}, 13);
    bool closed = false;
    const std::size_t step = piecewise ? 1 : bytes.size();
    for (std::size_t at = 0; at < bytes.size() && !closed; at += step) {
      peer.reply(bytes.subspan(at, step));
      closed = !peer.events().empty() && peer.events().back().kind == Event::Kind::closed;
    }
    EXPECT_NE(peer.session.connected(), closed) << name;
    EXPECT_LE(peer.session.in_flight(), 11u) << name;
    peer.reconnect(false);
    peer.reply("30 05 0001 61 00 78");
    EXPECT_EQ(peer.events().size(), 1u) << name;
  }
  Conversation fresh(version);
  fresh.session.connect({"d", "", ""}, fresh.now, fresh.actions);
  fresh.reply(bytes);
}

TEST(SessionSurvives, EveryTruncationAndEverySingleBitFlip) {
  for (const Golden& golden : golden_packets()) {
    const std::vector<std::byte> whole = from_hex(golden.hex);
    survive(golden.version, whole, golden.name);
    for (std::size_t size = 1; size < whole.size(); ++size) {
      survive(golden.version, std::span(whole).first(size), golden.name);
      std::vector<std::byte> shorter(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      if (size < 2) continue;
      shorter[1] = static_cast<std::byte>(size - 2);
      survive(golden.version, shorter, golden.name);
    }
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
      std::vector<std::byte> flipped = whole;
      flipped[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
      survive(golden.version, flipped, golden.name);
    }
  }
}

}  // namespace
}  // namespace fleet::wire::mqtt
