// Do gateways bring up their sub-devices over a real broker, and is each counted as its own recipient?
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "sim/fleet/fleet.h"
#include "sim/scenario/naming.h"
#include "tests/support/event_recorder.h"
#include "tests/support/mosquitto.h"
#include "tests/support/run_loop.h"
#include "tests/support/wait_until.h"
#include "wire/mqtt/connection.h"
#include "wire/stamp.h"

namespace fleet::sim {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using tests::wait_until;
using wire::mqtt::Qos;

constexpr std::uint32_t kRun = 0x51AB;

// The platform's end of the broker, on a thread of its own: answers gateways, sees telemetry, publishes what calls owe.
class Platform final : public wire::mqtt::EndpointEvents {
 public:
  // The code that a request of a gateway is answered with; none: not at all.
  using Judge = std::function<std::optional<int>(const std::string& topic)>;

  Platform(std::uint16_t port, Judge judge) : judge_(std::move(judge)) {
    const auto broker = wire::mqtt::resolve_broker({"127.0.0.1", port});
    endpoint_ = std::make_unique<wire::mqtt::Connection>(context_, options_,
                                                         wire::mqtt::NativeOptions{*broker, std::nullopt}, *this);
    endpoint_->connect({"platform", "", ""});
    thread_ = std::thread([this] { loop_.run(); });
    EXPECT_TRUE(wait_until([this] { return listening_.load(); }));
  }
  ~Platform() {
    boost::asio::post(loop_, [this] { endpoint_->abort(); });
    thread_.join();
  }

  void publish(std::vector<std::string> topics, std::vector<std::byte> payload) {
    boost::asio::post(loop_, [this, topics = std::move(topics), payload = std::move(payload)] {
      auto batch = std::make_shared<wire::mqtt::PublishBatch>();
      for (const std::string& topic : topics) batch->add_topic(topic);
      batch->set_payload(payload);
      batch->qos = Qos::at_least_once;
      ASSERT_EQ(endpoint_->publish(batch, 0), wire::mqtt::Offer::queued);
    });
  }

  std::atomic<int> topologies{0}, logins{0}, telemetry{0};  // items, items, messages

 private:
  void on_connected(bool) override {
    const std::vector<wire::mqtt::Subscription> filters{{"/sys/+/+/thing/topo/add", Qos::at_most_once},
                                                        {"/ext/session/+/+/combine/batch_login", Qos::at_most_once},
                                                        {"/+/+/user/update", Qos::at_least_once}};
    endpoint_->subscribe(filters, 0);
  }
  void on_subscribed(std::uint64_t, std::span<const wire::mqtt::ReasonCode>) override { listening_ = true; }
  void on_delivery(const wire::mqtt::Delivery& delivery) override {
    const std::string topic(delivery.topic);
    if (topic.ends_with("/user/update")) {
      ++telemetry;
      return;
    }
    const json request =
        json::parse(std::string_view(reinterpret_cast<const char*>(delivery.payload.data()), delivery.payload.size()));
    const bool login = topic.ends_with("batch_login");
    const std::optional<int> code = judge_(topic);
    if (!code) return;
    const json& items = login ? request["params"]["deviceList"] : request["params"];
    if (*code == 200) (login ? logins : topologies) += static_cast<int>(items.size());
    const std::string answer = json{{"id", request["id"]}, {"code", *code}, {"message", "as told"}}.dump();
    const auto bytes = std::as_bytes(std::span<const char>(answer));
    auto batch = std::make_shared<wire::mqtt::PublishBatch>();
    batch->add_topic(topic + "_reply");
    batch->set_payload({bytes.begin(), bytes.end()});
    EXPECT_EQ(endpoint_->publish(batch, 0), wire::mqtt::Offer::queued);
  }
  void on_disconnected(const wire::mqtt::Disconnect&) override { loop_.stop(); }

