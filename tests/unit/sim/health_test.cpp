// Which stalls of a loop count?
#include "sim/ledger/health.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace fleet::sim
