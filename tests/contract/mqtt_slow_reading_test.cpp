// Does a connection read no more than it may, and everything in the end?
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>

#include "tests/support/event_recorder.h"
#include "tests/support/run_loop.h"
#include "tests/support/scripted_peer.h"
#include "wire/mqtt/connection.h"
#include "wire/mqtt/tcp_transport.h"

namespace fleet::wire::mqtt {
namespace {

using tests::bytes;

// PUBLISH at QoS 0 to "t" with a payload of 95 bytes: 100 bytes in all.
std::string publish() { return bytes({0x30, 98, 0, 1, 't'}) + std::string(95, 'x'); }

class SlowReading : public ::testing::Test {
 protected:
  void be_up() {
    const NativeOptions native{{boost::asio::ip::address_v4::loopback(), peer_.port()}, std::nullopt};
    connection_ = std::make_unique<Connection>(context_, options_, native, seen_);
    connect();
  }
  void connect() {
    const int before = seen_.connects;
    connection_->connect({"device", "", ""});
    ASSERT_TRUE(loop_.until([&] { return peer_.accepted(); }));
    ASSERT_TRUE(loop_.until([&] { return !peer_.received().empty(); }));
    peer_.send(bytes({0x20, 0x02, 0x00, 0x00}));
    ASSERT_TRUE(loop_.until([&] { return seen_.connects == before + 1; }));
  }
  bool delivered(std::uint64_t count) {
    return loop_.until([&] { return seen_.deliveries >= count; });
  }
  void turn() { loop_.run_ready(); }  // without a wait

  tests::ScriptedPeer peer_;
  tests::RunLoop loop_;
  ConnectionContext context_{loop_.io()};
  EndpointOptions options_;
  tests::EventRecorder seen_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(SlowReading, TakesWhatItMayAndTheRestWhenItMay) {
  be_up();
  EXPECT_TRUE(connection_->allow_reading(250));
  EXPECT_FALSE(connection_->is_held_back());
  for (int i = 0; i < 10; ++i) peer_.send(publish());
  ASSERT_TRUE(loop_.until([&] { return connection_->is_held_back(); }));
  turn();
  EXPECT_EQ(seen_.deliveries, 2u);  // and half of the third
  EXPECT_TRUE(connection_->allow_reading(50));
  EXPECT_FALSE(connection_->is_held_back());
  ASSERT_TRUE(delivered(3));
  ASSERT_TRUE(loop_.until([&] { return connection_->is_held_back(); }));
  EXPECT_EQ(seen_.deliveries, 3u);
  EXPECT_TRUE(connection_->allow_reading(Endpoint::kReadAll));
  ASSERT_TRUE(delivered(10));
  EXPECT_FALSE(connection_->is_held_back());
}

TEST_F(SlowReading, AllowingMoreBeforeItIsUsedUpLosesNothing) {
  be_up();
  EXPECT_TRUE(connection_->allow_reading(1'000));
  peer_.send(publish());
  ASSERT_TRUE(delivered(1));
  EXPECT_TRUE(connection_->allow_reading(1'000));
  for (int i = 0; i < 9; ++i) peer_.send(publish());
  ASSERT_TRUE(delivered(10));
}

TEST_F(SlowReading, AnEndIsSeenBehindWhatIsHeldBack) {
  be_up();
  EXPECT_TRUE(connection_->allow_reading(100));
  peer_.send(publish() + publish());
  peer_.close();
  ASSERT_TRUE(delivered(1));
  turn();
  EXPECT_TRUE(seen_.ends.empty());
  EXPECT_TRUE(connection_->allow_reading(Endpoint::kReadAll));
  ASSERT_TRUE(loop_.until([&] { return !seen_.ends.empty(); }));
  EXPECT_EQ(seen_.deliveries, 2u);
}

TEST_F(SlowReading, DisconnectingDoesNotWaitForWhatIsHeldBack) {
  be_up();
  EXPECT_TRUE(connection_->allow_reading(100));
  peer_.send(publish() + publish());
  ASSERT_TRUE(delivered(1));
  connection_->disconnect();
  ASSERT_TRUE(loop_.until([&] { return peer_.ended(); }));
  peer_.close();
  ASSERT_TRUE(loop_.until([&] { return !seen_.ends.empty(); }));
  EXPECT_TRUE(seen_.ends[0].by_us);
}

TEST_F(SlowReading, ANewConnectionReadsEverything) {
  be_up();
  EXPECT_TRUE(connection_->allow_reading(1));
  peer_.send(publish());
  ASSERT_TRUE(loop_.until([&] { return connection_->is_held_back(); }));
  connection_->abort();
  ASSERT_TRUE(loop_.until([&] { return !seen_.ends.empty(); }));
  EXPECT_TRUE(connection_->allow_reading(5)) << "nothing to bound, and no harm";
  connect();
  peer_.send(publish());
  ASSERT_TRUE(delivered(1));
}

TEST(TcpTransport, LimitsWhatTheKernelKeeps) {
  tests::ScriptedPeer peer;
  TcpTransport transport;
  const auto opened = transport.open({boost::asio::ip::address_v4::loopback(), peer.port()}, std::nullopt);
  ASSERT_NE(opened.status, TcpTransport::Status::failed);
  transport.limit_receive_buffer(4'096);
  int size = 0;
  socklen_t length = sizeof size;
  ASSERT_EQ(::getsockopt(transport.socket(), SOL_SOCKET, SO_RCVBUF, &size, &length), 0);
  EXPECT_EQ(size, 8'192);
}

}  // namespace
}  // namespace fleet::wire::mqtt
