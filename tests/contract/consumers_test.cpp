// Do consumers share the messages of their group on a real broker, on both engines, and do the books know it?
#include <gtest/gtest.h>

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
using tests::wait_until;
using wire::mqtt::Qos;

constexpr std::uint32_t kRun = 0x51AB;
constexpr std::uint32_t kBatch = 20;
constexpr std::uint32_t kConsumers = 6;

struct Setup {
  Engine engine;
  std::uint32_t workers;
};

// Two groups of consumers that share one topic each, calls of twenty messages to them in turn, and a publisher in the
// bridge's place.
class Consumers : public ::testing::TestWithParam<Setup> {
 protected:
  void SetUp() override {
    scenario_.workers = GetParam().workers;
    for (const char* name : {"store", "numbers"}) {
      FleetGroup group;
      group.name = name;
      group.kind = FleetKind::consumer;
      group.count = kConsumers;
      group.name_template = consumer_name_template(name);
      group.engine = GetParam().engine;
      group.consumer_group = name;
      group.subscribe = {{"created", Qos::at_least_once}};
      scenario_.fleet.push_back(group);
    }
    CallGroup calls;
    calls.targets = {0, 1};
    calls.topics = {"created"};
    calls.batch = kBatch;
    calls.qos = Qos::at_least_once;
    scenario_.calls.push_back(calls);
    const MessageDeal deal(kBatch, 2, 1);
    groups_.emplace_back(new GroupBooks{0, 0, std::nullopt, Books(kBatch, 64, deal), deal});
    identities_ = std::make_unique<Identities>(scenario_);
    fleet_ = std::make_unique<Fleet>(scenario_, groups_, *identities_, Url{"mqtt", "127.0.0.1", broker_.port()}, kRun);
    ASSERT_TRUE(fleet_->start());
    ASSERT_TRUE(wait_until([this] { return fleet_->status().ready == 2 * kConsumers; })) << fleet_->status().last_error;
    hold_ = wire::read_clock();
    fleet_->set_phases({hold_, hold_, hold_ + 1h, hold_ + 2h});

    const auto address = wire::mqtt::resolve_broker({"127.0.0.1", broker_.port()});
    ASSERT_TRUE(address);
    publisher_ = std::make_unique<wire::mqtt::Connection>(context_, options_,
                                                          wire::mqtt::NativeOptions{*address, std::nullopt}, recorder_);
    publisher_->connect({"publisher", "", ""});
    ASSERT_TRUE(loop_.until([this] { return recorder_.connects == 1; }));
  }

  void open(std::uint64_t call) {
    Books& books = groups_[0]->books;
    books.open(call, hold_, true, callers_);
    books.written(call, hold_);
    books.answered(call, CallResult::accepted, std::nullopt, callers_);
  }
  // Publishes one message of a call to the topic of a group.
  void publish(std::uint64_t call, std::uint16_t position, const std::string& group) {
    std::string text(200, 'f');
    wire::write_json_stamp({.run = kRun, .boot = wire::boot_hash(), .call = call, .due = hold_, .position = position},
                           text);
    const auto bytes = std::as_bytes(std::span(text));
    auto batch = std::make_shared<wire::mqtt::PublishBatch>();
    batch->add_topic("tmc/12345678/" + group + "/created");
    batch->set_payload({bytes.begin(), bytes.end()});
    batch->qos = Qos::at_least_once;
    const std::uint64_t before = recorder_.publishes;
    ASSERT_EQ(publisher_->publish(batch, 1), wire::mqtt::Offer::queued);
    ASSERT_TRUE(loop_.until([&] { return recorder_.publishes == before + 1; }));
  }
  void publish_all(std::uint64_t call) {
    for (std::uint16_t i = 0; i < kBatch; ++i) publish(call, i, i % 2 == 0 ? "store" : "numbers");
  }

  tests::Mosquitto broker_;
  Scenario scenario_;
  std::vector<std::unique_ptr<GroupBooks>> groups_;
  std::unique_ptr<Identities> identities_;
  std::unique_ptr<Fleet> fleet_;
  wire::TimePoint hold_{};
  Tally callers_;
  tests::RunLoop loop_;
  wire::mqtt::ConnectionContext context_{loop_.io()};
  wire::mqtt::EndpointOptions options_;
  tests::EventRecorder recorder_;
  std::unique_ptr<wire::mqtt::Connection> publisher_;
};

TEST_P(Consumers, OneOfTheGroupGetsEachMessage) {
  for (std::uint64_t call = 0; call < 6; ++call) {
    open(call);
    publish_all(call);
  }
  publish(0, 0, "store");    // a copy, which reaches another consumer
  publish(0, 1, "store");    // aimed at the other group
  publish(1, 3, "numbers");  // a copy
  const std::uint64_t deliveries = 6 * kBatch + 3;
  ASSERT_TRUE(wait_until([&] { return fleet_->status().deliveries >= deliveries; })) << fleet_->status().deliveries;
  FleetOutcome outcome = fleet_->stop();
  EXPECT_EQ(fleet_->status().deliveries, deliveries);
  Tally& tally = outcome.call_groups[0];
  tally.merge(callers_);
  groups_[0]->books.close_all(tally);
  EXPECT_EQ(tally.deliveries.expected, 6u * kBatch);
  EXPECT_EQ(tally.deliveries.received, 6u * kBatch);
  EXPECT_EQ(tally.deliveries.missing, 0u);
  EXPECT_EQ(tally.deliveries.duplicate, 2u);
  EXPECT_EQ(tally.deliveries.misdelivered, 1u);
  EXPECT_EQ(tally.deliveries.downgraded, 0u);
  ASSERT_EQ(tally.targets.size(), 2u);
  EXPECT_EQ(tally.targets[0].deliveries.received, 3u * kBatch);
  EXPECT_EQ(tally.targets[1].deliveries.received, 3u * kBatch);
  ASSERT_EQ(outcome.balance.size(), 2u);
  for (const Balance& balance : outcome.balance) {
    EXPECT_EQ(balance.members, kConsumers);
    EXPECT_EQ(balance.deliveries, 3u * kBatch);
    EXPECT_GT(balance.min, 0u);
    EXPECT_LT(balance.max, 3u * kBatch);
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, Consumers,
                         ::testing::Values(Setup{Engine::native, 1}, Setup{Engine::native, 3}, Setup{Engine::paho, 2}),
                         [](const auto& setup) {
                           return std::string(setup.param.engine == Engine::paho ? "Paho" : "Native") +
                                  std::to_string(setup.param.workers);
                         });

}  // namespace
}  // namespace fleet::sim
