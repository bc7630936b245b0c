// Our publishes: identifiers, windows, acknowledgements, and what a reconnect does to them.
#include <gtest/gtest.h>

#include "tests/unit/wire/mqtt/conversation.h"
#include "wire/mqtt/session.h"

namespace fleet::wire::mqtt {
namespace {

constexpr Qos kOnce = Qos::at_least_once;
constexpr Qos kTwice = Qos::exactly_once;

TEST(SessionPublish, Qos1IsDoneWithPuback) {
  Conversation peer;
  peer.establish();
  EXPECT_EQ(peer.publish(kOnce, 100), 1);
  EXPECT_EQ(peer.publish(kOnce, 101), 2);
  EXPECT_EQ(peer.session.in_flight(), 2u);
  peer.reply("40 02 0002  40 02 0001  40 02 0001");
  EXPECT_EQ(peer.told(), "acknowledged(101:success) acknowledged(100:success)");
  EXPECT_EQ(peer.session.in_flight(), 0u);
}

TEST(SessionPublish, Qos2TakesTheLongWay) {
  Conversation peer;
  peer.establish();
  EXPECT_EQ(peer.publish(kTwice, 100), 1);
  peer.reply("50 02 0001");
  EXPECT_EQ(peer.told(), "");
  EXPECT_EQ(peer.sent(), "62020001");
  peer.reply("50 02 0001");  // PUBREC again
  EXPECT_EQ(peer.sent(), "62020001");
  EXPECT_EQ(peer.session.in_flight(), 1u);
  peer.reply("70 02 0001");
  EXPECT_EQ(peer.told(), "acknowledged(100:success)");
  EXPECT_EQ(peer.session.in_flight(), 0u);
}

TEST(SessionPublish, ReasonsReachTheOwner) {
  Conversation peer(Version::v5);
  peer.establish();
  peer.publish(kOnce, 1);
  peer.publish(kOnce, 2);
  peer.publish(kTwice, 3);
  peer.reply("40 03 0001 10  40 03 0002 97  50 03 0003 87");
  EXPECT_EQ(peer.told(),
            "acknowledged(1:no matching subscribers) acknowledged(2:quota exceeded) acknowledged(3:not authorized)");
  EXPECT_EQ(peer.sent(), "");  // a refusing PUBREC has no PUBREL
  EXPECT_EQ(peer.session.in_flight(), 0u);
}

TEST(SessionPublish, UnknownIdentifiers) {
  Conversation peer(Version::v5);
  peer.establish();
  peer.reply("40 02 0009  70 02 0009  50 02 0009  50 03 0008 80");
  EXPECT_EQ(peer.told(), "");
  EXPECT_EQ(peer.sent(), "6203000992");  // the PUBREC alone is owed an answer
}

TEST(SessionPublish, AcknowledgementsOfTheWrongKind) {
  struct Wrong {
    Qos qos;
    std::string_view bytes;
  };
  for (const Wrong& wrong : {Wrong{kOnce, "50 02 0001"}, Wrong{kOnce, "70 02 0001"}, Wrong{kTwice, "40 02 0001"},
                             Wrong{kTwice, "70 02 0001"}, Wrong{kOnce, "90 03 0001 00"}, Wrong{kOnce, "b0 02 0001"}}) {
    Conversation peer;
    peer.establish();
    peer.publish(wrong.qos, 1);
    peer.reply(wrong.bytes);
    EXPECT_EQ(peer.closed(), ReasonCode::protocol_error) << wrong.bytes;
  }
}

TEST(SessionPublish, OnlyWhileConnected) {
  Conversation peer;
  EXPECT_EQ(peer.publish(kOnce, 1), 0);
  peer.session.connect({"d", "", ""}, peer.now, peer.actions);
  EXPECT_EQ(peer.publish(kOnce, 1), 0);
  EXPECT_EQ(peer.refusal, PublishRefusal::not_connected);
}

TEST(SessionWindow, ReceiveMaximumOf20) {
  Conversation peer(Version::v5);
  peer.establish(false, "210014");
  for (std::uint64_t cookie = 1; cookie <= 20; ++cookie)
    EXPECT_EQ(peer.publish(cookie % 2 ? kOnce : kTwice, cookie), cookie);
  EXPECT_EQ(peer.publish(kOnce, 21), 0);
  EXPECT_EQ(peer.refusal, PublishRefusal::window_full);
  peer.reply("50 02 0002");  // PUBREC does not free a place
  EXPECT_EQ(peer.publish(kOnce, 21), 0);
  peer.reply("70 02 0002");
  EXPECT_EQ(peer.publish(kOnce, 21), 21);
  EXPECT_EQ(peer.publish(kOnce, 22), 0);
  peer.reply("50 03 0004 97");  // a refusing one does
  EXPECT_EQ(peer.publish(kOnce, 22), 22);
}

TEST(SessionWindow, AllIdentifiersInFlight) {
  Conversation peer;
  peer.establish();
  for (std::uint32_t number = 1; number <= 65'535; ++number) ASSERT_EQ(peer.publish(kOnce, number), number);
  EXPECT_EQ(peer.publish(kOnce, 1), 0);
  EXPECT_EQ(peer.refusal, PublishRefusal::window_full);
  peer.subscribe({{"a", Qos::at_most_once}}, 9);
  EXPECT_EQ(peer.told(), "subscribed(9:151)");  // no identifier left
  EXPECT_EQ(peer.session.in_flight(), 65'535u);

  // Acknowledged in one read, every second first.
  std::vector<std::byte> acks;
  for (std::uint32_t begin : {2u, 1u}) {
    for (std::uint32_t id = begin; id <= 65'535; id += 2) {
      encode_ack(Version::v311, {PacketType::puback, static_cast<std::uint16_t>(id), ReasonCode::success, {}}, acks);
    }
  }
  peer.reply(acks);
  ASSERT_EQ(peer.events().size(), 65'535u);
  for (const Event& event : peer.events()) ASSERT_EQ(event.cookie, event.packet_id);
  EXPECT_EQ(peer.session.in_flight(), 0u);
  EXPECT_EQ(peer.publish(kOnce, 5), 1);  // 0 is no identifier
}

TEST(SessionWindow, IdentifiersInUseAreSteppedOver) {
  Conversation peer;
  peer.establish();
  EXPECT_EQ(peer.publish(kOnce, 7), 1);  // stays unanswered
  for (std::uint32_t number = 2; number <= 200'000; ++number) {
    const std::uint16_t id = peer.publish(kOnce, number);
    ASSERT_NE(id, 0);
    ASSERT_NE(id, 1);
    std::vector<std::byte> ack;
    encode_ack(Version::v311, {PacketType::puback, id, ReasonCode::success, {}}, ack);
    peer.reply(ack);
    ASSERT_EQ(peer.events().size(), 1u);
    ASSERT_EQ(peer.events()[0].cookie, number);
  }
  EXPECT_EQ(peer.session.in_flight(), 1u);
}

TEST(SessionReconnect, KeptSessionResendsInOrder) {
  Conversation peer;
  peer.options.clean_start = false;
  peer.establish();
  for (std::uint64_t cookie = 1; cookie <= 6; ++cookie) peer.publish(cookie % 2 ? kOnce : kTwice, cookie);
  peer.reply("50 02 0004  50 02 0002  40 02 0003");  // 4 and 2 are half done, 3 is done
  peer.reconnect(true);
  EXPECT_EQ(peer.told(), "connected+ resend(1#1) resend(5#5) resend(6#6)");
  EXPECT_EQ(peer.sent(), "6202000462020002");  // PUBRELs in the order of the PUBRECs [MQTT-4.6.0-4]
  peer.reply("70 02 0002  70 02 0004  40 02 0001  40 02 0005  50 02 0006  70 02 0006");
  EXPECT_EQ(peer.told(),
            "acknowledged(2:success) acknowledged(4:success) acknowledged(1:success) acknowledged(5:success) "
            "acknowledged(6:success)");
  EXPECT_EQ(peer.session.in_flight(), 0u);
}

TEST(SessionReconnect, OrderSurvivesTheWrapOfIdentifiers) {
  Conversation peer;
  peer.options.clean_start = false;
  peer.establish();
  for (std::uint32_t number = 1; number <= 65'530; ++number) {
    std::vector<std::byte> ack;
    encode_ack(Version::v311, {PacketType::puback, peer.publish(kOnce, number), ReasonCode::success, {}}, ack);
    peer.reply(ack);
  }
  for (std::uint64_t cookie = 1; cookie <= 10; ++cookie) peer.publish(kOnce, cookie);
  peer.reconnect(true);
  EXPECT_EQ(peer.told(),
            "connected+ resend(1#65531) resend(2#65532) resend(3#65533) resend(4#65534) resend(5#65535) resend(6#1) "
            "resend(7#2) resend(8#3) resend(9#4) resend(10#5)");
}

TEST(SessionReconnect, LostSessionRenewsEverything) {
  for (const Version version : {Version::v311, Version::v5}) {
    Conversation peer(version);
    peer.options.clean_start = false;
    peer.establish();
    peer.publish(kTwice, 1);
    peer.publish(kOnce, 2);
    peer.publish(kOnce, 3);
    peer.reply("50 02 0001  40 02 0002");
    peer.reconnect(false);
    EXPECT_EQ(peer.told(), "connected renew(1) renew(3)");
    EXPECT_EQ(peer.sent(), "");
    EXPECT_EQ(peer.session.in_flight(), 0u);
    EXPECT_EQ(peer.publish(kTwice, 1), 4);
    peer.reply("40 02 0003");  // of the session that is gone
    EXPECT_EQ(peer.told(), "");
  }
}

TEST(SessionReconnect, ASmallerWindowIsRespected) {
  Conversation peer(Version::v5);
  peer.options.clean_start = false;
  peer.establish();
  for (std::uint64_t cookie = 1; cookie <= 5; ++cookie) peer.publish(kOnce, cookie);
  peer.reconnect(true, "210002");
  EXPECT_EQ(peer.told(), "connected+ resend(1#1) resend(2#2)");
  EXPECT_EQ(peer.publish(kOnce, 6), 0);
  EXPECT_EQ(peer.refusal, PublishRefusal::window_full);
  peer.reply("40 02 0002");
  EXPECT_EQ(peer.told(), "acknowledged(2:success) resend(3#3)");
  peer.reply("40 02 0005");  // answered before we sent it again
  EXPECT_EQ(peer.told(), "acknowledged(5:success)");
  peer.reply("40 02 0001  40 02 0003  40 02 0004");
  EXPECT_EQ(peer.told(), "acknowledged(1:success) resend(4#4) acknowledged(3:success) acknowledged(4:success)");
  EXPECT_EQ(peer.publish(kOnce, 6), 6);
}

TEST(SessionReconnect, PubrelsHoldTheirPlaces) {
  Conversation peer(Version::v5);
  peer.options.clean_start = false;
  peer.establish();
  peer.publish(kTwice, 1);
  peer.publish(kTwice, 2);
  peer.publish(kOnce, 3);
  peer.reply("50 02 0001  50 02 0002");
  peer.reconnect(true, "210002");
  EXPECT_EQ(peer.sent(), "6202000162020002");
  EXPECT_EQ(peer.told(), "connected+");
  peer.reply("70 03 0001 92");  // it was through already: no failure
  EXPECT_EQ(peer.told(), "acknowledged(1:success) resend(3#3)");
}

TEST(SessionReconnect, SeveralLossesInARow) {
  Conversation peer;
  peer.options.clean_start = false;
  peer.establish();
  peer.publish(kOnce, 1);
  peer.publish(kTwice, 2);
  for (int times = 0; times < 3; ++times) {
    peer.actions.clear();
    peer.session.on_transport_lost(peer.actions);
    peer.session.connect({"dev", "", ""}, peer.now, peer.actions);  // and no CONNACK
    peer.reconnect(true);
    EXPECT_EQ(peer.told(), "connected+ resend(1#1) resend(2#2)");
  }
  EXPECT_EQ(peer.session.in_flight(), 2u);
}

TEST(SessionReconnect, WithoutWordOfTheLoss) {
  Conversation peer(Version::v5);
  peer.options.clean_start = false;
  peer.establish(false, "210001");
  peer.publish(kOnce, 1);
  peer.establish(true, "210001");
  EXPECT_EQ(peer.told(), "connected+ resend(1#1)");
  peer.reply("40 02 0001");
  EXPECT_EQ(peer.publish(kOnce, 2), 2);
}

TEST(SessionReconnect, SixtyThousandInOrder) {
  Conversation peer;
  peer.options.clean_start = false;
  peer.establish();
  for (std::uint64_t cookie = 1; cookie <= 65'535; ++cookie) peer.publish(kOnce, cookie);
  peer.reconnect(true);
  ASSERT_EQ(peer.events().size(), 65'536u);
  for (std::size_t index = 1; index < peer.events().size(); ++index) {
    ASSERT_EQ(peer.events()[index].kind, Event::Kind::resend);
    ASSERT_EQ(peer.events()[index].cookie, index);
  }
}

}  // namespace
}  // namespace fleet::wire::mqtt