  const Judge judge_;
  boost::asio::io_context loop_;
  wire::mqtt::ConnectionContext context_{loop_};
  wire::mqtt::EndpointOptions options_;
  std::unique_ptr<wire::mqtt::Connection> endpoint_;
  std::atomic<bool> listening_{false};
  std::thread thread_;
};

// Four gateways with 26 sensors, whose call group names ten of them a call; on each engine.
class GatewayFleet : public testing::TestWithParam<const char*> {
 protected:
  void start(Platform::Judge judge, const std::string& more = "", std::vector<Override> sets = {}) {
    platform_ = std::make_unique<Platform>(broker_.port(), std::move(judge));
    scenario_ = std::make_unique<Scenario>(parse_scenario(R"(name: gateways
workers: 3
products:
  hub: { kind: gateway, key: a1hub, topics: { get: subscribe } }
  sensor: { kind: sub-device, key: a1sensor, topics: { get: subscribe, update: publish } }
fleet:
  sensors:
    product: sensor
    count: 26
    name: sensor-{index:2}
    gateway: { group: hubs, topology: mqtt }
    subscribe: [ { topic: get, qos: 1 } ]
)" + more + R"(
  hubs:
    product: hub
    count: 4
    name: "hub-{index}"
    engine: )" + GetParam() + R"(
    connect: { timeout: 2s }
    subscribe: [ { topic: get, qos: 1 } ]
calls:
  push: { api: BatchPub, to: sensors, topic: get, batch: 10, qos: 1, rate: 50/s }
)",
                                                          "s.yaml", sets, std::nullopt)
                                               .value());
    identities_ = std::make_unique<Identities>(*scenario_);
    groups_.emplace_back(new GroupBooks{0, 0, PickPlan(Pick::round_robin, 26, 10, 1), Books(10, 64)});
    fleet_ = std::make_unique<Fleet>(*scenario_, groups_, *identities_, Url{"mqtt", "127.0.0.1", broker_.port()}, kRun);
    const auto started = fleet_->start();
    ASSERT_TRUE(started) << started.error().text();
  }
  [[nodiscard]] bool ready() {
    return wait_until([this] { return fleet_->status().ready == 4; });
  }
  void begin_hold(wire::Nanos length = 1h) {
    hold_ = wire::read_clock();
    fleet_->set_phases({hold_, hold_, hold_ + length, hold_ + length + 1h});
  }
  void open(std::uint64_t call) {
    Books& books = groups_[0]->books;
    books.open(call, hold_, true, callers_);
    books.written(call, hold_);
    books.answered(call, CallResult::accepted, std::nullopt, callers_);
  }
  [[nodiscard]] std::vector<std::byte> stamped(std::uint64_t call) const {
    std::vector<std::byte> bytes(100);
    wire::write_stamp({kRun, wire::boot_hash(), 0, call, hold_}, bytes);
    return bytes;
  }
  static std::string topic_of(std::uint32_t sensor) { return fmt::format("/a1sensor/sensor-{:02}/user/get", sensor); }
  void finish() {
    outcome_ = fleet_->stop();
    outcome_.call_groups[0].merge(callers_);
    groups_[0]->books.close_all(outcome_.call_groups[0]);
  }

  tests::Mosquitto broker_;
  std::unique_ptr<Platform> platform_;
  std::unique_ptr<Scenario> scenario_;
  std::unique_ptr<Identities> identities_;
  std::vector<std::unique_ptr<GroupBooks>> groups_;
  std::unique_ptr<Fleet> fleet_;
  wire::TimePoint hold_{};
  Tally callers_;
  FleetOutcome outcome_;
};

std::string engine_name(const testing::TestParamInfo<const char*>& info) { return info.param; }
INSTANTIATE_TEST_SUITE_P(Engines, GatewayFleet, testing::Values("native", "paho"), engine_name);

