// Connecting, limits, keep-alive, subscriptions, and how a connection ends.
#include "wire/mqtt/session.h"

#include <gtest/gtest.h>

#include "tests/unit/wire/mqtt/conversation.h"

namespace fleet::wire::mqtt {
namespace {

using namespace std::chrono_literals;

TEST(SessionConnect, SaysWhoItIs) {
  Conversation peer;
  peer.options.keep_alive = 120s;
  peer.options.clean_start = false;
  peer.session.connect({"dev", "u", "p"}, peer.now, peer.actions);
  EXPECT_EQ(peer.sent(), hex("10 15 0004 4d515454 04 c0 0078 0003 646576 0001 75 0001 70"));
  EXPECT_FALSE(peer.session.connected());
  peer.reply("20 02 01 00");
  EXPECT_EQ(peer.told(), "connected+");
  EXPECT_TRUE(peer.session.connected());
}

TEST(SessionConnect, LeavesAWill) {
  Conversation peer;
  Login login{"d", "", ""};
  login.will = LastWill{"w", "by", Qos::at_least_once, true};
  peer.session.connect(login, peer.now, peer.actions);
  EXPECT_EQ(peer.sent(), hex("10 14 0004 4d515454 04 2e 003c 0001 64 0001 77 0002 6279"));
  Conversation modern(Version::v5);
  modern.options.maximum_packet_size = 1;
  login.will->qos = Qos::exactly_once;
  login.will->retain = false;
  modern.session.connect(login, modern.now, modern.actions);
  EXPECT_EQ(modern.sent(), hex("10 1b 0004 4d515454 05 16 003c 05 2700000001 0001 64 00 0001 77 0002 6279"));
}

TEST(SessionConnect, AnnouncesItsLimitsIn5) {
  Conversation peer(Version::v5);
  peer.options.receive_maximum = 20;
  peer.options.maximum_packet_size = 4096;
  peer.options.session_expiry_s = 3600;
  peer.session.connect({"dev", "", ""}, peer.now, peer.actions);
  EXPECT_EQ(peer.sent(), hex("10 1d 0004 4d515454 05 02 003c 0d 1100000e10 210014 2700001000 0003 646576"));
  peer.reply("20 03 00 00 00");
  EXPECT_EQ(peer.told(), "connected");
}

TEST(SessionConnect, PasswordWithoutUserName) {
  Conversation old;
  old.session.connect({"d", "", "p"}, old.now, old.actions);
  EXPECT_EQ(old.sent(), hex("10 12 0004 4d515454 04 c2 003c 0001 64 0000 0001 70"));  // 3.1.1 wants a name
  Conversation peer(Version::v5);
  peer.options.maximum_packet_size = 1;
  peer.session.connect({"d", "", "p"}, peer.now, peer.actions);
  EXPECT_EQ(peer.sent(), hex("10 16 0004 4d515454 05 42 003c 05 2700000001 0001 64 0001 70"));
}

TEST(SessionConnect, FieldsThatNoPacketCarries) {
  Conversation peer;
  const std::string endless(65'536, 'x');
  peer.session.connect({endless, "", ""}, peer.now, peer.actions);
  EXPECT_EQ(peer.closed(), ReasonCode::client_identifier_not_valid);
  peer.session.connect({"d", "u", endless}, peer.now, peer.actions);
  EXPECT_EQ(peer.closed(), ReasonCode::bad_user_name_or_password);
  Login login{"d", "", ""};
  login.will = LastWill{"w", endless, Qos::at_most_once, false};
  peer.session.connect(login, peer.now, peer.actions);
  EXPECT_EQ(peer.closed(), ReasonCode::packet_too_large);
  EXPECT_EQ(peer.sent(), "");
}

TEST(SessionConnect, RefusalsOf311AreMapped) {
  constexpr std::pair<std::string_view, ReasonCode> kRefusals[] = {
      {"20 02 00 01", ReasonCode::unsupported_protocol_version},
      {"20 02 00 02", ReasonCode::client_identifier_not_valid},
      {"20 02 00 03", ReasonCode::server_unavailable},
      {"20 02 00 04", ReasonCode::bad_user_name_or_password},
      {"20 02 00 05", ReasonCode::not_authorized},
      {"20 02 00 06", ReasonCode::protocol_error},
      {"20 02 02 00", ReasonCode::malformed_packet},
      {"20 02 01 00", ReasonCode::protocol_error},  // a session that we asked to drop
  };
  for (const auto& [connack, reason] : kRefusals) {
    Conversation peer;
    peer.session.connect({"dev", "", ""}, peer.now, peer.actions);
    peer.reply(connack);
    EXPECT_EQ(peer.closed(), reason) << connack;
    EXPECT_FALSE(peer.session.connected());
    EXPECT_EQ(peer.sent(), "");
  }
}

TEST(SessionConnect, RefusalsOf5SayWhy) {
  Conversation peer(Version::v5);
  peer.session.connect({"dev", "", ""}, peer.now, peer.actions);
  peer.reply("20 08 00 97 05 1f0002 6e6f");
  EXPECT_EQ(peer.closed(), ReasonCode::quota_exceeded);
  EXPECT_EQ(peer.events().back().detail, "no");

  Conversation older(Version::v5);  // a broker that knows 3.1.1 only
  older.session.connect({"dev", "", ""}, older.now, older.actions);
  older.reply("20 02 00 01");
  EXPECT_EQ(older.closed(), ReasonCode::unsupported_protocol_version);
  EXPECT_EQ(older.events().back().detail, "unsupported protocol version");
}

TEST(SessionConnect, FirstPacketMustBeConnack) {
  for (const std::string_view first : {"d0 00", "30 03 0001 61", "e0 00", "40 02 0001"}) {
    Conversation peer;
    peer.session.connect({"dev", "", ""}, peer.now, peer.actions);
    peer.reply(first);
    EXPECT_EQ(peer.closed(), ReasonCode::protocol_error) << first;
  }
}

TEST(SessionConnect, TakesTheBrokersLimits) {
  Conversation peer(Version::v5);
  peer.establish(false, "2401 2500 2700000400 13001e 12000161 2800 2a00");
  EXPECT_EQ(peer.session.peer_maximum_qos(), Qos::at_least_once);
  EXPECT_FALSE(peer.session.peer_retain_available());
  EXPECT_EQ(peer.session.peer_maximum_packet_size(), 1024u);
  EXPECT_EQ(peer.session.keep_alive(), 30s);
  EXPECT_EQ(peer.session.assigned_client_id(), "a");
  EXPECT_EQ(peer.publish(Qos::exactly_once, 1), 0);
  EXPECT_EQ(peer.refusal, PublishRefusal::qos_not_supported);

  peer.subscribe({{"a/+", Qos::at_most_once}, {"b", Qos::at_most_once}}, 7);
  EXPECT_EQ(peer.told(), "subscribed(7:162,131)");
  peer.subscribe({{"$share/g/b", Qos::at_most_once}}, 8);
  EXPECT_EQ(peer.told(), "subscribed(8:158)");
  peer.subscribe({{std::string(1024, 'x'), Qos::at_most_once}}, 9);
  EXPECT_EQ(peer.told(), "subscribed(9:149)");
  peer.unsubscribe({std::string(1024, 'x')}, 10);
  EXPECT_EQ(peer.told(), "unsubscribed(10:packet too large)");
  EXPECT_EQ(peer.sent(), "");

  // The limits are those of one connection.
  peer.reconnect(false);
  EXPECT_EQ(peer.session.peer_maximum_qos(), Qos::exactly_once);
  EXPECT_TRUE(peer.session.peer_retain_available());
  EXPECT_EQ(peer.session.keep_alive(), 60s);
}

TEST(SessionConnect, AssignedIdentifierIsUsedAgain) {
  Conversation peer(Version::v5);
  peer.options.clean_start = false;
  peer.options.maximum_packet_size = 0x1000;
  peer.session.connect({"", "", ""}, peer.now, peer.actions);
  peer.accept(false, "120003 616263");
  peer.session.on_transport_lost(peer.actions);
  peer.session.connect({"", "", ""}, peer.now, peer.actions);
  EXPECT_EQ(peer.sent(), hex("10 15 0004 4d515454 05 00 003c 05 2700001000 0003 616263"));
}

TEST(SessionKeepAlive, PingsBeforeTheIntervalIsOver) {
  Conversation peer;
  peer.establish();
  peer.pass(58s);
  EXPECT_EQ(peer.sent(), "");
  peer.pass(1s);
  EXPECT_EQ(peer.sent(), "c000");
  peer.pass(1s);
  EXPECT_EQ(peer.sent(), "");  // one at a time
  peer.reply("d0 00");
  peer.pass(57s);
  EXPECT_EQ(peer.sent(), "");
  peer.pass(2s);
  EXPECT_EQ(peer.sent(), "c000");
}

TEST(SessionKeepAlive, WritingPutsThePingOff) {
  Conversation peer;
  peer.establish();
  peer.pass(50s);
  peer.session.note_written(peer.now);
  peer.reply("30 03 0001 61");
  peer.pass(50s);
  EXPECT_EQ(peer.sent(), "");
  peer.pass(9s);
  EXPECT_EQ(peer.sent(), "c000");
}

TEST(SessionKeepAlive, APublisherThatHearsNothingAsks) {
  Conversation peer;
  peer.establish();
  for (int second = 0; second < 58; ++second) {
    peer.pass(1s);
    peer.session.note_written(peer.now);
    EXPECT_EQ(peer.sent(), "");
  }
  peer.pass(1s);
  EXPECT_EQ(peer.sent(), "c000");
}

TEST(SessionKeepAlive, SilenceBehindAPingEndsTheConnection) {
  Conversation peer(Version::v5);
  peer.establish();
  peer.pass(59s);
  EXPECT_EQ(peer.sent(), "c000");
  peer.pass(59s);
  EXPECT_EQ(peer.told(), "");
  peer.pass(1s);
  EXPECT_EQ(peer.closed(), ReasonCode::keep_alive_timeout);
  EXPECT_EQ(peer.sent(), "");  // a client has no such DISCONNECT
  peer.pass(100s);
  EXPECT_EQ(peer.told(), "");
}

TEST(SessionKeepAlive, ABacklogInFrontOfThePingrespIsLife) {
  Conversation peer;
  peer.establish();
  peer.pass(59s);
  peer.pass(50s);
  peer.reply("30 03 0001 61");
  peer.pass(50s);
  EXPECT_EQ(peer.told(), "");
  peer.pass(10s);
  EXPECT_EQ(peer.closed(), ReasonCode::keep_alive_timeout);
}

TEST(SessionKeepAlive, NoneAndTheBrokers) {
  Conversation none;
  none.options.keep_alive = 0s;
  none.establish();
  none.pass(24h);
  EXPECT_EQ(none.sent(), "");
  Conversation theirs(Version::v5);
  theirs.establish(false, "130001");
  theirs.pass(400ms);
  EXPECT_EQ(theirs.sent(), "");
  theirs.pass(100ms);
  EXPECT_EQ(theirs.sent(), "c000");
}

TEST(SessionSubscribe, CookiesComeBackWithTheCodes) {
  Conversation peer;
  peer.establish();
  peer.subscribe({{"a/b", Qos::at_least_once}, {"#", Qos::exactly_once}}, 70);
  EXPECT_EQ(peer.sent(), hex("82 0c 0001 0003 612f62 01 0001 23 02"));
  peer.subscribe({{"c", Qos::at_most_once}}, 71);
  EXPECT_EQ(peer.sent(), hex("82 06 0002 0001 63 00"));
  peer.reply("90 03 0002 80  90 04 0001 01 02");
  EXPECT_EQ(peer.told(), "subscribed(71:128) subscribed(70:1,2)");
  peer.unsubscribe({"a/b", "#"}, 72);
  EXPECT_EQ(peer.sent(), hex("a2 0a 0003 0003 612f62 0001 23"));
  peer.reply("b0 02 0003");
  EXPECT_EQ(peer.told(), "unsubscribed(72:success)");
  EXPECT_EQ(peer.session.in_flight(), 0u);
}

TEST(SessionSubscribe, UnsubscribeTellsTheFirstRefusal) {
  Conversation peer(Version::v5);
  peer.establish();
  peer.unsubscribe({"a", "b", "c"}, 5);
  peer.reply("b0 06 0001 00 11 87 83");
  EXPECT_EQ(peer.told(), "unsubscribed(5:not authorized)");
}

TEST(SessionSubscribe, InvalidFiltersAreAnsweredHere) {
  Conversation peer;
  peer.establish();
  peer.subscribe({{"a/b", Qos::at_most_once}, {"a#", Qos::at_most_once}, {std::string(65'536, 'x'), Qos::at_most_once}},
                 1);
  EXPECT_EQ(peer.told(), "subscribed(1:131,143,143)");
  peer.unsubscribe({""}, 2);
  EXPECT_EQ(peer.told(), "unsubscribed(2:topic filter invalid)");
  EXPECT_EQ(peer.sent(), "");
}

// The codes of many answers in one read, told at once: the storage behind them grows.
TEST(SessionSubscribe, ManyAnswersInOneRead) {
  Conversation peer;
  peer.establish();
  std::vector<std::byte> answers;
  for (std::uint16_t id = 1; id <= 2000; ++id) {
    peer.subscribe({{"a", Qos::at_most_once}, {"b", Qos::at_most_once}}, id);
    const std::byte codes[] = {static_cast<std::byte>(id % 3), std::byte{0x80}};
    encode_suback(Version::v311, {id, {}, ReasonCodes(codes)}, answers);
  }
  peer.reply(answers);
  ASSERT_EQ(peer.events().size(), 2000u);
  for (const Event& event : peer.events()) {
    ASSERT_EQ(event.granted.size(), 2u);
    EXPECT_EQ(static_cast<std::uint64_t>(event.granted[0]), event.cookie % 3);
    EXPECT_EQ(event.granted[1], ReasonCode::unspecified_error);
  }
}

TEST(SessionSubscribe, AnswersThatDoNotFit) {
  for (const std::string_view answer : {"90 03 0001 00", "b0 02 0001", "40 02 0001", "50 02 0001", "70 02 0001"}) {
    Conversation peer;
    peer.establish();
    peer.subscribe({{"a", Qos::at_most_once}, {"b", Qos::at_most_once}}, 1);
    peer.reply(answer);
    EXPECT_EQ(peer.closed(), ReasonCode::protocol_error) << answer;
  }
  Conversation peer;
  peer.establish();
  peer.reply("90 03 0009 00 b0 02 0009");  // nobody asked: passed over
  EXPECT_EQ(peer.told(), "");
}

TEST(SessionSubscribe, ForgottenWithTheConnection) {
  Conversation peer;
  peer.options.clean_start = false;
  peer.establish();
  peer.subscribe({{"a", Qos::at_most_once}}, 1);
  peer.reconnect(true);
  EXPECT_EQ(peer.told(), "connected+");
  peer.reply("90 03 0001 00");
  EXPECT_EQ(peer.told(), "");
}

TEST(SessionEnd, DisconnectIsTheLastWord) {
  Conversation old;
  old.establish();
  old.session.disconnect(ReasonCode::success, old.actions);
  EXPECT_EQ(old.sent(), "e000");
  EXPECT_EQ(old.publish(Qos::at_least_once, 1), 0);
  EXPECT_EQ(old.refusal, PublishRefusal::not_connected);
  old.subscribe({{"a", Qos::at_most_once}}, 1);
  old.session.disconnect(ReasonCode::success, old.actions);
  old.reply("30 03 0001 61");
  EXPECT_EQ(old.sent() + old.told(), "");
  Conversation peer(Version::v5);
  peer.establish();
  peer.session.disconnect(ReasonCode::disconnect_with_will, peer.actions);
  EXPECT_EQ(peer.sent(), "e00104");
}

TEST(SessionEnd, TheBrokersDisconnect) {
  Conversation peer(Version::v5);
  peer.establish();
  peer.reply("e0 02 8e 00  30 04 0001 61 00");
  EXPECT_EQ(peer.told(), "closed(session taken over)");
  EXPECT_EQ(peer.events().back().detail, "session taken over");
  EXPECT_EQ(peer.sent(), "");
  Conversation old;
  old.establish();
  old.reply("e0 00");  // a 3.1.1 broker has no DISCONNECT
  EXPECT_EQ(old.closed(), ReasonCode::protocol_error);
}

struct Ending {
  std::string_view bytes;
  ReasonCode reason;
};

TEST(SessionEnd, ForbiddenPacketsEndTheConnectionWithTheirReason) {
  constexpr Ending kEndings[] = {
      {"20 03 00 00 00", ReasonCode::protocol_error},
      {"10 0d 0004 4d515454 04 02 003c 0001 64", ReasonCode::protocol_error},
      {"82 08 0001 00 0002 6162 00", ReasonCode::protocol_error},
      {"a2 06 0001 00 0001 61", ReasonCode::protocol_error},
      {"c0 00", ReasonCode::protocol_error},
      {"f0 00", ReasonCode::protocol_error},
      {"00 00", ReasonCode::malformed_packet},
      {"d0 01 00", ReasonCode::malformed_packet},
      {"36 05 0001 61 0001", ReasonCode::malformed_packet},
      {"30 05 0001 2b 00 78", ReasonCode::topic_name_invalid},
      {"30 07 0001 61 03 230001", ReasonCode::topic_alias_invalid},  // we announced none
      {"30 07 0000 03 230001 78", ReasonCode::topic_alias_invalid},
      {"30 ff ff ff ff 01", ReasonCode::malformed_packet},
      {"30 ff ff ff 7f", ReasonCode::packet_too_large},
      {"62 02 0000", ReasonCode::protocol_error},
  };
  for (const Ending& ending : kEndings) {
    Conversation peer(Version::v5);
    peer.establish();
    peer.reply(ending.bytes);
    EXPECT_EQ(peer.closed(), ending.reason) << ending.bytes;
    EXPECT_EQ(peer.sent(), "e001" + to_hex(std::vector{static_cast<std::byte>(ending.reason)})) << ending.bytes;
    EXPECT_FALSE(peer.events().back().detail.empty());
    Conversation old;
    old.establish();
    old.reply("36 05 0001 61 0001");
    EXPECT_EQ(old.closed(), ReasonCode::malformed_packet);
    EXPECT_EQ(old.sent(), "");  // 3.1.1 just closes
  }
}

TEST(SessionEnd, WhatCameBeforeTheErrorCounts) {
  Conversation peer;
  peer.establish();
  peer.reply("30 05 0001 61 6869  36 05 0001 61 0001  30 05 0001 62 6869");
  EXPECT_EQ(peer.told(), "delivery(a:hi) closed(malformed packet)");
}

TEST(SessionSize, FifteenThousandOfThemAreSmall) { EXPECT_LE(sizeof(Session), 200u); }

}  // namespace
}  // namespace fleet::wire::mqtt
