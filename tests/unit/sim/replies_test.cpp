// Does every message get its reply in its time, the same in every run?
#include "sim/fleet/replies.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/allocations.h"

namespace fleet::sim {
namespace {

using namespace std::chrono_literals;

const wire::TimePoint kStart{10s};

Scenario two_groups(Spread spread) {
  Scenario scenario;
  scenario.seed = 5;
  scenario.fleet.resize(3);
  Reply reply;
  reply.to = "get";
  reply.topic = "update";
  reply.delay = 100ms;
  reply.spread = spread;
  scenario.fleet[0].behaviour.reply = {reply, reply};
  scenario.fleet[2].behaviour.reply = {reply};
  return scenario;
}

// Mean and longest of the delays of many devices and replies.
std::pair<double, wire::Nanos> drawn(const ReplyRow& row) {
  double sum = 0;
  wire::Nanos longest{};
  for (std::uint32_t index = 0; index < 200; ++index) {
    for (std::uint32_t sequence = 0; sequence < 50; ++sequence) {
      const wire::Nanos delay = row.delay(index, sequence);
      EXPECT_GE(delay, 0ns);
      EXPECT_EQ(delay, row.delay(index, sequence));
      sum += std::chrono::duration<double, std::milli>(delay).count();
      longest = std::max(longest, delay);
    }
  }
  return {sum / 10'000, longest};
}

TEST(Replies, ConstantDelaysAreWhatTheyAre) {
  const Scenario scenario = two_groups(Spread::constant);
  const auto [mean, longest] = drawn(reply_rows(scenario)[0]);
  EXPECT_DOUBLE_EQ(mean, 100);
  EXPECT_EQ(longest, 100ms);
}

TEST(Replies, UniformDelaysAreUpToTwiceTheMean) {
  const Scenario scenario = two_groups(Spread::uniform);
  const auto [mean, longest] = drawn(reply_rows(scenario)[0]);
  EXPECT_NEAR(mean, 100, 3);
  EXPECT_GT(longest, 195ms);
  EXPECT_LT(longest, 200ms);
}

TEST(Replies, ExponentialDelaysHaveALongTail) {
  const Scenario scenario = two_groups(Spread::exponential);
  const auto [mean, longest] = drawn(reply_rows(scenario)[0]);
  EXPECT_NEAR(mean, 100, 5);
  EXPECT_GT(longest, 600ms);
  EXPECT_LE(longest, 2s);
}

TEST(Replies, RowsOfAGroupStandTogetherAndDrawApart) {
  const Scenario scenario = two_groups(Spread::uniform);
  const std::vector<ReplyRow> rows = reply_rows(scenario);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].suffix, "/user/get");
  EXPECT_NE(rows[0].delay(3, 4), rows[1].delay(3, 4));
  ReplySchedule replies(rows);
  EXPECT_EQ(replies.rows_of(0).first, 0u);
  EXPECT_EQ(replies.rows_of(0).end, 2u);
  EXPECT_EQ(replies.rows_of(1).first, replies.rows_of(1).end);
  EXPECT_EQ(replies.rows_of(2).first, 2u);
  EXPECT_EQ(replies.rows_of(2).end, 3u);
}

TEST(Replies, ComeInTheOrderOfTheirDueTimesAndAllocateNothing) {
  const Scenario scenario = two_groups(Spread::constant);
  const std::vector<ReplyRow> rows = reply_rows(scenario);
  ReplySchedule replies(rows);
  replies.make_room({4, 0, 2});
  EXPECT_EQ(replies.front(), nullptr);
  const std::uint64_t before = tests::allocations_of_this_thread();
  for (const int ms : {30, 10, 20}) {
    const std::uint32_t sequence = replies.next_sequence(0, 3);
    ASSERT_TRUE(replies.add({kStart + std::chrono::milliseconds(ms), 0, 3, sequence, true}));
  }
  EXPECT_EQ(tests::allocations_of_this_thread(), before);
  EXPECT_EQ(replies.next_sequence(0, 2), 0u) << "each device counts for itself";
  for (const std::uint32_t sequence : {1u, 2u, 0u}) {
    ASSERT_NE(replies.front(), nullptr);
    EXPECT_EQ(replies.front()->sequence, sequence);
    replies.pop();
  }
  EXPECT_EQ(replies.waiting(), 0u);
}

TEST(Replies, BeyondTheBoundTheyAreDropped) {
  const Scenario scenario = two_groups(Spread::constant);
  const std::vector<ReplyRow> rows = reply_rows(scenario);
  ReplySchedule replies(rows);
  replies.make_room({1, 0, 1});
  for (std::size_t n = 0; n < ReplySchedule::kRepliesMax; ++n) {
    ASSERT_TRUE(replies.add({kStart, 0, 0, static_cast<std::uint32_t>(n), true}));
  }
  EXPECT_FALSE(replies.add({kStart, 0, 0, 1, true}));
  replies.pop();
  EXPECT_TRUE(replies.add({kStart, 0, 0, 1, true}));
}

}  // namespace
}  // namespace fleet::sim
