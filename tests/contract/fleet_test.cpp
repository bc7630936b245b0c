// Does a fleet count what a real broker brings it, on both engines?
#include "sim/fleet/fleet.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <functional>

#include "sim/scenario/naming.h"
#include "tests/support/event_recorder.h"
#include "tests/support/free_port.h"
#include "tests/support/mosquitto.h"
#include "tests/support/run_loop.h"
#include "tests/support/scripted_broker.h"
#include "tests/support/scripted_peer.h"
#include "tests/support/wait_until.h"
#include "wire/mqtt/connection.h"
#include "wire/stamp.h"

namespace fleet::sim {
namespace {

using tests::wait_until;

using namespace std::chrono_literals;
using wire::mqtt::Qos;

constexpr std::uint32_t kRun = 0x51AB;
constexpr std::uint32_t kDevices = 50;
constexpr std::uint32_t kBatch = 10;
constexpr const char* kNames = "lamp-{index:4}";
constexpr const char* kProduct = "a1BwAGVxxxx";

// A fleet of 50 devices, one call group of 10 devices a call at QoS 1, and a publisher in the bridge's place.
class FleetRun {
 public:
  FleetRun(Engine engine, std::uint32_t workers, std::uint16_t port) : port_(port) {
    scenario_.workers = workers;
    scenario_.products.push_back({"lamp", kProduct, {}});
    FleetGroup lamps;
    lamps.name = "lamps";
    lamps.count = kDevices;
    lamps.name_template = kNames;
    lamps.engine = engine;
    lamps.connect.per_second = 5'000;
    lamps.subscribe = {{"get", Qos::at_least_once}, {"other", Qos::at_most_once}};
    scenario_.fleet.push_back(lamps);
    CallGroup push;
    push.topic = "get";
    push.batch = kBatch;
    push.qos = Qos::at_least_once;
    scenario_.calls.push_back(push);
    groups_.emplace_back(new GroupBooks{0, 0, PickPlan(Pick::round_robin, kDevices, kBatch, 1), Books(kBatch, 64)});
  }

  [[nodiscard]] wire::Result<void> start() {
    identities_ = std::make_unique<Identities>(scenario_);
    fleet_ = std::make_unique<Fleet>(scenario_, groups_, *identities_, Url{"mqtt", "127.0.0.1", port_}, kRun);
    return fleet_->start();
  }

  [[nodiscard]] bool ready() {
    return wait_until([this] { return fleet_->status().ready == kDevices; });
  }
  void begin_hold() {
    hold_ = wire::read_clock();
    fleet_->set_phases({hold_, hold_, hold_ + 1h, hold_ + 2h});
  }

  // As callers do for a call that the bridge accepts.
  void open(std::uint64_t call) {
    Books& books = groups_[0]->books;
    books.open(call, hold_, true, callers_);
    books.written(call, hold_);
    books.answered(call, CallResult::accepted, std::nullopt, callers_);
  }
  [[nodiscard]] std::vector<std::uint32_t> recipients(std::uint64_t call) const {
    std::vector<std::uint32_t> all(kBatch);
    groups_[0]->pick->recipients(call, all);
    return all;
  }
  [[nodiscard]] std::vector<std::byte> stamped(std::uint64_t call, std::uint32_t run = kRun) const {
    std::vector<std::byte> bytes(100);
    wire::write_stamp({run, wire::boot_hash(), 0, call, hold_}, bytes);
    return bytes;
  }
  void publish(const std::vector<std::uint32_t>& devices, std::vector<std::byte> payload,
               Qos qos = Qos::at_least_once) {
    if (!publisher_) connect_publisher();
    auto batch = std::make_shared<wire::mqtt::PublishBatch>();
    for (const std::uint32_t device : devices) {
      batch->add_topic(std::string("/") + kProduct + "/" + device_name(kNames, device) + "/user/get");
    }
    batch->set_payload(std::move(payload));
    batch->qos = qos;
    const std::uint64_t before = recorder_.publishes;
    ASSERT_EQ(publisher_->publish(batch, 1), wire::mqtt::Offer::queued);
    ASSERT_TRUE(loop_.until([&] { return recorder_.publishes == before + 1; }));
  }
  [[nodiscard]] bool received(std::uint64_t deliveries) {
    return wait_until([&] { return fleet_->status().deliveries >= deliveries; });
  }
  void finish() {
    outcome_ = fleet_->stop();
    outcome_.call_groups[0].merge(callers_);
    groups_[0]->books.close_all(outcome_.call_groups[0]);
  }

