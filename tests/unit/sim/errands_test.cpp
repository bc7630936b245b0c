// Does everybody leave who should, when he should, whatever the number of workers?
#include "sim/fleet/errands.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <tuple>

namespace fleet::sim {
namespace {

using namespace std::chrono_literals;

FleetGroup group_of(std::uint32_t count) {
  FleetGroup group;
  group.count = count;
  return group;
}

std::vector<Errand> take_all(Errands& schedule) {
  std::vector<Errand> all;
  for (; schedule.front() != nullptr; schedule.pop()) all.push_back(*schedule.front());
  return all;
}

TEST(Errands, AWindowTakesItsShareOnce) {
  FleetGroup group = group_of(100);
  group.behaviour.away = {{1s, 2s, 0.3, Leave::abrupt}};
  Errands schedule;
  schedule.add_group(0, group, 7, 0, 1, 10s);
  const auto all = take_all(schedule);
  ASSERT_EQ(all.size(), 30u);
  std::set<std::uint32_t> devices;
  for (const auto& leaving : all) {
    devices.insert(leaving.index);
    EXPECT_EQ(leaving.due, 1s);
    EXPECT_EQ(leaving.back, 3s);
    EXPECT_EQ(leaving.how, Leave::abrupt);
    EXPECT_LT(leaving.index, 100u);
  }
  EXPECT_EQ(devices.size(), 30u);
}

TEST(Errands, TheSmallestShareIsOneDevice) {
  FleetGroup group = group_of(50);
  group.behaviour.away = {{0s, 1s, 0.0001, Leave::disconnect}};
  Errands schedule;
  schedule.add_group(0, group, 7, 0, 1, 10s);
  EXPECT_EQ(take_all(schedule).size(), 1u);
}

TEST(Errands, AChurnLeavesAtItsRateAndLetsEverybodyHaveATurn) {
  FleetGroup group = group_of(20);
  group.behaviour.churn = Churn{10, 500ms, Leave::disconnect};
  Errands schedule;
  schedule.add_group(0, group, 7, 0, 1, 4s);
  const auto all = take_all(schedule);
  ASSERT_EQ(all.size(), 40u);
  std::map<std::uint32_t, int> turns;
  for (std::size_t n = 0; n < all.size(); ++n) {
    EXPECT_EQ(all[n].due, n * 100ms);
    EXPECT_EQ(all[n].back, n * 100ms + 500ms);
    ++turns[all[n].index];
  }
  ASSERT_EQ(turns.size(), 20u);
  for (const auto& [device, times] : turns) EXPECT_EQ(times, 2) << device;
}

TEST(Errands, WorkersShareThemOutWithoutTalking) {
  FleetGroup group = group_of(31);
  group.behaviour.away = {{1s, 1s, 0.5, Leave::disconnect}, {2s, 1s, 0.5, Leave::disconnect}};
  group.behaviour.churn = Churn{7, 1s, Leave::abrupt};
  using Row = std::tuple<wire::Nanos, std::uint32_t, Leave>;
  const auto rows = [&](std::uint32_t workers, std::uint64_t seed) {
    std::multiset<Row> found;
    for (std::uint32_t first = 0; first < workers; ++first) {
      Errands schedule;
      schedule.add_group(2, group, seed, first, workers, 5s);
      wire::Nanos before{-1};
      for (const auto& leaving : take_all(schedule)) {
        EXPECT_EQ(leaving.index % workers, first);
        EXPECT_EQ(leaving.fleet_group, 2u);
        EXPECT_GE(leaving.due, before) << "in order";
        before = leaving.due;
        found.insert({leaving.due, leaving.index, leaving.how});
      }
    }
    return found;
  };
  EXPECT_EQ(rows(1, 7), rows(3, 7));
  EXPECT_NE(rows(1, 7), rows(1, 8)) << "the seed decides";
}

TEST(Errands, EveryBehaviourHasItsOwn) {
  FleetGroup group = group_of(10);
  group.behaviour.takeover = Takeover{2};
  group.behaviour.resubscribe = Resubscribe{1, 250ms};
  group.behaviour.silence = {{1500ms, 0.2}};
  Errands errands;
  errands.add_group(0, group, 7, 0, 1, 2s);
  std::map<Act, std::vector<wire::Nanos>> due;
  for (const Errand& errand : take_all(errands)) {
    due[errand.act].push_back(errand.due);
    if (errand.act == Act::unsubscribe) {
      EXPECT_EQ(errand.back, errand.due + 250ms);
    }
  }
  EXPECT_EQ(due[Act::take_over], (std::vector<wire::Nanos>{0ms, 500ms, 1s, 1500ms}));
  EXPECT_EQ(due[Act::unsubscribe], (std::vector<wire::Nanos>{0s, 1s}));
  EXPECT_EQ(due[Act::fall_silent], (std::vector<wire::Nanos>{1500ms, 1500ms}));
  EXPECT_TRUE(due[Act::leave].empty());
}

TEST(Errands, RecordsAreOfWhatIsAskedFor) {
  Behaviour behaviour;
  const BehaviourRecord nothing = empty_record(behaviour);
  EXPECT_FALSE(nothing.absence || nothing.takeover || nothing.resubscribe || nothing.silence);
  behaviour.churn = Churn{};
  behaviour.silence = {Silence{}};
  BehaviourRecord some = empty_record(behaviour);
  EXPECT_TRUE(some.absence && some.silence && !some.takeover && !some.resubscribe);
  BehaviourRecord all;
  EXPECT_FALSE(some.reply || some.slow_reading);
  some.silence->dropped = 3;
  all.merge(some);
  all.merge(some);
  all.merge(nothing);
  EXPECT_EQ(all.silence->dropped, 6u);
  EXPECT_FALSE(all.takeover);
}

TEST(Errands, NobodyLeavesBehindTheHold) {
  FleetGroup group = group_of(10);
  group.behaviour.churn = Churn{3, 100ms, Leave::disconnect};
  Errands schedule;
  schedule.add_group(0, group, 1, 0, 1, 1s);  // 0, 333 and 667 ms; 1 s is behind
  EXPECT_EQ(take_all(schedule).size(), 3u);
  Errands none;
  EXPECT_EQ(none.front(), nullptr);
  none.pop();
}

}  // namespace
}  // namespace fleet::sim
