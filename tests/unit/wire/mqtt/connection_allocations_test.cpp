// After warm-up neither a delivery nor a publish allocates.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/support/allocations.h"
#include "tests/support/event_recorder.h"
#include "tests/support/run_loop.h"
#include "tests/support/scripted_peer.h"
#include "wire/mqtt/connection.h"

namespace fleet::wire::mqtt {
namespace {

using tests::bytes;

class AllocationsTest : public ::testing::Test {
 protected:
  AllocationsTest() {
    const NativeOptions native{{boost::asio::ip::address_v4::loopback(), peer_.port()}, std::nullopt};
    connection_ = std::make_unique<Connection>(context_, options_, native, seen_);
    seen_.keep_messages = false;
    connection_->connect({"device", "", ""});
    EXPECT_TRUE(loop_.until([&] { return peer_.accepted(); }));
    peer_.send(bytes({0x20, 0x02, 0x00, 0x00}));
    EXPECT_TRUE(loop_.until([&] { return seen_.connects == 1; }));
    (void)peer_.received();
    peer_.forget();
  }

  // Runs `round` until it is warm, then counts what 200 more rounds allocate.
  template <class Round>
  std::uint64_t count(Round round) {
    for (int i = 0; i < 200; ++i) round();
    const std::uint64_t before = tests::allocations_of_this_thread();
    for (int i = 0; i < 200; ++i) round();
    return tests::allocations_of_this_thread() - before;
  }
  // Runs the loop until `counter` has gone up by `more`.
  void run_until(const std::uint64_t& counter, std::uint64_t more) {
    const std::uint64_t target = counter + more;
    loop_.io().restart();
    while (counter < target) loop_.io().run_one();
  }
  // Takes what the connection wrote, without growing anything once it is warm.
  void take(std::size_t size) {
    while (peer_.received().size() < size) loop_.io().poll();
    peer_.forget();
  }

  tests::RunLoop loop_;
  ConnectionContext context_{loop_.io()};
  EndpointOptions options_;
  tests::EventRecorder seen_;
  tests::ScriptedPeer peer_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(AllocationsTest, NoneForADelivery) {
  std::string burst;
  for (int i = 0; i < 10; ++i) burst += bytes({0x30, 0x83, 0x01, 0x00, 0x01, 't'}) + std::string(128, 'x');
  EXPECT_EQ(count([&] {
              peer_.send(burst);
              run_until(seen_.deliveries, 10);
            }),
            0u);
}

TEST_F(AllocationsTest, NoneForADeliveryInPieces) {
  const std::string packet = bytes({0x30, 0x83, 0x01, 0x00, 0x01, 't'}) + std::string(128, 'x');
  EXPECT_EQ(count([&] {
              peer_.send(packet.substr(0, 40));
              loop_.io().restart();
              loop_.io().poll();
              peer_.send(std::string_view(packet).substr(40));
              run_until(seen_.deliveries, 1);
            }),
            200u);  // the test's own substr(0, 40)
}

TEST_F(AllocationsTest, NoneForADeliveryAtQos1) {
  std::string burst;
  for (int i = 1; i <= 10; ++i) burst += bytes({0x32, 0x06, 0x00, 0x01, 't', 0x00, i, 'x'});
  EXPECT_EQ(count([&] {
              peer_.send(burst);
              run_until(seen_.deliveries, 10);
              take(40);
            }),
            0u);
}

TEST_F(AllocationsTest, NoneForABatchOfAHundredPublishesAtQos0) {
  auto batch = std::make_shared<PublishBatch>();
  for (int i = 0; i < 100; ++i) batch->add_topic("/a1BwAGVdemo/dev" + std::to_string(1'000 + i) + "/user/get");
  batch->set_payload(std::vector<std::byte>(128));
  EXPECT_EQ(count([&] {
              EXPECT_EQ(connection_->publish(batch, 1), Offer::queued);
              take(100 * (3 + 2 + 29 + 128));
            }),
            0u);
  EXPECT_EQ(seen_.publishes, 400u);
}

TEST_F(AllocationsTest, NoneForABatchOfAHundredPublishesAtQos1) {
  auto batch = std::make_shared<PublishBatch>();
  for (int i = 0; i < 100; ++i) batch->add_topic("/a1BwAGVdemo/dev" + std::to_string(1'000 + i) + "/user/get");
  batch->set_payload(std::vector<std::byte>(128));
  batch->qos = Qos::at_least_once;
  constexpr std::size_t kPacket = 3 + 2 + 29 + 2 + 128;
  std::string acks(400, '\0');
  EXPECT_EQ(count([&] {
              EXPECT_EQ(connection_->publish(batch, 1), Offer::queued);
              while (peer_.received().size() < 100 * kPacket) loop_.io().poll();
              for (std::size_t i = 0; i < 100; ++i) {
                acks[i * 4] = 0x40;
                acks[i * 4 + 1] = 0x02;
                acks[i * 4 + 2] = peer_.received()[i * kPacket + 34];
                acks[i * 4 + 3] = peer_.received()[i * kPacket + 35];
              }
              peer_.forget();
              peer_.send(acks);
              run_until(seen_.publishes, 1);
            }),
            0u);
}

}  // namespace
}  // namespace fleet::wire::mqtt