TEST_P(GatewayFleet, EverySubDeviceIsARecipientOfItsOwn) {
  start([](const std::string&) { return 200; });
  ASSERT_TRUE(ready()) << fleet_->status().last_error;
  EXPECT_EQ(platform_->topologies, 26);
  EXPECT_EQ(platform_->logins, 26);
  EXPECT_EQ(fleet_->status().devices, 4u);
  EXPECT_EQ(fleet_->status().sub_devices, 26u);
  EXPECT_EQ(fleet_->status().sub_devices_ready, 26u);
  begin_hold();
  // Calls 0 and 1 name 0 .. 9 and 10 .. 19. One of the second's is not reached, one has it twice, and one that it did
  // not name has it too, as has a gateway itself.
  open(0);
  open(1);
  std::vector<std::string> first, second;
  for (std::uint32_t i = 0; i < 10; ++i) first.push_back(topic_of(i));
  for (std::uint32_t i = 10; i < 19; ++i) second.push_back(topic_of(i));
  platform_->publish(first, stamped(0));
  platform_->publish(second, stamped(1));
  platform_->publish({topic_of(10), topic_of(25), "/a1hub/hub-2/user/get"}, stamped(1));
  ASSERT_TRUE(wait_until([this] { return fleet_->status().deliveries == 22; })) << fleet_->status().deliveries;
  finish();
  const Deliveries& counts = outcome_.call_groups[0].deliveries;
  EXPECT_EQ(counts.expected, 20u);
  EXPECT_EQ(counts.received, 19u);
  EXPECT_EQ(counts.missing, 1u);
  EXPECT_EQ(counts.duplicate, 1u);
  EXPECT_EQ(counts.misdelivered, 2u);
  EXPECT_EQ(counts.downgraded, 0u);
  EXPECT_EQ(counts.out_of_order, 0u);
  EXPECT_EQ(outcome_.strangers.foreign, 0u);
  EXPECT_EQ(outcome_.connect.time.count(), 4u);
}

TEST_P(GatewayFleet, SubDevicesAreLoggedInAgainAfterTheBrokerWasKilled) {
  broker_.explain("Socket error");
  start([](const std::string&) { return 200; });
  ASSERT_TRUE(ready()) << fleet_->status().last_error;
  platform_.reset();
  broker_.kill();
  ASSERT_TRUE(wait_until([this] { return fleet_->status().connected == 0; }));
  EXPECT_EQ(fleet_->status().sub_devices_ready, 0u);
  broker_.start_again();
  platform_ = std::make_unique<Platform>(broker_.port(), [](const std::string&) { return 200; });
  ASSERT_TRUE(wait_until([this] { return fleet_->status().reconnects == 4; })) << fleet_->status().last_error;
  EXPECT_EQ(platform_->logins, 26);
  EXPECT_EQ(platform_->topologies, 0);
  finish();
}

TEST_P(GatewayFleet, ARefusedLoginIsToldAndNotTakenForReady) {
  start([](const std::string& topic) { return topic.ends_with("batch_login") ? 6287 : 200; });
  ASSERT_TRUE(wait_until([this] { return fleet_->status().kept_out() == 4; })) << fleet_->status().last_error;
  const FleetStatus status = fleet_->status();
  EXPECT_THAT(status.last_error,
              testing::EndsWith("stays without its sub-devices: batch_login was refused with code 6287: as told"));
  EXPECT_EQ(status.gateway_refused, 4u);
  EXPECT_EQ(status.connected, 4u);
  EXPECT_EQ(status.ready, 0u);
  finish();
  EXPECT_EQ(outcome_.connect.failed, 4u) << "nobody asks again";
  EXPECT_THAT(outcome_.connect.errors, testing::ElementsAre(testing::Pair("sub-devices refused", 4u)));
}

