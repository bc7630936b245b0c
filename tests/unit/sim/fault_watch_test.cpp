// Is every connection that a fault has cost told to it, and nobody else's?
#include "sim/fleet/fault_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fleet::sim {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;
using wire::Nanos;
using wire::TimePoint;

constexpr TimePoint kBegin = TimePoint{} + 100s;

TEST(FaultWatch, TimesFromTheBeginOfTheFaultToReady) {
  FaultClock clock(2);
  FaultWatch watch(clock);
  watch.make_room(4);
  watch.note_lost(3, true);  // before any fault: nobody's
  EXPECT_EQ(watch.away(), 0u);
  clock.begin(1, kBegin);
  clock.blame(1);
  watch.note_lost(0, true);
  watch.note_lost(2, true);
  EXPECT_EQ(watch.away(), 2u);
  watch.note_ready(2, kBegin + 300ms);
  watch.note_ready(3, kBegin + 400ms);
  EXPECT_EQ(watch.away(), 1u);
  clock.pass();
  watch.note_lost(1, true);
  watch.note_ready(0, kBegin + 5s);
  EXPECT_EQ(watch.away(), 0u);
  EXPECT_EQ(watch.outcomes()[0].lost, 0u);
  EXPECT_EQ(watch.outcomes()[1].lost, 2u);
  EXPECT_THAT(watch.outcomes()[1].back, ElementsAre(Nanos(300ms), Nanos(5s)));
}

TEST(FaultWatch, ACutIsItsOwnFaultsWhateverElseGoesOn) {
  FaultClock clock(2);
  FaultWatch watch(clock);
  watch.make_room(2);
  clock.begin(0, kBegin);
  clock.blame(0);
  clock.begin(1, kBegin + 1s);
  watch.note_cut(0, 1, true);
  watch.note_lost(0, true);  // the end of the same connection
  watch.note_ready(0, kBegin + 3s);
  EXPECT_EQ(watch.outcomes()[0].lost, 0u);
  EXPECT_EQ(watch.outcomes()[1].lost, 1u);
  EXPECT_THAT(watch.outcomes()[1].back, ElementsAre(Nanos(2s)));
}

TEST(FaultWatch, WhoIsGoneForGoodIsNeitherAwayNorBack) {
  FaultClock clock(1);
  FaultWatch watch(clock);
  watch.make_room(2);
  clock.begin(0, kBegin);
  watch.note_cut(0, 0, true);
  watch.note_gone(0);
  watch.note_gone(1);  // no fault's
  EXPECT_EQ(watch.away(), 0u);
  EXPECT_EQ(watch.outcomes()[0].lost, 1u);
  EXPECT_TRUE(watch.outcomes()[0].back.empty());
}

TEST(FaultWatch, NobodyWaitsForThoseWhoDoNotReturn) {
  FaultClock clock(1);
  FaultWatch watch(clock);
  watch.make_room(1);
  clock.begin(0, kBegin);
  watch.note_cut(0, 0, false);
  EXPECT_EQ(watch.away(), 0u);
  EXPECT_EQ(watch.outcomes()[0].lost, 1u);
  EXPECT_TRUE(watch.outcomes()[0].back.empty());
}

TEST(FaultWatch, WithoutFaultsItKnowsNobody) {
  FaultClock clock(0);
  FaultWatch watch(clock);
  watch.make_room(2);
  watch.note_lost(1, true);
  watch.note_ready(1, kBegin);
  EXPECT_TRUE(watch.outcomes().empty());
}

}  // namespace
}  // namespace fleet::sim
