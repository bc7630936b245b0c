// The native engine with its N-th system call going wrong, for N = 1, 2, 3, … until a life of a device is clean:
// nothing that was accepted is lost, nothing hangs, nothing crashes.
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <set>
#include <string>
#include <tuple>

#include "tests/support/broker_certificates.h"
#include "tests/support/failing_calls.h"
#include "tests/support/mosquitto.h"
#include "tests/support/run_loop.h"
#include "wire/mqtt/connection.h"

namespace fleet::wire::mqtt {
namespace {

using tests::Fault;
using tests::FaultInForce;
using tests::Mosquitto;
using tests::RunLoop;
using tests::SystemCall;

// A device that subscribes, sends itself 20 messages at QoS 1, and connects again whenever it was cut off.
class StubbornDevice : private EndpointEvents {
 public:
  StubbornDevice(RunLoop& loop, const NativeOptions& native, const std::string& name)
      : context_(loop.io()), login_{name, "", ""}, connection_(context_, options(), native, *this) {
    connection_.connect(login_);
  }

  [[nodiscard]] bool has_all() const { return acknowledged_ == 1 && received_.size() == kMessages; }
  void leave() {
    leaving_ = true;
    connection_.disconnect();
  }
  [[nodiscard]] bool left() const { return left_; }
  [[nodiscard]] int attempts() const { return attempts_; }

 private:
  static constexpr std::size_t kMessages = 20;

  static const EndpointOptions& options() {
    static const EndpointOptions made = [] {
      EndpointOptions keeps_session;
      keeps_session.version = Version::v5;
      keeps_session.clean_start = false;
      keeps_session.session_expiry_s = 60;
      return keeps_session;
    }();
    return made;
  }
  void on_connected(bool /*session_present*/) override {
    const Subscription own{login_.client_id + "/#", Qos::at_least_once};
    connection_.subscribe({&own, 1}, 1);
  }
  void on_subscribed(std::uint64_t /*cookie*/, std::span<const ReasonCode> granted) override {
    ASSERT_EQ(granted.size(), 1u);
    if (is_failure(granted[0]) || offered_) return;
    auto batch = std::make_shared<PublishBatch>();
    for (std::size_t i = 0; i < kMessages; ++i) batch->add_topic(login_.client_id + "/" + std::to_string(i));
    batch->set_payload(std::vector<std::byte>(1'000));
    batch->qos = Qos::at_least_once;
    offered_ = connection_.publish(batch, 7) == Offer::queued;
  }
  void on_delivery(const Delivery& delivery) override { received_.emplace(delivery.topic); }
  void on_published(std::uint64_t cookie, ReasonCode worst) override {
    EXPECT_EQ(cookie, 7u);
    EXPECT_EQ(worst, ReasonCode::success);
    ++acknowledged_;
  }
  void on_disconnected(const Disconnect& why) override {
    EXPECT_FALSE(why.reason == ReasonCode::success && !why.by_us);
    left_ = leaving_;
    if (!leaving_ && ++attempts_ < 10) connection_.connect(login_);
  }

  ConnectionContext context_;
  const Login login_;
  Connection connection_;
  std::set<std::string, std::less<>> received_;
  int acknowledged_ = 0, attempts_ = 0;
  bool offered_ = false, leaving_ = false, left_ = false;
};

// What the system calls carry.
enum class Below { tcp, tls, websocket };
constexpr const char* kBelow[] = {"tcp", "tls", "websocket"};
constexpr const char* kSchemes[] = {"mqtt", "mqtts", "ws"};

struct Way {
  const char* name;
  SystemCall call;
  std::optional<int> error;
};

class FailingCalls : public testing::TestWithParam<std::tuple<Below, Way>> {};

TEST_P(FailingCalls, LoseNothingThatWasAccepted) {
  constexpr std::uint64_t kCallsMax = 300;  // a life needs some dozen of each kind
  const auto& [below, way] = GetParam();
  const auto& certificates = tests::BrokerCertificates::shared();
  const std::string listeners[] = {"", certificates.listener(), "socket_domain ipv4\nprotocol websockets\n"};
  const auto which = static_cast<std::size_t>(below);
  Mosquitto broker({.listener = listeners[which]});
  const BrokerPlace place{{kSchemes[which], "127.0.0.1", broker.port()}, certificates.trusting()};
  FoundBroker found;
  ASSERT_TRUE(found.find(place));
  // The broker says so when a device goes without a word.
  broker.explain("disconnected");
  broker.explain("closed its connection");
  broker.explain("OpenSSL Error");
  broker.explain("SSL routines");
  std::uint64_t nth = 1;
  bool struck = true;
  for (; struck && nth < kCallsMax; ++nth) {
    SCOPED_TRACE("call " + std::to_string(nth));
    RunLoop loop;
    const FaultInForce fault({way.call, nth, way.error});
    StubbornDevice device(loop, found.native(), way.name + std::to_string(nth));
    ASSERT_TRUE(loop.until([&] { return device.has_all(); }));
    device.leave();
    ASSERT_TRUE(loop.until([&] { return device.left(); }));
    EXPECT_LE(device.attempts(), 1);
    struck = fault.struck();
  }
  EXPECT_FALSE(struck);
  EXPECT_GT(nth, 2u) << "no call went wrong at all";
}

std::string name_of(const testing::TestParamInfo<std::tuple<Below, Way>>& test) {
  return std::string(kBelow[static_cast<std::size_t>(std::get<0>(test.param))]) + "_" + std::get<1>(test.param).name;
}

INSTANTIATE_TEST_SUITE_P(Native, FailingCalls,
                         testing::Combine(testing::Values(Below::tcp, Below::tls, Below::websocket),
                                          testing::Values(Way{"socket_no_descriptor", SystemCall::socket, EMFILE},
                                                          Way{"connect_refused", SystemCall::connect, ECONNREFUSED},
                                                          Way{"connect_no_port", SystemCall::connect, EADDRNOTAVAIL},
                                                          Way{"recv_reset", SystemCall::recv, ECONNRESET},
                                                          Way{"recv_interrupted", SystemCall::recv, EINTR},
                                                          Way{"send_reset", SystemCall::sendmsg, EPIPE},
                                                          Way{"send_interrupted", SystemCall::sendmsg, EINTR},
                                                          Way{"send_no_memory", SystemCall::sendmsg, ENOMEM},
                                                          Way{"send_no_room", SystemCall::sendmsg, EAGAIN},
                                                          Way{"send_one_byte", SystemCall::sendmsg, std::nullopt})),
                         name_of);

}  // namespace
}  // namespace fleet::wire::mqtt
