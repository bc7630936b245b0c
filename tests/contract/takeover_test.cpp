// Does a device whose identity connects elsewhere go on there, and is the broker's reason counted under its name?
#include <gtest/gtest.h>

#include "sim/fleet/fleet.h"
#include "tests/support/scripted_peer.h"
#include "tests/support/wait_until.h"

namespace fleet::sim {
namespace {

using namespace std::chrono_literals;
using tests::bytes;
using tests::wait_until;

// One device, MQTT 5, whose identity is taken over once, at the start of the hold.
class TakeoverRun {
 public:
  explicit TakeoverRun(std::uint16_t port) {
    scenario_.workers = 1;
    scenario_.products.push_back({"lamp", "a1BwAGVxxxx", {}});
    FleetGroup lamps;
    lamps.name = "lamps";
    lamps.count = 1;
    lamps.name_template = "lamp-{index:4}";
    lamps.connect.version = wire::mqtt::Version::v5;
    lamps.behaviour.takeover = Takeover{0.01};
    scenario_.fleet.push_back(lamps);
    scenario_.phases.hold = 10s;
    identities_ = std::make_unique<Identities>(scenario_);
    fleet_ = std::make_unique<Fleet>(scenario_, groups_, *identities_, Url{"mqtt", "127.0.0.1", port}, 1);
  }
  [[nodiscard]] bool start() { return fleet_->start().has_value(); }
  void begin_hold() {
    const wire::TimePoint now = wire::read_clock();
    fleet_->set_phases({now, now, now + 10s, now + 20s});
  }
  FleetStatus status() { return fleet_->status(); }
  Fleet& fleet() { return *fleet_; }

 private:
  Scenario scenario_;
  std::vector<std::unique_ptr<GroupBooks>> groups_;
  std::unique_ptr<Identities> identities_;
  std::unique_ptr<Fleet> fleet_;
};

const std::string kConnack = bytes({0x20, 0x03, 0x00, 0x00, 0x00});
const std::string kTakenOver = bytes({0xE0, 0x02, 0x8E, 0x00});

// Takes the next connection and answers its CONNECT.
void welcome(tests::ScriptedPeer& broker) {
  ASSERT_TRUE(wait_until([&] { return broker.accepted(); }));
  ASSERT_TRUE(wait_until([&] { return !broker.received().empty(); }));
  broker.send(kConnack);
}

TEST(Takeover, TheBrokersReasonIsCountedUnderItsName) {
  tests::ScriptedPeer broker;
  TakeoverRun run(broker.port());
  ASSERT_TRUE(run.start());
  welcome(broker);
  ASSERT_TRUE(wait_until([&] { return run.status().ready == 1; }));
  run.begin_hold();
  ASSERT_TRUE(wait_until([&] { return broker.is_waited_for(); }));
  broker.send(kTakenOver);
  ASSERT_TRUE(wait_until([&] { return broker.ended(); }));
  ASSERT_TRUE(wait_until([&] { return run.status().ready == 0; }));
  welcome(broker);
  ASSERT_TRUE(wait_until([&] { return run.status().ready == 1; }));
  EXPECT_EQ(run.status().connected, 1u);
  const FleetOutcome outcome = run.fleet().stop();
  const TakeoverRecord& record = *outcome.behaviour[0].takeover;
  EXPECT_EQ(record.begun, 1u);
  EXPECT_EQ(record.done, 1u);
  EXPECT_EQ(record.failed, 0u);
  EXPECT_EQ(record.session_taken_over, 1u);
  EXPECT_EQ(record.closed, 0u);
  EXPECT_EQ(record.time.count(), 1u);
  EXPECT_EQ(outcome.connect.lost, (std::map<std::string, std::uint64_t, std::less<>>{{"session taken over", 1}}));
}

TEST(Takeover, ASecondConnectionThatIsRefusedLeavesTheFirst) {
  tests::ScriptedPeer broker;
  TakeoverRun run(broker.port());
  ASSERT_TRUE(run.start());
  welcome(broker);
  ASSERT_TRUE(wait_until([&] { return run.status().ready == 1; }));
  broker.refuse();
  run.begin_hold();
  ASSERT_TRUE(wait_until([&] { return run.status().connect_failed == 1; }));
  EXPECT_EQ(run.status().ready, 1u);
  EXPECT_FALSE(broker.ended());
  EXPECT_NE(run.status().last_error.find("lamp-0000 could not connect elsewhere"), std::string::npos)
      << run.status().last_error;
  const FleetOutcome outcome = run.fleet().stop();
  const TakeoverRecord& record = *outcome.behaviour[0].takeover;
  EXPECT_EQ(record.begun, 1u);
  EXPECT_EQ(record.failed, 1u);
  EXPECT_EQ(record.done, 0u);
  EXPECT_TRUE(outcome.connect.lost.empty());
}

TEST(Takeover, WhoIsLeftWithNeitherConnectionTriesAgain) {
  tests::ScriptedPeer broker;
  TakeoverRun run(broker.port());
  ASSERT_TRUE(run.start());
  welcome(broker);
  ASSERT_TRUE(wait_until([&] { return run.status().ready == 1; }));
  run.begin_hold();
  ASSERT_TRUE(wait_until([&] { return broker.is_waited_for(); }));
  broker.send(kTakenOver);
  ASSERT_TRUE(wait_until([&] { return broker.ended(); }));
  ASSERT_TRUE(wait_until([&] { return broker.accepted(); }));
  broker.close();  // the second connection too
  welcome(broker);
  ASSERT_TRUE(wait_until([&] { return run.status().ready == 1; }));
  const FleetOutcome outcome = run.fleet().stop();
  const TakeoverRecord& record = *outcome.behaviour[0].takeover;
  EXPECT_EQ(record.session_taken_over, 1u);
  EXPECT_EQ(record.failed, 1u);
  EXPECT_EQ(record.done, 0u);
}

}  // namespace
}  // namespace fleet::sim
