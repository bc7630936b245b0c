// The connection of the device side: subscriptions, the mailbox, and what becomes of messages while the broker is away.
// Against a scripted endpoint, without sockets.
#include "bridge/devices/device_side.h"

#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <sstream>

#include "bridge/devices/method.h"
#include "device_fixture.h"
#include "tests/support/scripted_endpoint.h"

namespace fleet::bridge::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::ScriptedEndpoint;
using wire::mqtt::Offer;
using wire::mqtt::Qos;
using wire::mqtt::ReasonCode;

constexpr std::string_view kGet = "/sys/gates/gate-1/thing/topo/get";

class DeviceSideTest : public ::testing::Test {
 protected:
  DeviceSideTest() {
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_st>(log_)));
    side_ = std::make_unique<DeviceSide>(
        loop_, bridge_.api,
        [this](wire::mqtt::EndpointEvents& events) {
          auto endpoint = std::make_unique<ScriptedEndpoint>(events);
          endpoint_ = endpoint.get();
          return endpoint;
        },
        wire::mqtt::Login{.client_id = "bridge-d", .username = {}, .password = {}}, 1);
    side_->start(moment_, [this] { ++settled_; });
  }
  ~DeviceSideTest() override { spdlog::set_default_logger(before_); }
  void connect() {
    endpoint_->events.on_connected(false);
    const std::vector<ReasonCode> granted(endpoint_->subscriptions.size(), ReasonCode::granted_qos_1);
    endpoint_->events.on_subscribed(0, granted);
  }
  void run() {
    loop_.restart();
    loop_.poll();
  }
  void advance(wire::Millis by) {
    moment_.now += by;
    side_->on_timer(moment_);
  }

  DeviceApiUnderTest bridge_;
  boost::asio::io_context loop_{1};
  std::ostringstream log_;
  std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
  Moment moment_{wire::TimePoint(std::chrono::hours(1)), {}};
  ScriptedEndpoint* endpoint_ = nullptr;
  std::unique_ptr<DeviceSide> side_;
  int settled_ = 0;
};

TEST_F(DeviceSideTest, SubscribesToEveryMethodAndSaysWhenItListens) {
  EXPECT_EQ(endpoint_->client_id, "bridge-d");
  endpoint_->events.on_connected(false);
  EXPECT_EQ(settled_, 0) << "not before the broker has answered";
  ASSERT_EQ(endpoint_->subscriptions.size(), device_methods().size());
  for (std::size_t i = 0; i < device_methods().size(); ++i) {
    EXPECT_EQ(endpoint_->subscriptions[i].filter, device_methods()[i].filter);
    EXPECT_EQ(endpoint_->subscriptions[i].qos, Qos::at_least_once);
  }
  connect();
  EXPECT_EQ(settled_, 1);
  EXPECT_TRUE(side_->listening());
  EXPECT_EQ(log_.str(), "");
}

TEST_F(DeviceSideTest, AnswersOneRequestATurn) {
  connect();
  for (int i = 0; i < 3; ++i) endpoint_->deliver(kGet, R"({"id":")" + std::to_string(i) + "\"}", Qos::at_least_once);
  EXPECT_THAT(endpoint_->taken, IsEmpty()) << "not from inside";
  loop_.restart();
  EXPECT_EQ(loop_.poll_one(), 1u);
  EXPECT_EQ(endpoint_->taken.size(), 1u);
  run();
  ASSERT_EQ(endpoint_->taken.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(endpoint_->taken[i].topic(), std::string(kGet) + "_reply");
    EXPECT_EQ(json::parse(endpoint_->taken[i].payload())["id"], std::to_string(i));
    EXPECT_EQ(endpoint_->taken[i].batch->qos, Qos::at_least_once);
    EXPECT_FALSE(endpoint_->taken[i].batch->retain);
  }
}

TEST_F(DeviceSideTest, TellsWhatOthersHaveToTell) {
  connect();
  ASSERT_TRUE(bridge_.sessions.open({"lamps", "lamp-1"}, {"gates", "gate-1"}));
  std::vector<Notice> notices = {
      topology_request({"gates", "gate-1"}, std::vector<NamedDevice>{{"lamps", "lamp-2"}}, 1),
      kick({"gates", "gate-1"}, {"lamps", "lamp-1"}, DeviceCode::no_topology, 2),
      kick({"gates", "gate-1"}, {"lamps", "lamp-2"}, DeviceCode::no_topology, 3)};
  side_->tell(std::move(notices));
  ASSERT_EQ(endpoint_->taken.size(), 2u);
  EXPECT_EQ(endpoint_->taken[0].topic(), "/sys/gates/gate-1/thing/topo/add/notify");
  EXPECT_EQ(json::parse(endpoint_->taken[0].payload()),
            json::parse(R"({"id":"1","version":"1.0","params":[{"productKey":"lamps","deviceName":"lamp-2"}],)"
                        R"("method":"thing.topo.add.notify"})"));
  EXPECT_EQ(endpoint_->taken[1].topic(), "/ext/error/gates/gate-1");
  EXPECT_EQ(endpoint_->taken[1].batch->qos, Qos::at_least_once);
  EXPECT_EQ(bridge_.sessions.size(), 0u);
}

