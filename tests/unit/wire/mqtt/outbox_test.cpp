// The outbox and its windows with a session and no socket.
#include "wire/mqtt/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fleet::wire::mqtt {
namespace {

constexpr TimePoint kNow{std::chrono::seconds(1'000)};

std::shared_ptr<PublishBatch> batch_of(int topics, std::string_view payload, Qos qos) {
  auto batch = std::make_shared<PublishBatch>();
  for (int i = 0; i < topics; ++i) batch->add_topic("t" + std::to_string(i));
  const auto bytes = std::as_bytes(std::span(payload));
  batch->set_payload({bytes.begin(), bytes.end()});
  batch->qos = qos;
  return batch;
}

class OutboxTest : public ::testing::Test {
 protected:
  // Connects with a CONNACK of these properties (5.0).
  void connect(std::initializer_list<int> connack) {
    session_.connect({"id", "", ""}, kNow, actions_);
    feed(connack);
    ASSERT_TRUE(session_.connected());
  }
  void feed(std::initializer_list<int> packet) {
    std::vector<std::byte> bytes;
    for (const int value : packet) bytes.push_back(static_cast<std::byte>(value));
    actions_.clear();
    session_.on_bytes(bytes, kNow, actions_);
    for (const Event& event : actions_.events) {
      if (event.kind == Event::Kind::acknowledged) outbox_.acknowledged(event.cookie, event.reason);
      if (event.kind == Event::Kind::resend) outbox_.resend(event.cookie, event.packet_id);
      if (event.kind == Event::Kind::renew) outbox_.renew(event.cookie);
    }
  }
  Offer offer(const std::shared_ptr<PublishBatch>& batch, std::uint64_t cookie) {
    return outbox_.offer(batch, cookie, session_.peer_maximum_packet_size());
  }
  std::size_t fill() {
    window_.clear();
    outbox_.fill(session_, kNow, window_);
    return window_.unfinished().size();
  }
  // What a socket would see.
  std::string unwritten() {
    std::string out;
    for (const iovec& piece : window_.unwritten()) out.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    return out;
  }
  std::vector<std::pair<std::uint64_t, ReasonCode>> finished() {
    std::vector<std::pair<std::uint64_t, ReasonCode>> out;
    for (Outbox::Finished one; outbox_.take_finished(one);) out.emplace_back(one.cookie, one.worst);
    return out;
  }

  EndpointOptions options_{.version = Version::v5, .queued_bytes_max = 10'000, .queued_publishes_max = 100};
  Session session_{&options_};
  Outbox outbox_{options_};
  WriteWindow window_;
  Actions actions_;
};

TEST_F(OutboxTest, WritesHeaderAndPayloadOfEachTopicAndSharesThePayload) {
  connect({0x20, 3, 0, 0, 0});
  const auto batch = batch_of(2, "pay", Qos::at_most_once);
  ASSERT_EQ(offer(batch, 5), Offer::queued);
  ASSERT_EQ(fill(), 2u);
  EXPECT_EQ(unwritten(), std::string("\x30\x08\x00\x02t0\x00pay\x30\x08\x00\x02t1\x00pay", 20));
  EXPECT_EQ(window_.unwritten()[1].iov_base, window_.unwritten()[3].iov_base);
  EXPECT_EQ(window_.unwritten()[1].iov_base, batch->payload->data());
}

TEST_F(OutboxTest, FinishesQos0ByteByByte) {
  connect({0x20, 3, 0, 0, 0});
  ASSERT_EQ(offer(batch_of(2, "pay", Qos::at_most_once), 5), Offer::queued);
  fill();
  const std::string all = unwritten();
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(unwritten(), all.substr(i));
    EXPECT_EQ(outbox_.backlog().publishes, i < 10 ? 2u : 1u);
    outbox_.note_written(window_, 1);
  }
  EXPECT_TRUE(window_.done());
  EXPECT_EQ(outbox_.backlog().publishes, 0u);
  EXPECT_EQ(outbox_.backlog().bytes, 0u);
  EXPECT_THAT(finished(), ::testing::ElementsAre(std::pair(std::uint64_t{5}, ReasonCode::success)));
}

TEST_F(OutboxTest, GoesBackToTheFirstQos0PublishThatWasNotWhollyWritten) {
  connect({0x20, 3, 0, 0, 0});
  ASSERT_EQ(offer(batch_of(2, "one", Qos::at_most_once), 1), Offer::queued);
  ASSERT_EQ(offer(batch_of(2, "two", Qos::at_most_once), 2), Offer::queued);
  fill();
  const std::string all = unwritten();
  outbox_.note_written(window_, 15);
  outbox_.note_lost(&window_);
  ASSERT_EQ(fill(), 3u);
  EXPECT_EQ(unwritten(), all.substr(10));
  outbox_.note_written(window_, 10);
  outbox_.note_lost(&window_);
  ASSERT_EQ(fill(), 2u);
  EXPECT_EQ(unwritten(), all.substr(20));
  outbox_.note_written(window_, 20);
  EXPECT_EQ(finished().size(), 2u);
}

TEST_F(OutboxTest, StopsAtTheReceiveMaximumAndGoesOnWithAcknowledgements) {
  connect({0x20, 6, 0, 0, 3, 0x21, 0, 2});  // receive maximum 2
  ASSERT_EQ(offer(batch_of(5, "x", Qos::at_least_once), 1), Offer::queued);
  EXPECT_EQ(fill(), 2u);
  EXPECT_EQ(fill(), 0u);
  EXPECT_TRUE(outbox_.has_unplaced());
  feed({0x40, 2, 0, 1});
  EXPECT_EQ(fill(), 1u);
  feed({0x40, 2, 0, 2, 0x40, 3, 0, 3, 0x87});  // the second is refused
  EXPECT_EQ(outbox_.backlog().publishes, 2u);
  EXPECT_EQ(fill(), 2u);
  feed({0x40, 2, 0, 1, 0x40, 2, 0, 2, 0x40, 2, 0, 3, 0x40, 2, 0, 4, 0x40, 2, 0, 5});
  EXPECT_THAT(finished(), ::testing::ElementsAre(std::pair(std::uint64_t{1}, ReasonCode::not_authorized)));
}

TEST_F(OutboxTest, RefusesWhatTheBrokerDoesNotSupport) {
  connect({0x20, 12, 0, 0, 9, 0x24, 0, 0x25, 0, 0x27, 0, 0, 0, 50});  // QoS 0 only, no retain, packets of 50 bytes
  ASSERT_EQ(offer(batch_of(2, "x", Qos::at_least_once), 1), Offer::queued);
  auto retained = batch_of(1, "x", Qos::at_most_once);
  retained->retain = true;
  ASSERT_EQ(offer(retained, 2), Offer::queued);
  EXPECT_EQ(offer(batch_of(1, std::string(44, 'x'), Qos::at_most_once), 3), Offer::too_large);
  ASSERT_EQ(offer(batch_of(1, std::string(43, 'x'), Qos::at_most_once), 4), Offer::queued);
  EXPECT_EQ(fill(), 1u);
  EXPECT_THAT(finished(), ::testing::ElementsAre(std::pair(std::uint64_t{1}, ReasonCode::qos_not_supported),
                                                 std::pair(std::uint64_t{2}, ReasonCode::retain_not_supported)));
  EXPECT_EQ(unwritten().size(), 50u);
}

TEST_F(OutboxTest, IsBoundedAndTellsRoomOnce) {
  connect({0x20, 3, 0, 0, 0});
  EXPECT_EQ(offer(batch_of(101, "x", Qos::at_most_once), 1), Offer::too_large);
  EXPECT_EQ(offer(batch_of(1, std::string(10'000, 'x'), Qos::at_most_once), 1), Offer::too_large);
  ASSERT_EQ(offer(batch_of(60, "x", Qos::at_most_once), 1), Offer::queued);
  EXPECT_EQ(offer(batch_of(41, "x", Qos::at_most_once), 2), Offer::full);
  EXPECT_EQ(outbox_.backlog().publishes, 60u);
  EXPECT_FALSE(outbox_.take_room());
  ASSERT_EQ(offer(batch_of(1, std::string(5'000, 'x'), Qos::at_most_once), 3), Offer::queued);
  EXPECT_EQ(offer(batch_of(1, std::string(5'000, 'x'), Qos::at_most_once), 4), Offer::full);
  fill();
  outbox_.note_written(window_, unwritten().size() - 5'000);
  EXPECT_FALSE(outbox_.take_room());  // few publishes, but more than half of the bytes
  outbox_.note_written(window_, 5'000);
  EXPECT_TRUE(outbox_.take_room());
  EXPECT_FALSE(outbox_.take_room());
}

TEST_F(OutboxTest, SendsAgainBeforeAnythingNew) {
  options_.clean_start = false;
  connect({0x20, 3, 0, 0, 0});
  ASSERT_EQ(offer(batch_of(2, "x", Qos::at_least_once), 1), Offer::queued);
  ASSERT_EQ(fill(), 2u);
  ASSERT_EQ(offer(batch_of(1, "y", Qos::at_least_once), 2), Offer::queued);
  outbox_.note_lost(&window_);
  session_.on_transport_lost(actions_);
  connect({0x20, 3, 1, 0, 0});  // the broker kept the session
  ASSERT_EQ(fill(), 3u);
  const std::string bytes = unwritten();
  EXPECT_EQ(bytes[0], '\x3a');
  EXPECT_EQ(bytes[10], '\x3a');
  EXPECT_EQ(bytes[20], '\x32');
  feed({0x40, 2, 0, 1, 0x40, 2, 0, 2, 0x40, 2, 0, 3});
  EXPECT_EQ(finished().size(), 2u);
}

TEST_F(OutboxTest, KeepsABatchAliveWhileItIsBeingWritten) {
  connect({0x20, 3, 0, 0, 0});
  std::weak_ptr<PublishBatch> watched;
  {
    const auto batch = batch_of(1, "payload", Qos::at_least_once);
    watched = batch;
    ASSERT_EQ(offer(batch, 1), Offer::queued);
  }
  fill();
  feed({0x40, 2, 0, 1});  // a broker may acknowledge what it has not read
  EXPECT_EQ(finished().size(), 1u);
  EXPECT_FALSE(watched.expired());
  EXPECT_EQ(unwritten().substr(8), std::string("\0payload", 8));
  window_.clear();
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace fleet::wire::mqtt
