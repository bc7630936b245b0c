// Do the seconds of several threads add up to the rows of the report?
#include "sim/ledger/timeline.h"

#include <gtest/gtest.h>

#include "sim/ledger/health.h"

namespace fleet::sim {
namespace {

using std::chrono::milliseconds;
using wire::TimePoint;

const TimePoint kHold = TimePoint() + std::chrono::hours(9);
TimePoint at(int ms) { return kHold + milliseconds(ms); }

TEST(Timeline, CountsBySecondAndPassesTheWarmUpOver) {
  Timeline line;
  line.start(kHold);
  line.delivered(at(-1), milliseconds(1));
  line.answered(at(-1));
  line.delivered(at(0), milliseconds(2));
  line.delivered(at(999), milliseconds(4));
  line.answered(at(999));
  line.delivered(at(3'000), milliseconds(8));
  const std::vector<SecondSlice> seconds = line.take();
  ASSERT_EQ(seconds.size(), 2U);
  EXPECT_EQ(seconds[0].t_s, 0);
  EXPECT_EQ(seconds[0].deliveries, 2U);
  EXPECT_EQ(seconds[0].calls, 1U);
  EXPECT_EQ(seconds[0].response.count, 2U);
  EXPECT_EQ(seconds[1].t_s, 3);
  EXPECT_TRUE(line.take().empty());
  EXPECT_EQ(line.dropped(), 0U);
}

TEST(Timeline, AnEventOfAnEarlierSecondCountsInTheOpenOne) {
  Timeline line;
  line.start(kHold);
  line.delivered(at(2'000), milliseconds(1));
  line.delivered(at(1'999), milliseconds(1));
  const auto seconds = line.take();
  ASSERT_EQ(seconds.size(), 1U);
  EXPECT_EQ(seconds[0].deliveries, 2U);
}

TEST(Timeline, MergesThreadsFromTheirCounts) {
  Timeline one, two, callers;
  for (Timeline* line : {&one, &two, &callers}) line->start(kHold);
  for (int i = 0; i < 99; ++i) one.delivered(at(100), milliseconds(1));
  two.delivered(at(200), milliseconds(50));
  two.delivered(at(2'200), milliseconds(7));
  callers.answered(at(1'000));
  const std::vector<std::vector<SecondSlice>> workers = {one.take(), two.take()};
  const std::vector<TimelineRow> rows = merge_timelines(merge_slices(workers), callers.take());
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].t_s, 0U);
  EXPECT_EQ(rows[0].deliveries, 100U);
  EXPECT_EQ(rows[0].response.p50, 1'003);  // the place of 1,000 µs reaches to here with two digits
  EXPECT_EQ(rows[0].response.p99, 1'003);
  EXPECT_EQ(rows[0].response.max, 50'000);
  EXPECT_EQ(rows[1].t_s, 1U);
  EXPECT_EQ(rows[1].calls, 1U);
  EXPECT_EQ(rows[1].deliveries, 0U);
  EXPECT_EQ(rows[1].response.count, 0U);
  EXPECT_EQ(rows[2].response.max, 7'000);
  EXPECT_TRUE(merge_timelines({}, {}).empty());
}

TEST(HiccupMeter, KeepsTheWorstStallThatTouchesTheHold) {
  HiccupMeter meter;
  meter.woke(at(0), at(900));  // not started yet
  meter.start(at(0), at(1'000));
  meter.woke(at(-700), at(-100));
  meter.woke(at(1'000), at(1'600));
  EXPECT_EQ(meter.worst(), wire::Nanos(0));
  meter.woke(at(100), at(103));
  EXPECT_EQ(meter.worst(), milliseconds(3));
  meter.woke(at(200), at(199));
  meter.woke(at(-20), at(30));
  EXPECT_EQ(meter.worst(), milliseconds(50));
  meter.woke(at(990), at(1'090));
  EXPECT_EQ(meter.worst(), milliseconds(100));
}

}  // namespace
}  // namespace fleet::sim
