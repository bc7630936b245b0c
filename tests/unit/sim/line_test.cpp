// When are bytes at the other end of a line?
#include "sim/proxy/line.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

namespace fleet::sim {
namespace {

using namespace std::chrono_literals;
using wire::TimePoint;

constexpr TimePoint kStart = TimePoint{} + 1000s;

TEST(Line, IsClearUntilToldOtherwise) {
  Line line(1);
  EXPECT_TRUE(line.is_clear());
  EXPECT_EQ(line.room(kStart), std::numeric_limits<std::size_t>::max());
  line.set({.delay = 1ms});
  EXPECT_FALSE(line.is_clear());
  line.set({});
  EXPECT_TRUE(line.is_clear());
}

TEST(Line, DelaysEveryByteByTheSame) {
  Line line(1);
  line.set({.delay = 50ms});
  EXPECT_EQ(line.enter(kStart, 1), kStart + 50ms);
  EXPECT_EQ(line.enter(kStart, 1'000'000), kStart + 50ms);
  EXPECT_EQ(line.enter(kStart + 1us, 1), kStart + 50ms + Line::kGrid);
}

TEST(Line, JitterIsDrawnBySeedAndStaysInItsRange) {
  const LinkState state{.delay = 50ms, .jitter = 10ms};
  Line line(1), same(1), other(2);
  for (Line* each : {&line, &same, &other}) each->set(state);
  std::set<TimePoint> seen;
  bool differs = false;
  for (int i = 0; i < 1'000; ++i) {
    const TimePoint due = line.enter(kStart, 100);
    EXPECT_GE(due, kStart + 50ms);
    EXPECT_LE(due, kStart + 60ms);
    EXPECT_EQ(due, same.enter(kStart, 100));
    differs = differs || due != other.enter(kStart, 100);
    seen.insert(due);
  }
  EXPECT_TRUE(differs);
  EXPECT_GT(seen.size(), 150u) << "of 201 places on the grid";
}

TEST(Line, BandwidthIsSharedAndTakesNoMoreThanATenthOfASecondAhead) {
  Line line(1);
  line.set({.bytes_per_s = 100'000});
  EXPECT_EQ(line.room(kStart), 10'000u);
  EXPECT_EQ(line.enter(kStart, 5'000), kStart + 50ms);
  EXPECT_EQ(line.enter(kStart, 4'900), kStart + 99ms) << "behind the others";
  EXPECT_EQ(line.room(kStart), 0u) << "100 bytes are not worth a read";
  const TimePoint again = line.room_at();
  EXPECT_GT(again, kStart);
  EXPECT_GE(line.room(again), Line::kLeastBytes);
  EXPECT_EQ(line.room(kStart + 99ms), 10'000u);
}

TEST(Line, ACrawlingOneStillTakesABiteAtATime) {
  Line line(1);
  line.set({.bytes_per_s = 64});
  EXPECT_EQ(line.room(kStart), Line::kLeastBytes);
  EXPECT_EQ(line.enter(kStart, 512), kStart + 8s);
  EXPECT_EQ(line.room(kStart + 7s), 0u);
  EXPECT_LE(line.room_at(), kStart + 8s);
  EXPECT_EQ(line.room(kStart + 8s), Line::kLeastBytes);
}

}  // namespace
}  // namespace fleet::sim
