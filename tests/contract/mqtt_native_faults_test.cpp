// Bad days of the native engine, played by a scripted peer: exact bytes, exact cuts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/support/event_recorder.h"
#include "tests/support/run_loop.h"
#include "tests/support/scripted_peer.h"
#include "wire/mqtt/connection.h"

namespace fleet::wire::mqtt {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using tests::bytes;
using tests::EventRecorder;
using tests::RunLoop;
using tests::ScriptedPeer;

const std::string kConnack311 = bytes({0x20, 0x02, 0x00, 0x00});
const std::string kConnack5 = bytes({0x20, 0x03, 0x00, 0x00, 0x00});

class NativeFaults : public ::testing::Test {
 protected:
  void open(std::uint16_t port) {
    const NativeOptions native{{boost::asio::ip::address_v4::loopback(), port}, std::nullopt};
    connection_ = std::make_unique<Connection>(context_, options_, native, seen_);
    connection_->connect({"device", "", ""});
  }
  void open_and_accept(ScriptedPeer& peer) {
    open(peer.port());
    ASSERT_TRUE(loop_.until([&] { return peer.accepted(); }));
    ASSERT_TRUE(loop_.until([&] { return !peer.received().empty(); }));
    ASSERT_THAT(peer.received(), StartsWith("\x10"));
    peer.forget();
  }
  void be_up(ScriptedPeer& peer) {
    open_and_accept(peer);
    peer.send(options_.version == Version::v5 ? kConnack5 : kConnack311);
    ASSERT_TRUE(loop_.until([&] { return seen_.connects == 1; }));
  }
  bool ended() {
    return loop_.until([&] { return !seen_.ends.empty(); });
  }
  static std::shared_ptr<const PublishBatch> batch(int topics, std::size_t size, Qos qos) {
    auto made = std::make_shared<PublishBatch>();
    for (int i = 0; i < topics; ++i) made->add_topic("t/" + std::to_string(i));
    made->set_payload(std::vector<std::byte>(size));
    made->qos = qos;
    return made;
  }

