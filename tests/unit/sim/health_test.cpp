// Which stalls of a loop count, and which jumps of the time of day?
#include "sim/ledger/health.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace fleet::sim {
namespace {

using namespace std::chrono_literals;

const wire::TimePoint kBegin{100s}, kEnd{110s};

wire::Nanos worst_of(wire::TimePoint expected, wire::TimePoint actual) {
  HiccupMeter meter;
  meter.start(kBegin, kEnd);
  meter.woke(expected, actual);
  return meter.worst();
}

TEST(HiccupMeter, CountsStallsThatTouchTheHoldWhole) {
  EXPECT_EQ(worst_of(kBegin + 1s, kBegin + 1500ms), 500ms);
  EXPECT_EQ(worst_of(kBegin - 1s, kBegin + 1ms), 1001ms);
  EXPECT_EQ(worst_of(kEnd - 1ms, kEnd + 2s), 2001ms);
  EXPECT_EQ(worst_of(kBegin - 1s, kEnd + 1s), 12s);
  EXPECT_EQ(worst_of(kBegin - 2s, kBegin), 0s);
  EXPECT_EQ(worst_of(kEnd, kEnd + 2s), 0s);
}

TEST(HiccupMeter, KeepsTheWorstAndNoneBeforeItKnowsTheHold) {
  HiccupMeter meter;
  meter.woke(kBegin + 1s, kBegin + 9s);
  EXPECT_EQ(meter.worst(), 0s);
  meter.start(kBegin, kEnd);
  meter.woke(kBegin + 1s, kBegin + 1s + 3ms);
  meter.woke(kBegin + 2s, kBegin + 2s + 7ms);
  meter.woke(kBegin + 3s, kBegin + 3s - 1ms);  // early
  EXPECT_EQ(meter.worst(), 7ms);
}

// Readings 100 ms apart, the time of day ahead of the monotonic clock by each of these in turn.
std::uint64_t jumps_of(std::initializer_list<wire::Nanos> ahead) {
  ClockJumpMeter meter;
  wire::TimePoint now = kBegin;
  for (const wire::Nanos by : ahead) {
    meter.read(now, now.time_since_epoch() + by, now + 1us);
    now += 100ms;
  }
  return meter.jumps();
}

TEST(ClockJumpMeter, CountsJumpsOfMoreThanATenthOfASecond) {
  EXPECT_EQ(jumps_of({600s}), 0u);
  EXPECT_EQ(jumps_of({0s, 100ms, 0s, -100ms}), 0u);
  EXPECT_EQ(jumps_of({0s, 101ms}), 1u);
  EXPECT_EQ(jumps_of({0s, -101ms, -101ms}), 1u);
  EXPECT_EQ(jumps_of({0s, 600s, 600s, 0s, 600s}), 3u);
  EXPECT_EQ(jumps_of({0s, 60ms, 120ms, 180ms}), 0u) << "slewed";
}

TEST(ClockJumpMeter, PassesReadingsOverBetweenWhichTheThreadWasHeldUp) {
  ClockJumpMeter meter;
  meter.read(kBegin, 1s, kBegin);
  meter.read(kBegin + 1s, 7s, kBegin + 6s);
  EXPECT_EQ(meter.jumps(), 0u);
  meter.read(kBegin + 7s, 8s, kBegin + 7s + 10ms);
  EXPECT_EQ(meter.jumps(), 0u);
  meter.read(kBegin + 8s, 19s, kBegin + 8s);
  EXPECT_EQ(meter.jumps(), 1u);
}

}  // namespace
}  // namespace fleet::sim
