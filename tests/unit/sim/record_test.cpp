// Does what the coordinator saw come into the record as what it is?
#include "sim/run/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fleet::sim {
namespace {

using namespace std::chrono_literals;

const wire::TimePoint kStart{1000s};

// A run of one fleet group and one call group whose threads were never started: only the edges speak.
struct RecordTest : testing::Test {
  RecordTest() {
    scenario.target.broker = Url{"mqtt", "127.0.0.1", 1883};
    scenario.target.bridge = Url{"http", "127.0.0.1", 80};
    scenario.products.push_back({"lamp", "a1BwAGVxxxx", {}});
    FleetGroup lamps;
    lamps.name = "lamps";
    lamps.count = 10;
    scenario.fleet.push_back(lamps);
    CallGroup push;
    push.name = "push";
    scenario.calls.push_back(push);
    stage.groups.emplace_back(new GroupBooks{0, 0, PickPlan(Pick::round_robin, 10, 5, 1), Books(5, 64)});
    edges.phases = {kStart, kStart + 2s, kStart + 12s, kStart + 17s};
    edges.begin.when = edges.phases.hold_begin;
    edges.end.when = edges.phases.hold_end;
  }
  RunRecord make() {
    stage.identities = std::make_unique<Identities>(scenario);
    stage.fleet = std::make_unique<Fleet>(scenario, stage.groups, *stage.identities, *scenario.target.broker, 1);
    stage.callers = std::make_unique<Callers>(scenario, stage.groups, find_bridge(*scenario.target.bridge).value(), 1);
    return make_record(scenario, stage, edges, {});
  }

  Scenario scenario;
  Stage stage;
  RunEdges edges;
};

TEST_F(RecordTest, RatesAreWhatCameDuringTheHoldCopiesLeftOut) {
  edges.begin.callers.accepted = 100;
  edges.end.callers.accepted = 600;
  edges.begin.fleet.deliveries = 9'000;
  edges.begin.fleet.first_copies = 8'000;
  edges.end.fleet.deliveries = 19'000;
  edges.end.fleet.first_copies = 13'000;
  const RunRecord record = make();
  EXPECT_EQ(record.hold_s, 10);
  EXPECT_EQ(record.calls_per_s, 50);
  EXPECT_EQ(record.deliveries_per_s, 500);
  EXPECT_EQ(record.cost.deliveries, 10'000U);  // each copy has cost something
}

TEST_F(RecordTest, JumpsOfTheClockAreThoseOfTheHoldAndSpoilNothing) {
  edges.begin.clock_jumps = 2;
  edges.end.clock_jumps = 5;
  const RunRecord record = make();
  EXPECT_EQ(record.health.clock_jumps, 3U);
  for (const std::string& reason : record.reasons) EXPECT_EQ(reason.find("jump"), std::string::npos) << reason;
}

TEST_F(RecordTest, AFaultThatNeverCameHasNoTimes) {
  Fault fault;
  fault.kind = FaultKind::cut;
  scenario.faults = {fault, fault};
  edges.faults = {{edges.phases.hold_begin + 3s, edges.phases.hold_begin + 3s}, {}};
  const RunRecord record = make();
  ASSERT_EQ(record.faults.size(), 2U);
  EXPECT_EQ(record.faults[0].at_s, 3);
  EXPECT_EQ(record.faults[0].ended_s, 3);
  EXPECT_EQ(record.faults[0].lost, 0U);
  EXPECT_LT(record.faults[0].back_all_s, 0);
  EXPECT_LT(record.faults[1].at_s, 0);
  EXPECT_EQ(record.faults[1].what, "cut of 100% of lamps: 10 connections, reset");
}

TEST_F(RecordTest, AHoldThatNeverBeganHasNoRates) {
  edges.interrupted = true;
  edges.interrupted_at = kStart + 1s;
  edges.begin.callers.accepted = 40;
  edges.begin.fleet.first_copies = 4'000;
  edges.end = edges.begin;
  const RunRecord record = make();
  EXPECT_EQ(record.hold_s, 0);
  EXPECT_EQ(record.calls_per_s, 0);
  EXPECT_EQ(record.deliveries_per_s, 0);
  EXPECT_EQ(record.interrupted, "interrupted before the hold began");
}

TEST_F(RecordTest, AnInterruptionIsSaidToBeWhereItWas) {
  edges.interrupted = true;
  edges.interrupted_at = kStart + 5s;
  EXPECT_EQ(make().interrupted, "interrupted 3.0 s into the hold");
  edges.interrupted_at = kStart + 13s;
  EXPECT_EQ(make().interrupted, "interrupted 1.0 s into the drain");
}

TEST_F(RecordTest, CostsAreThoseOfTheHold) {
  edges.begin.own = {1s, 30'000};
  edges.end.own = {3s, 40'000};
  edges.begin.broker = ProcessUse{2s, 5'000};
  edges.end.broker = ProcessUse{5s, 6'000};
  edges.begin.bridge = ProcessUse{1s, 7'000};  // and did not live to the end
  const RunRecord record = make();
  EXPECT_EQ(record.cost.sim_rss_kib, 40'000);
  EXPECT_EQ(record.cost.broker_cpu_us, 3e6);
  EXPECT_EQ(record.cost.broker_rss_kib, 6'000);
  EXPECT_EQ(record.cost.sim_rss_growth_kib, 10'000);
  EXPECT_EQ(record.cost.broker_rss_growth_kib, 1'000);
  EXPECT_EQ(record.cost.bridge_rss_growth_kib, std::nullopt);
  EXPECT_LT(record.cost.bridge_cpu_us, 0);
  EXPECT_LT(record.cost.bridge_rss_kib, 0);
  EXPECT_TRUE(record.cost.fleet.empty());
}

TEST_F(RecordTest, PahosThreadsAreAPartOfTheFleetsCost) {
  scenario.fleet[0].engine = Engine::paho;
  edges.begin.own.cpu = 1s;
  edges.end.own.cpu = 3s;
  const RunRecord record = make();
  ASSERT_EQ(record.cost.fleet.size(), 1U);
  EXPECT_EQ(record.cost.fleet[0].thread, "Paho");
  EXPECT_EQ(record.cost.fleet[0].cpu_us, 2e6);
}

}  // namespace
}  // namespace fleet::sim