  RunLoop loop_;
  ConnectionContext context_{loop_.io()};
  EndpointOptions options_;
  EventRecorder seen_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(NativeFaults, TellsARefusedConnectOnceAndNotFromInsideConnect) {
  ScriptedPeer peer;
  peer.refuse();
  open(peer.port());
  EXPECT_TRUE(seen_.ends.empty());
  ASSERT_TRUE(ended());
  loop_.run_ready();
  ASSERT_EQ(seen_.ends.size(), 1u);
  EXPECT_THAT(seen_.ends[0].detail, HasSubstr("connection refused"));
  EXPECT_FALSE(seen_.ends[0].was_connected);
}

TEST_F(NativeFaults, GivesUpOnAPeerThatNeverAnswers) {
  ScriptedPeer peer;
  open_and_accept(peer);
  connection_->on_timer(read_clock());
  loop_.run_ready();
  EXPECT_TRUE(seen_.ends.empty());
  connection_->on_timer(read_clock() + options_.connect_timeout);
  ASSERT_TRUE(ended());
  EXPECT_THAT(seen_.ends[0].detail, HasSubstr("no CONNACK"));
  EXPECT_THAT(seen_.ends[0].detail, HasSubstr("10 s"));
  ASSERT_TRUE(loop_.until([&] { return peer.ended(); }));
}

TEST_F(NativeFaults, TellsTheReasonOfARefusal) {
  ScriptedPeer peer;
  open_and_accept(peer);
  peer.send(bytes({0x20, 0x02, 0x00, 0x04}));
  peer.close();
  ASSERT_TRUE(ended());
  EXPECT_EQ(seen_.ends[0].reason, ReasonCode::bad_user_name_or_password);
  EXPECT_EQ(seen_.connects, 0);
}

TEST_F(NativeFaults, TellsTheReasonOfADisconnectPacket) {
  options_.version = Version::v5;
  ScriptedPeer peer;
  be_up(peer);
  peer.send(bytes({0xe0, 0x02, 0x8e, 0x00}));
  peer.close();
  ASSERT_TRUE(ended());
  EXPECT_EQ(seen_.ends[0].reason, ReasonCode::session_taken_over);
  EXPECT_TRUE(seen_.ends[0].was_connected);
  EXPECT_FALSE(seen_.ends[0].by_us);
}

TEST_F(NativeFaults, WritesWhatWasHeldTogether) {
  ScriptedPeer peer;
  be_up(peer);
  connection_->hold_writes();
  for (std::uint64_t cookie = 1; cookie <= 3; ++cookie) {
    EXPECT_EQ(connection_->publish(batch(1, 10, Qos::at_least_once), cookie), Offer::queued);
  }
  loop_.run_ready();
  EXPECT_EQ(peer.received(), "");
  connection_->release_writes();
  constexpr std::size_t kPacketBytes = 2 + 2 + 3 + 2 + 10;  // header, topic, identifier, payload
  ASSERT_TRUE(loop_.until([&] { return peer.received().size() == 3 * kPacketBytes; }));
  for (const char id : {'\x01', '\x02', '\x03'}) peer.send(std::string("\x40\x02\x00", 3) + id);
  ASSERT_TRUE(loop_.until([&] { return seen_.published.size() == 3; }));
  peer.forget();
  EXPECT_EQ(connection_->publish(batch(1, 10, Qos::at_most_once), 4), Offer::queued);
  ASSERT_TRUE(loop_.until([&] { return !peer.received().empty(); })) << "held no more";
  connection_->hold_writes();
  connection_->abort();
  connection_->release_writes();
  ASSERT_TRUE(ended());
}

TEST_F(NativeFaults, TellsAPeerThatClosesInsteadOfAnswering) {
  ScriptedPeer peer;
  open_and_accept(peer);
  peer.close();
  ASSERT_TRUE(ended());
  EXPECT_FALSE(seen_.ends[0].was_connected);
  EXPECT_THAT(seen_.ends[0].detail, HasSubstr("instead of answering"));
}

TEST_F(NativeFaults, SurvivesEveryCutOfAPacket) {
  // A PUBLISH of 6 bytes behind the CONNACK, cut after every byte, by an orderly end and by a reset.
  const std::string stream = kConnack311 + bytes({0x30, 0x04, 0x00, 0x01, 't', 'x'});
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    for (const bool reset : {false, true}) {
      seen_ = {};
      ScriptedPeer peer;
      open_and_accept(peer);
      peer.send(stream.substr(0, cut));
      reset ? peer.reset() : peer.close();
      ASSERT_TRUE(ended()) << cut;
      loop_.run_ready();
      EXPECT_EQ(seen_.ends.size(), 1u) << cut;
      if (!reset) {  // a reset may overtake what was sent before it
        EXPECT_EQ(seen_.connects, cut >= kConnack311.size() ? 1 : 0) << cut;
        EXPECT_EQ(seen_.deliveries, cut == stream.size() ? 1u : 0u) << cut;
      }
    }
  }
}

TEST_F(NativeFaults, ReadsAStreamThatComesByteByByte) {
  ScriptedPeer peer;
  be_up(peer);
  for (const char byte : bytes({0x32, 0x06, 0x00, 0x01, 't', 0x00, 0x09, 'x'})) {
    peer.send(std::string_view(&byte, 1));
    loop_.run_ready();
  }
  ASSERT_TRUE(loop_.until([&] { return seen_.deliveries == 1; }));
  EXPECT_EQ(seen_.messages[0].payload, "x");
  const std::string puback = bytes({0x40, 0x02, 0x00, 0x09});
  ASSERT_TRUE(loop_.until([&] { return peer.received() == puback; }));
}

TEST_F(NativeFaults, AnswersMalformedBytesWithTheReason) {
  options_.version = Version::v5;
  ScriptedPeer peer;
  be_up(peer);
  peer.send(bytes({0x30, 0xff, 0xff, 0xff, 0xff}));  // a remaining length of five bytes
  ASSERT_TRUE(ended());
  EXPECT_EQ(seen_.ends[0].reason, ReasonCode::malformed_packet);
  EXPECT_TRUE(seen_.ends[0].was_connected);
  ASSERT_TRUE(loop_.until([&] { return peer.ended(); }));
  EXPECT_THAT(peer.received(), StartsWith(bytes({0xe0})));
  EXPECT_EQ(peer.received().at(2), '\x81');
}

TEST_F(NativeFaults, RefusesAPacketAboveItsMaximum) {
  options_.version = Version::v5;
  options_.maximum_packet_size = 1'000;
  ScriptedPeer peer;
  be_up(peer);
  peer.send(bytes({0x30, 0x80, 0x08}));
  ASSERT_TRUE(ended());
  EXPECT_EQ(seen_.ends[0].reason, ReasonCode::packet_too_large);
  ASSERT_TRUE(loop_.until([&] { return peer.ended(); }));
  EXPECT_EQ(peer.received().at(2), '\x95');
}

TEST_F(NativeFaults, BoundsWhatItHoldsForAPeerThatStopsReading) {
  options_.queued_publishes_max = 1'000;
  options_.queued_bytes_max = 8 << 20;
  ScriptedPeer peer(4'096);
  be_up(peer);
  Offer offer = Offer::queued;
  std::uint64_t taken = 0;
  while ((offer = connection_->publish(batch(100, 60'000, Qos::at_most_once), taken)) == Offer::queued) ++taken;
  EXPECT_EQ(offer, Offer::full);
  EXPECT_LE(connection_->backlog().publishes, 1'000u);
  for (int turn = 0; turn < 50; ++turn) loop_.run_ready();
  EXPECT_EQ(connection_->publish(batch(100, 60'000, Qos::at_most_once), taken), Offer::full);
  // It reads again: everything comes, whole and in order.
  std::size_t arrived = 0;
  ASSERT_TRUE(loop_.until([&] {
    arrived += peer.received().size();
    peer.forget();
    return seen_.publishes == taken;
  }));
  EXPECT_EQ(seen_.rooms, 1);
  const std::size_t packet = 60'000 + 4 + 2;  // fixed header of four bytes, topic length
  ASSERT_TRUE(loop_.until([&] {
    arrived += peer.received().size();
    peer.forget();
    return arrived == taken * (100 * packet + 10 * 3 + 90 * 4);
  })) << arrived;
}

TEST_F(NativeFaults, StopsReadingWhenItsAcknowledgementsAreNotRead) {
  ScriptedPeer peer(4'096);
  be_up(peer);
  // 4 MB of QoS 1 publishes ask for 2 MB of acknowledgements that nobody reads. Memory stays bounded: the peer's own
  // writes come to a standstill, and go on once it reads.
  std::string flood;
  for (int i = 0; i < 60'000; ++i) {
    flood += bytes({0x32, 0x05, 0x00, 0x01, 't', (i % 65'535 + 1) >> 8, (i % 65'535 + 1) & 0xff});
  }
  seen_.keep_messages = false;
  std::size_t arrived = 0;
  for (std::size_t at = 0; at < flood.size(); at += 7'000) {
    peer.send(std::string_view(flood).substr(at, 7'000));
    loop_.run_ready();
    if (at % 70'000 == 0) {
      arrived += peer.received().size();
      peer.forget();
    }
  }
  ASSERT_TRUE(loop_.until([&] {
    arrived += peer.received().size();
    peer.forget();
    return arrived == 60'000u * 4;
  })) << arrived;
  EXPECT_EQ(seen_.deliveries, 60'000u);
  EXPECT_TRUE(seen_.ends.empty());
}

TEST_F(NativeFaults, SendsQos0ThatWasNotWrittenOnTheNextConnection) {
  ScriptedPeer peer(4'096);
  be_up(peer);
  ASSERT_EQ(connection_->publish(batch(100, 60'000, Qos::at_most_once), 7), Offer::queued);
  const std::uint64_t left = connection_->backlog().publishes;
  ASSERT_GT(left, 0u);
  peer.close();
  ASSERT_TRUE(ended());
  EXPECT_EQ(connection_->backlog().publishes, left);
  EXPECT_TRUE(seen_.published.empty());

  connection_->connect({"device", "", ""});
  ASSERT_TRUE(loop_.until([&] { return peer.accepted(); }));
  peer.send(kConnack311);
  std::string arrived;
  ASSERT_TRUE(loop_.until([&] {
    arrived += peer.received();
    peer.forget();
    return seen_.publishes == 1;
  }));
  ASSERT_TRUE(loop_.until([&] {
    arrived += peer.received();
    peer.forget();
    return arrived.find("t/99") != std::string::npos && arrived.size() >= left * 60'000;
  }));
  // Behind the CONNECT comes the first publish that was not wholly written, from its first byte.
  const std::size_t connect_size = 2 + static_cast<std::size_t>(arrived.at(1));
  const std::string topic = "t/" + std::to_string(100 - left);
  EXPECT_EQ(arrived.substr(connect_size + 6, topic.size()), topic);
  EXPECT_EQ(arrived[connect_size], '\x30');
  EXPECT_EQ(connection_->backlog().publishes, 0u);
}

TEST_F(NativeFaults, ResendsWithDupWhereTheBrokerKeptTheSession) {
  options_.clean_start = false;
  ScriptedPeer peer;
  be_up(peer);
  ASSERT_EQ(connection_->publish(batch(3, 1, Qos::at_least_once), 7), Offer::queued);
  const auto publishes = [](int flags) {
    std::string all;
    for (int i = 0; i < 3; ++i) all += bytes({0x30 | flags, 8, 0x00, 0x03, 't', '/', '0' + i, 0x00, i + 1, 0x00});
    return all;
  };
  ASSERT_TRUE(loop_.until([&] { return peer.received() == publishes(0x02); }));
  peer.send(bytes({0x40, 0x02, 0x00, 0x02}));  // the second is acknowledged
  ASSERT_TRUE(loop_.until([&] { return connection_->backlog().publishes == 2; }));
  peer.close();
  ASSERT_TRUE(ended());

  const auto again = [&](bool present) {
    seen_.ends.clear();
    connection_->connect({"device", "", ""});
    ASSERT_TRUE(loop_.until([&] { return peer.accepted(); }));
    ASSERT_TRUE(loop_.until([&] { return !peer.received().empty(); }));
    peer.forget();
    peer.send(bytes({0x20, 0x02, present ? 1 : 0, 0x00}));
  };
  again(true);
  const std::string dup = publishes(0x0a);
  ASSERT_TRUE(loop_.until([&] { return peer.received() == dup.substr(0, 10) + dup.substr(20); }));
  peer.close();
  ASSERT_TRUE(ended());

  again(false);  // the broker lost the session: as new publishes
  ASSERT_TRUE(loop_.until([&] { return peer.received().size() == 20; }));
  EXPECT_EQ(peer.received()[0], '\x32');
  EXPECT_EQ(peer.received()[10], '\x32');
  EXPECT_EQ(peer.received().substr(4, 3), "t/0");
  EXPECT_EQ(peer.received().substr(14, 3), "t/2");
  peer.send(bytes({0x40, 0x02}) + peer.received().substr(7, 2) + bytes({0x40, 0x02}) + peer.received().substr(17, 2));
  ASSERT_TRUE(loop_.until([&] { return seen_.publishes == 1; }));
  EXPECT_EQ(seen_.published[0], std::pair(std::uint64_t{7}, ReasonCode::success));
  EXPECT_EQ(connection_->backlog().bytes, 0u);
}

TEST_F(NativeFaults, SurvivesAcknowledgementsThatNobodyIsOwed) {
  options_.clean_start = false;
  ScriptedPeer peer(4'096);
  be_up(peer);
  ASSERT_EQ(connection_->publish(batch(100, 60'000, Qos::at_least_once), 7), Offer::queued);
  std::string acks;  // also for publishes that are not written yet
  for (int i = 1; i <= 100; ++i) acks += bytes({0x40, 0x02, 0x00, i});
  peer.send(acks);
  ASSERT_TRUE(loop_.until([&] {
    (void)peer.received();
    peer.forget();
    return connection_->backlog().publishes < 100;
  }));
  EXPECT_TRUE(seen_.ends.empty());  // 3.1.1 has no reason code for it
}

TEST_F(NativeFaults, DisconnectWaitsForThePeerToClose) {
  ScriptedPeer peer;
  be_up(peer);
  connection_->disconnect();
  const std::string disconnect = bytes({0xe0, 0x00});
  ASSERT_TRUE(loop_.until([&] { return peer.received() == disconnect; }));
  EXPECT_TRUE(seen_.ends.empty());
  ASSERT_TRUE(loop_.until([&] { return peer.ended(); }));
  peer.close();
  ASSERT_TRUE(ended());
  EXPECT_TRUE(seen_.ends[0].by_us);
  EXPECT_EQ(seen_.ends[0].reason, ReasonCode::success);
}

TEST_F(NativeFaults, DisconnectDoesNotWaitForEver) {
  ScriptedPeer peer;
  be_up(peer);
  ASSERT_EQ(connection_->publish(batch(1, 1, Qos::at_least_once), 7), Offer::queued);
  connection_->disconnect();
  loop_.run_ready();
  EXPECT_TRUE(seen_.ends.empty());
  connection_->on_timer(read_clock() + Connection::kDrainTime);  // the acknowledgement does not come
  loop_.run_ready();
  EXPECT_TRUE(seen_.ends.empty());
  connection_->on_timer(read_clock() + Connection::kDrainTime + Connection::kLingerTime);
  ASSERT_TRUE(ended());
  EXPECT_TRUE(seen_.ends[0].by_us);
}

TEST_F(NativeFaults, KeepAliveEndsASilentConnection) {
  options_.keep_alive = std::chrono::seconds(10);
  ScriptedPeer peer;
  be_up(peer);
  const TimePoint start = read_clock();
  connection_->on_timer(start + std::chrono::seconds(10));
  const std::string ping = bytes({0xc0, 0x00});
  ASSERT_TRUE(loop_.until([&] { return peer.received() == ping; }));
  connection_->on_timer(start + std::chrono::seconds(21));
  ASSERT_TRUE(ended());
  EXPECT_EQ(seen_.ends[0].reason, ReasonCode::keep_alive_timeout);
}

TEST_F(NativeFaults, VerbsInsideEventsAreSafe) {
  ScriptedPeer peer;
  seen_.when_connected = [&] {
    const Subscription all{"#", Qos::at_least_once};
    connection_->subscribe({&all, 1}, 1);
    EXPECT_EQ(connection_->publish(batch(2, 1, Qos::at_most_once), 2), Offer::queued);
  };
  int again = 0;
  seen_.when_published = [&] {
    if (++again < 50) {
      EXPECT_EQ(connection_->publish(batch(1, 1, Qos::at_most_once), 3), Offer::queued);
    }
  };
  seen_.when_delivered = [&] { connection_->abort(); };
  open_and_accept(peer);
  // Two deliveries in one read: the first ends the connection, the second is not told.
  peer.send(kConnack311 + bytes({0x30, 0x04, 0x00, 0x01, 't', 'x', 0x30, 0x04, 0x00, 0x01, 't', 'x'}));
  ASSERT_TRUE(ended());
  EXPECT_EQ(seen_.deliveries, 1u);
  EXPECT_EQ(seen_.ends.size(), 1u);

  seen_.when_delivered = nullptr;
  seen_.when_disconnected = [&] { connection_->connect({"device", "", ""}); };  // at once, inside the event
  seen_.ends.clear();
  seen_.connects = 0;
  connection_->connect({"device", "", ""});
  ASSERT_TRUE(loop_.until([&] { return peer.accepted(); }));
  peer.close();
  ASSERT_TRUE(loop_.until([&] { return seen_.ends.size() == 1 && peer.accepted(); }));
  peer.send(kConnack311);
  ASSERT_TRUE(loop_.until([&] { return seen_.connects == 1; }));
  ASSERT_TRUE(loop_.until([&] { return again >= 50; }));
  seen_.when_disconnected = nullptr;
}

}  // namespace
}  // namespace fleet::wire::mqtt