  Scenario& scenario() { return scenario_; }
  Fleet& fleet() { return *fleet_; }
  const FleetOutcome& outcome() { return outcome_; }
  const Deliveries& counts() { return outcome_.call_groups[0].deliveries; }

 private:
  void connect_publisher() {
    const auto broker = wire::mqtt::resolve_broker({"127.0.0.1", port_});
    ASSERT_TRUE(broker);
    publisher_ = std::make_unique<wire::mqtt::Connection>(context_, options_,
                                                          wire::mqtt::NativeOptions{*broker, std::nullopt}, recorder_);
    const int before = recorder_.connects;
    publisher_->connect({"publisher", "", ""});
    ASSERT_TRUE(loop_.until([&] { return recorder_.connects == before + 1; }));
  }

  const std::uint16_t port_;
  Scenario scenario_;
  std::vector<std::unique_ptr<GroupBooks>> groups_;
  std::unique_ptr<Identities> identities_;
  std::unique_ptr<Fleet> fleet_;
  wire::TimePoint hold_{};
  Tally callers_;
  FleetOutcome outcome_;
  tests::RunLoop loop_;
  wire::mqtt::ConnectionContext context_{loop_.io()};
  wire::mqtt::EndpointOptions options_;
  tests::EventRecorder recorder_;
  std::unique_ptr<wire::mqtt::Connection> publisher_;
};

struct Setup {
  Engine engine;
  std::uint32_t workers;
};

class FleetContract : public ::testing::TestWithParam<Setup> {
 protected:
  tests::Mosquitto broker_;
};

TEST_P(FleetContract, EveryDeliveryIsCountedAsWhatItIs) {
  FleetRun run(GetParam().engine, GetParam().workers, broker_.port());
  ASSERT_TRUE(run.start());
  ASSERT_TRUE(run.ready()) << run.fleet().status().last_error;
  run.begin_hold();
  // Three whole calls; the first a second time to two of its devices.
  for (std::uint64_t call = 0; call < 3; ++call) {
    run.open(call);
    run.publish(run.recipients(call), run.stamped(call));
  }
  const std::vector<std::uint32_t> first = run.recipients(0);
  run.publish({first[0], first[1]}, run.stamped(0));
  // A call that misses one device, reaches two at QoS 0, and one that it did not name.
  run.open(3);
  std::vector<std::uint32_t> fourth = run.recipients(3);
  run.publish({fourth.begin() + 3, fourth.end()}, run.stamped(3));
  run.publish({fourth[1], fourth[2]}, run.stamped(3), Qos::at_most_once);
  run.publish({first[5]}, run.stamped(3));
  // Strangers: another run, no stamp at all, a bit that fell over.
  run.publish({first[2]}, run.stamped(0, kRun + 1));
  run.publish({first[2], first[3]}, std::vector<std::byte>(10));
  std::vector<std::byte> bad = run.stamped(4);
  bad[50] ^= std::byte{4};
  run.publish({first[2], first[3], first[4]}, bad);
  // A broker keeps the order for each device: when these are there, so are the strangers.
  run.open(5);
  run.publish(run.recipients(5), run.stamped(5));
  ASSERT_EQ(run.recipients(5), first);

  const std::uint64_t deliveries = 30 + 2 + 9 + 1 + 10;
  ASSERT_TRUE(run.received(deliveries)) << run.fleet().status().deliveries;
  run.finish();
  EXPECT_EQ(run.fleet().status().deliveries, deliveries);
  EXPECT_EQ(run.counts().expected, 50u);
  EXPECT_EQ(run.counts().received, 49u);
  EXPECT_EQ(run.counts().missing, 1u);
  EXPECT_EQ(run.counts().duplicate, 2u);
  EXPECT_EQ(run.counts().misdelivered, 1u);
  EXPECT_EQ(run.counts().downgraded, 2u);
  EXPECT_EQ(run.counts().out_of_order, 0u);
  EXPECT_EQ(run.counts().late, 0u);
  EXPECT_EQ(run.outcome().strangers.foreign, 3u);
  EXPECT_EQ(run.outcome().strangers.corrupt, 3u);
  EXPECT_EQ(run.outcome().call_groups[0].times.response.count(), 49u);
  std::uint64_t seconds = 0;
  for (const SecondSlice& second : run.outcome().timeline) seconds += second.deliveries;
  EXPECT_EQ(seconds, 49u);
}

TEST_P(FleetContract, TheRampIsAccountedFor) {
  FleetRun run(GetParam().engine, GetParam().workers, broker_.port());
  ASSERT_TRUE(run.start());
  ASSERT_TRUE(run.ready()) << run.fleet().status().last_error;
  EXPECT_EQ(run.fleet().status().connected, kDevices);
  EXPECT_EQ(run.fleet().status().devices, kDevices);
  run.begin_hold();
  run.finish();
  EXPECT_EQ(run.fleet().status().connected, 0u);
  EXPECT_EQ(run.outcome().connect.time.count(), kDevices);
  EXPECT_EQ(run.outcome().connect.failed, 0u);
  EXPECT_EQ(run.outcome().connect.reconnects, 0u);
  EXPECT_GT(run.outcome().connect.seconds, 0);
  EXPECT_GT(run.outcome().connect.per_s, 0);
  ASSERT_EQ(run.outcome().cpu.size(), GetParam().workers);
  EXPECT_EQ(run.outcome().cpu[0].thread, "worker 0");
}

INSTANTIATE_TEST_SUITE_P(Engines, FleetContract,
                         ::testing::Values(Setup{Engine::native, 1}, Setup{Engine::native, 3}, Setup{Engine::paho, 1}),
                         [](const auto& setup) {
                           return std::string(setup.param.engine == Engine::paho ? "Paho" : "Native") +
                                  std::to_string(setup.param.workers);
                         });

TEST(FleetFaults, DevicesComeBackToABrokerThatWasKilled) {
  tests::Mosquitto broker;
  FleetRun run(Engine::native, 2, broker.port());
  ASSERT_TRUE(run.start());
  ASSERT_TRUE(run.ready());
  broker.kill();
  ASSERT_TRUE(wait_until([&] { return run.fleet().status().connected == 0; }));
  broker.start_again();
  ASSERT_TRUE(run.ready()) << run.fleet().status().last_error;
  EXPECT_EQ(run.fleet().status().reconnects, kDevices);
  run.begin_hold();
  run.open(0);
  run.publish(run.recipients(0), run.stamped(0));
  ASSERT_TRUE(run.received(kBatch));
  run.finish();
  EXPECT_EQ(run.counts().received, kBatch);
  EXPECT_EQ(run.outcome().connect.reconnects, kDevices);
}

TEST(FleetFaults, DevicesStayAwayWhereTheScenarioSaysSo) {
  tests::Mosquitto broker;
  FleetRun run(Engine::native, 1, broker.port());
  run.scenario().fleet[0].connect.reconnect = false;
  ASSERT_TRUE(run.start());
  ASSERT_TRUE(run.ready());
  broker.kill();
  ASSERT_TRUE(wait_until([&] { return run.fleet().status().connected == 0; }));
  broker.start_again();
  run.finish();
  EXPECT_EQ(run.fleet().status().reconnects, 0u);
  EXPECT_EQ(run.outcome().connect.failed, 0u);
}

TEST(FleetFaults, ABrokerThatIsNotThereIsTriedAgain) {
  FleetRun run(Engine::native, 2, tests::free_port());
  ASSERT_TRUE(run.start());
  ASSERT_TRUE(wait_until([&] { return run.fleet().status().connect_failed > 2 * kDevices; }));
  EXPECT_EQ(run.fleet().status().ready, 0u);
  EXPECT_NE(run.fleet().status().last_error.find("connection refused"), std::string::npos)
      << run.fleet().status().last_error;
  run.finish();
}

TEST(FleetFaults, ABrokerThatRefusesIsCounted) {
  tests::Mosquitto broker({.allow_anonymous = false});
  broker.explain("not authorised");
  FleetRun run(Engine::native, 1, broker.port());
  ASSERT_TRUE(run.start());
  ASSERT_TRUE(wait_until([&] { return run.fleet().status().login_refused == kDevices; }));
  EXPECT_NE(run.fleet().status().last_error.find("not authorized"), std::string::npos)
      << run.fleet().status().last_error;
  EXPECT_EQ(run.fleet().failures().logins.at("not authorized"), kDevices);
  run.finish();
  EXPECT_EQ(run.outcome().connect.failed, kDevices) << "nobody tries again";
}

TEST(FleetFaults, ADeviceThatWasReadyAndIsRefusedWhenItReturnsStaysAway) {
  tests::ScriptedPeer broker;
  FleetRun run(Engine::native, 1, broker.port());
  run.scenario().fleet[0].count = 1;
  run.scenario().fleet[0].connect.version = wire::mqtt::Version::v5;
  run.scenario().fleet[0].subscribe.clear();
  ASSERT_TRUE(run.start());
  ASSERT_TRUE(wait_until([&] { return broker.accepted(); }));
  ASSERT_TRUE(wait_until([&] { return !broker.received().empty(); }));
  broker.send(tests::bytes({0x20, 0x03, 0x00, 0x00, 0x00}));
  ASSERT_TRUE(wait_until([&] { return run.fleet().status().ready == 1; }));
  broker.send(tests::bytes({0xE0, 0x02, 0x98, 0x00}));  // DISCONNECT: administrative action
  ASSERT_TRUE(wait_until([&] { return broker.accepted(); }));
  ASSERT_TRUE(wait_until([&] { return !broker.received().empty(); }));
  broker.send(tests::bytes({0x20, 0x03, 0x00, 0x8A, 0x00}));  // banned
  ASSERT_TRUE(wait_until([&] { return run.fleet().status().login_refused == 1; }));
  EXPECT_EQ(run.fleet().failures().lost.at("administrative action"), 1u);
  EXPECT_EQ(run.fleet().failures().logins.at("banned"), 1u);
  EXPECT_EQ(run.fleet().status().kept_out(), 1u);
  EXPECT_EQ(run.fleet().status().ready, 0u);
  run.finish();
}

TEST(FleetFaults, ARefusedSubscriptionIsCountedAndItsDeviceNotReady) {
  tests::ScriptedPeer broker;
  FleetRun run(Engine::native, 1, broker.port());
  run.scenario().fleet[0].count = 1;
  ASSERT_TRUE(run.start());
  ASSERT_TRUE(wait_until([&] { return broker.accepted(); }));
  ASSERT_TRUE(wait_until([&] { return !broker.received().empty(); }));
  broker.send(tests::bytes({0x20, 0x02, 0x00, 0x00}));  // CONNACK
  broker.forget();
  ASSERT_TRUE(wait_until([&] { return broker.received().size() > 3; }));
  const std::string& subscribe = broker.received();  // short: one byte of remaining length, then the identifier
  broker.send(tests::bytes({0x90, 0x04}) + subscribe.substr(2, 2) + tests::bytes({0x01, 0x80}));
  ASSERT_TRUE(wait_until([&] { return run.fleet().status().subscribe_refused == 1; }));
  const FleetStatus status = run.fleet().status();
  EXPECT_EQ(status.connected, 1u);
  EXPECT_EQ(status.ready, 0u);
  EXPECT_NE(status.last_error.find("lamp-0000 was refused topic other"), std::string::npos) << status.last_error;
  EXPECT_EQ(run.fleet().failures().subscriptions.at("unspecified error"), 1u);
  ASSERT_TRUE(wait_until([&] { return run.fleet().status().half_subscribed == 1; }));

  broker.close();
  ASSERT_TRUE(wait_until([&] { return run.fleet().status().half_subscribed == 0; }));
  ASSERT_TRUE(wait_until([&] { return broker.accepted(); })) << "who was let in and not ready tries again";
  run.finish();
}

TEST(FleetFaults, AConnectionLostBeforeItsDeviceIsReadyIsAFailedAttempt) {
  tests::ScriptedPeer broker;
  FleetRun run(Engine::native, 1, broker.port());
  run.scenario().fleet[0].count = 1;
  run.scenario().fleet[0].connect.reconnect = false;  // which is about devices that were ready
  ASSERT_TRUE(run.start());
  for (std::uint64_t attempt = 1; attempt <= 3; ++attempt) {
    ASSERT_TRUE(wait_until([&] { return broker.accepted(); }));
    ASSERT_TRUE(wait_until([&] { return !broker.received().empty(); }));
    broker.send(tests::bytes({0x20, 0x02, 0x00, 0x00}));
    ASSERT_TRUE(wait_until([&] { return run.fleet().status().connected == 1; }));
    broker.close();
    ASSERT_TRUE(wait_until([&] { return run.fleet().status().connect_failed == attempt; }));
  }
  run.finish();
  EXPECT_EQ(run.outcome().connect.failed, 3u);
  EXPECT_EQ(run.outcome().connect.reconnects, 0u);
}

// All devices are due at once, and the broker answers none of them before the test says so.
TEST(FleetFaults, NoMoreHandshakesAreUnderWayThanTheScenarioAllows) {
  constexpr std::uint32_t kAtOnce = 8;
  for (const std::uint32_t workers : {1u, 3u}) {
    tests::ScriptedBroker::Script script;
    script.withhold_connacks = true;
    tests::ScriptedBroker broker(script);
    FleetRun run(Engine::native, workers, broker.port());
    ConnectPlan& connect = run.scenario().fleet[0].connect;
    connect.version = wire::mqtt::Version::v5;
    connect.per_second = 1e6;
    connect.in_flight_max = kAtOnce;
    connect.timeout = 5min;
    ASSERT_TRUE(run.start());
    ASSERT_TRUE(wait_until([&] { return broker.waiting() == kAtOnce; })) << broker.waiting();
    for (std::uint32_t let_in = 1; let_in <= kDevices; ++let_in) {
      broker.let_in();
      ASSERT_TRUE(wait_until([&] { return run.fleet().status().connected == let_in; }));
      ASSERT_TRUE(wait_until([&] { return broker.waiting() > 0 || let_in == kDevices; }));
    }
    ASSERT_TRUE(run.ready()) << run.fleet().status().last_error;
    EXPECT_EQ(broker.waiting_max(), kAtOnce) << workers;
    EXPECT_EQ(run.fleet().status().connect_failed, 0u);
    run.finish();
  }
}

TEST(FleetFaults, AFleetThatIsStoppedAtOnceEnds) {
  tests::Mosquitto broker;
  FleetRun run(Engine::native, 2, broker.port());
  ASSERT_TRUE(run.start());
  run.finish();
  EXPECT_EQ(run.fleet().status().connected, 0u);
}

}  // namespace
}  // namespace fleet::sim