TEST_F(DeviceSideTest, TheMailboxIsBounded) {
  connect();
  const std::string payload(60'000, ' ');
  for (int i = 0; i < 400; ++i) endpoint_->deliver(kGet, payload);
  const std::uint64_t dropped = side_->counts().overflow;
  EXPECT_GT(dropped, 100u);
  run();
  EXPECT_EQ(bridge_.api.counts().malformed + dropped, 400u);
  endpoint_->deliver(kGet, R"({"id":"1"})");
  run();
  EXPECT_EQ(endpoint_->taken.size(), 1u) << "there is room again";
  endpoint_->events.on_dropped(5);
  EXPECT_EQ(side_->counts().overflow, dropped + 5);
}

TEST_F(DeviceSideTest, RetainedRequestsAreOld) {
  connect();
  endpoint_->deliver(kGet, R"({"id":"1"})", Qos::at_least_once, true);
  run();
  EXPECT_THAT(endpoint_->taken, IsEmpty());
  EXPECT_EQ(side_->counts().retained, 1u);
}

TEST_F(DeviceSideTest, SaysOnceAMinuteWhatWasDropped) {
  connect();
  endpoint_->deliver(kGet, "secret words");
  run();
  advance(wire::Millis(50));
  EXPECT_THAT(log_.str(), HasSubstr("1 no JSON object"));
  EXPECT_THAT(log_.str(), ::testing::Not(HasSubstr("secret words")));
  log_.str("");
  endpoint_->next_offer = Offer::full;
  endpoint_->deliver(kGet, R"({"id":"1"})");
  run();
  EXPECT_EQ(side_->counts().unsent, 1u);
  advance(wire::Millis(50));
  EXPECT_EQ(log_.str(), "");
  advance(std::chrono::minutes(1));
  EXPECT_THAT(log_.str(), HasSubstr("1 answers and notices could not be sent"));
  log_.str("");
  advance(std::chrono::minutes(2));
  EXPECT_EQ(log_.str(), "") << "nothing new";
}

TEST_F(DeviceSideTest, ComesBackWithBackOff) {
  endpoint_->lose(false);
  EXPECT_EQ(settled_, 1) << "the first attempt has ended";
  EXPECT_EQ(endpoint_->connects, 1);
  advance(wire::Millis(1));
  EXPECT_EQ(endpoint_->connects, 1);
  advance(BackOff::kFirst);
  EXPECT_EQ(endpoint_->connects, 2);
  side_->tell({topology_request({"gates", "gate-1"}, {}, 1)});
  EXPECT_EQ(side_->counts().unsent, 1u);
  connect();
  EXPECT_EQ(endpoint_->subscribes, 1);
  endpoint_->lose();
  advance(BackOff::kMax);
  EXPECT_EQ(endpoint_->connects, 3);
  connect();
  EXPECT_EQ(endpoint_->subscribes, 2);
  EXPECT_EQ(settled_, 1);
  endpoint_->deliver(kGet, R"({"id":"1"})");
  run();
  EXPECT_EQ(endpoint_->taken.size(), 1u);
}

TEST_F(DeviceSideTest, ABrokerThatDoesNotAnswerTheSubscriptionIsLeft) {
  endpoint_->events.on_connected(false);
  advance(std::chrono::seconds(9));
  EXPECT_EQ(endpoint_->aborts, 0);
  advance(std::chrono::seconds(1));
  EXPECT_EQ(endpoint_->aborts, 1);
  EXPECT_THAT(log_.str(), HasSubstr("does not answer the subscription"));
  endpoint_->lose();
  EXPECT_EQ(settled_, 1);
}

TEST_F(DeviceSideTest, ARefusedSubscriptionIsToldAndDoneWithout) {
  endpoint_->events.on_connected(false);
  std::vector<ReasonCode> granted(endpoint_->subscriptions.size(), ReasonCode::granted_qos_1);
  granted[2] = ReasonCode::not_authorized;
  endpoint_->events.on_subscribed(0, granted);
  EXPECT_EQ(settled_, 1);
  EXPECT_THAT(log_.str(), HasSubstr("refuses the subscription to /sys/+/+/thing/topo/get: not authorized"));
}

TEST_F(DeviceSideTest, StopsInOrder) {
  connect();
  endpoint_->deliver(kGet, R"({"id":"1"})");
  int stopped = 0;
  side_->stop([&] { ++stopped; });
  EXPECT_EQ(endpoint_->disconnects, 1);
  run();
  endpoint_->deliver(kGet, R"({"id":"1"})");
  run();
  EXPECT_THAT(endpoint_->taken, IsEmpty());
  EXPECT_EQ(stopped, 0);
  endpoint_->lose();
  EXPECT_EQ(stopped, 1);
  advance(BackOff::kMax);
  EXPECT_EQ(endpoint_->connects, 1);
}

TEST_F(DeviceSideTest, StopsAtOnceWhereItIsAwayOrAbandoned) {
  endpoint_->lose(false);
  int stopped = 0;
  side_->stop([&] { ++stopped; });
  EXPECT_EQ(stopped, 1);
  side_->abandon();
  EXPECT_EQ(endpoint_->aborts, 0);
}

}  // namespace
}  // namespace fleet::bridge::test
