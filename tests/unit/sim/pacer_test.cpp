// Is the plan exact, whatever the rate?
#include "sim/calls/pacer.h"

#include <gtest/gtest.h>

namespace fleet::sim {
namespace {

using namespace std::chrono_literals;

const wire::TimePoint kStart{wire::Nanos(123'456'789'012'345)};

// Calls due in [begin, end).
std::uint64_t calls_between(const Pacer& pacer, wire::TimePoint begin, wire::TimePoint end) {
  std::uint64_t calls = 0;
  for (std::uint64_t n = 0; pacer.due(n) < end; ++n) calls += pacer.due(n) >= begin ? 1 : 0;
  return calls;
}

TEST(Pacer, CallZeroIsDueAtTheStart) { EXPECT_EQ(Pacer(kStart, 50).due(0), kStart); }

TEST(Pacer, DueTimesAreComputedAndDoNotDrift) {
  const Pacer pacer(kStart, 50);
  EXPECT_EQ(pacer.due(1), kStart + 20ms);
  EXPECT_EQ(pacer.due(216'000'000), kStart + 1200h);  // 50 days
}

TEST(Pacer, ARateTimesAWholePhaseIsExactlyThatManyCalls) {
  for (const double rate : {0.5, 1.0 / 3.0, 1.0, 3.0, 7.0, 20.0, 50.0, 60.0, 997.0, 1000.0, 33'333.0}) {
    const Pacer pacer(kStart, rate);
    const wire::TimePoint begin = kStart + 6s;
    const auto expected = static_cast<std::uint64_t>(rate * 12 + 0.5);
    EXPECT_EQ(calls_between(pacer, begin, begin + 12s), expected) << rate;
  }
}

TEST(Pacer, FiftyASecondForTenSecondsAre500Calls) {
  const Pacer pacer(kStart, 50);
  EXPECT_EQ(calls_between(pacer, kStart + 2s, kStart + 12s), 500u);
}

TEST(Pacer, ACallOfTheFarFutureDoesNotOverflow) {
  EXPECT_GT(Pacer(kStart, 0.001).due(~std::uint64_t{0}), kStart + 10000h);
}

}  // namespace
}  // namespace fleet::sim