// Its connection ends, it asks again, is refused again, and is still one gateway.
TEST_P(GatewayFleet, ARefusedGatewayIsCountedOnceHoweverOftenItAsks) {
  broker_.explain("Socket error");
  start([](const std::string& topic) { return topic.ends_with("batch_login") ? 6287 : 200; });
  ASSERT_TRUE(wait_until([this] { return fleet_->status().kept_out() == 4; })) << fleet_->status().last_error;
  platform_.reset();
  broker_.kill();
  ASSERT_TRUE(wait_until([this] { return fleet_->status().connected == 0; }));
  EXPECT_EQ(fleet_->status().kept_out(), 0u);
  EXPECT_EQ(fleet_->status().gateway_refused, 0u);
  broker_.start_again();
  platform_ = std::make_unique<Platform>(
      broker_.port(), [](const std::string& topic) { return topic.ends_with("batch_login") ? 6287 : 200; });
  ASSERT_TRUE(wait_until([this] { return fleet_->status().kept_out() == 4; })) << fleet_->status().last_error;
  EXPECT_EQ(fleet_->status().gateway_refused, 4u);
  finish();
}

TEST_P(GatewayFleet, OneThatIsRefusedItsSubDevicesDoesNotKeepTheOthersFromTheirs) {
  start([](const std::string& topic) {
    return topic.ends_with("batch_login") && topic.find("/hub-2/") != std::string::npos ? 6287 : 200;
  });
  ASSERT_TRUE(wait_until([this] { return fleet_->status().ready == 3 && fleet_->status().kept_out() == 1; }))
      << fleet_->status().last_error;
  EXPECT_EQ(fleet_->status().gateway_refused, 1u);
  finish();
}

TEST_P(GatewayFleet, ComeUpOneByOneWhereNoMoreMayBeUnderWay) {
  // All are due before the first is through.
  start([](const std::string&) { return 200; }, "",
        {{"workers", "1"}, {"fleet.hubs.connect.in_flight", "1"}, {"fleet.hubs.connect.rate", "100000/s"}});
  ASSERT_TRUE(ready()) << fleet_->status().last_error;
  EXPECT_EQ(platform_->logins, 26);
  finish();
}

TEST_P(GatewayFleet, APlatformThatIsFullIsAskedAgain) {
  const auto refused = std::make_shared<std::atomic<int>>(0);
  start([refused](const std::string& topic) { return topic.ends_with("batch_login") && ++*refused <= 4 ? 429 : 200; });
  ASSERT_TRUE(ready()) << fleet_->status().last_error;
  EXPECT_EQ(fleet_->status().gateway_refused, 0u);
  EXPECT_EQ(fleet_->status().connect_failed, 4u);
  EXPECT_EQ(platform_->logins, 26);
  finish();
}

TEST_P(GatewayFleet, APlatformThatIsSilentIsGivenUpForATime) {
  start([](const std::string&) { return std::nullopt; }, "", {{"fleet.hubs.connect.timeout", "100ms"}});
  ASSERT_TRUE(wait_until([this] {
    return fleet_->status().last_error.ends_with("could not connect: topo/add was not answered within 0.1 s");
  })) << fleet_->status().last_error;
  EXPECT_EQ(fleet_->status().ready, 0u);
  finish();
}

TEST_P(GatewayFleet, TelemetryIsPublishedThroughTheGatewayAndCounted) {
  start([](const std::string&) { return 200; },
        "    publish: [ { topic: update, every: 100ms, qos: 1, payload: '{name} {sequence}' } ]");
  ASSERT_TRUE(ready()) << fleet_->status().last_error;
  begin_hold(500ms);
  ASSERT_TRUE(wait_until([this] { return platform_->telemetry >= 26 * 5; })) << platform_->telemetry;
  ASSERT_TRUE(wait_until([this] { return fleet_->status().telemetry_open == 0; }));
  finish();
  EXPECT_EQ(outcome_.telemetry.scheduled, 26u * 5);
  EXPECT_EQ(outcome_.telemetry.sent, 26u * 5);
  EXPECT_EQ(outcome_.telemetry.acknowledged, 26u * 5);
  EXPECT_EQ(platform_->telemetry, 26 * 5);
}

}  // namespace
}  // namespace fleet::sim
