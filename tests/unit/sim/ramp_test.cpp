// Does the ramp keep its rate, its bound and its patience?
#include "sim/fleet/ramp.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace fleet::sim {
namespace {

using namespace std::chrono_literals;

const wire::TimePoint kStart{1s};

TEST(Ramp, DueTimesAreTheRateAndTheIndex) {
  Ramp ramp(kStart);
  ramp.add_group(0, 3, 0, 1, 1000);
  for (const std::uint32_t slot : {0u, 1u, 2u}) {
    const auto due = ramp.front();
    ASSERT_TRUE(due);
    EXPECT_EQ(due->slot, slot);
    EXPECT_EQ(due->when, kStart + slot * 1ms);
    ramp.pop();
  }
  EXPECT_FALSE(ramp.front());
  ramp.pop();  // nothing to take is no error
}

TEST(Ramp, TheShardsOfAGroupMakeOneRamp) {
  std::set<std::int64_t> due_ms;
  for (const std::uint32_t worker : {0u, 1u, 2u}) {
    Ramp ramp(kStart);
    ramp.add_group(0, worker == 0 ? 4 : 3, worker, 3, 1000);
    while (const auto due = ramp.front()) {
      due_ms.insert((due->when - kStart) / 1ms);
      ramp.pop();
    }
  }
  EXPECT_EQ(due_ms, (std::set<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(Ramp, GroupsAndRetriesComeInOrderOfTime) {
  Ramp ramp(kStart);
  ramp.add_group(0, 2, 0, 1, 100);   // 0, 10 ms
  ramp.add_group(2, 0, 0, 1, 100);   // nobody of this group is here
  ramp.add_group(2, 2, 0, 1, 1000);  // 0, 1 ms
  ramp.add_retry(7, kStart + 5ms);
  ramp.add_retry(8, kStart + 20ms);
  ramp.add_retry(9, kStart - 5ms);
  std::vector<std::uint32_t> order;
  while (const auto due = ramp.front()) {
    order.push_back(due->slot);
    ramp.pop();
  }
  EXPECT_EQ(order, (std::vector<std::uint32_t>{9, 0, 2, 3, 7, 1, 8}));
}

TEST(Ramp, ADeviceMayTryAgainWhileOthersHaveNotTriedYet) {
  Ramp ramp(kStart);
  ramp.add_group(0, 2, 0, 1, 1);
  ramp.pop();
  ramp.add_retry(0, kStart + 100ms);
  EXPECT_EQ(ramp.front()->slot, 0u);
  ramp.pop();
  EXPECT_EQ(ramp.front()->slot, 1u);
}

TEST(HandshakeGate, HoldsItsBoundForAllTogether) {
  HandshakeGate gate;
  EXPECT_TRUE(gate.try_enter(2));
  EXPECT_TRUE(gate.try_enter(2));
  EXPECT_FALSE(gate.try_enter(2));
  EXPECT_TRUE(gate.try_enter(3));  // a group with a wider bound
  EXPECT_FALSE(gate.try_enter(3));
  gate.leave();
  EXPECT_FALSE(gate.try_enter(2));
  gate.leave();
  EXPECT_TRUE(gate.try_enter(2));
}

TEST(HandshakeShare, IsNeverNothingAndAtMostOneTooMuch) {
  EXPECT_EQ(handshake_share(32, 1), 32u);
  EXPECT_EQ(handshake_share(32, 2), 16u);
  EXPECT_EQ(handshake_share(33, 2), 17u);
  EXPECT_EQ(handshake_share(1, 4), 1u);
}

TEST(BackOff, FollowsItsModel) {
  BackOff rule;
  rule.model = BackOff::Model::none;
  EXPECT_EQ(back_off(rule, 7, 1), 0ns);
  rule.model = BackOff::Model::constant;
  rule.jitter = BackOff::Jitter::none;
  rule.first = 300ms;
  for (const std::uint32_t failures : {1u, 2u, 255u}) EXPECT_EQ(back_off(rule, failures, 1), 300ms);
  rule.model = BackOff::Model::exponential;
  rule.longest = 1s;
  EXPECT_EQ(back_off(rule, 1, 1), 300ms);
  EXPECT_EQ(back_off(rule, 2, 1), 600ms);
  EXPECT_EQ(back_off(rule, 3, 1), 1s);
  EXPECT_EQ(back_off(rule, 255, 1), 1s);
  rule.jitter = BackOff::Jitter::full;
  wire::Nanos least = 1h, most{};
  for (std::uint64_t salt = 0; salt < 1000; ++salt) {
    least = std::min(least, back_off(rule, 9, salt << 8));
    most = std::max(most, back_off(rule, 9, salt << 8));
  }
  EXPECT_LT(least, 50ms);
  EXPECT_GT(most, 950ms);
  EXPECT_LT(most, 1s);
}

TEST(BackOff, GrowsToFiveSecondsAndScatters) {
  std::set<std::int64_t> first;
  for (std::uint64_t salt = 0; salt < 1000; ++salt) {
    const wire::Nanos wait = back_off({}, 1, salt << 8);
    EXPECT_GE(wait, 50ms);
    EXPECT_LT(wait, 100ms);
    first.insert(wait.count());
    EXPECT_GE(back_off({}, 2, salt << 8), 100ms);
    EXPECT_LT(back_off({}, 255, salt << 8), 5s);
    EXPECT_GE(back_off({}, 255, salt << 8), 2'500ms);
  }
  EXPECT_GT(first.size(), 500u);
  EXPECT_EQ(back_off({}, 3, 42), back_off({}, 3, 42));
}

}  // namespace
}  // namespace fleet::sim
