// Is the plan exact, whatever the rate, and is every shape what it says?
#include "sim/scenario/pacer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace fleet::sim {
namespace {

using namespace std::chrono_literals;

const wire::TimePoint kStart{wire::Nanos(123'456'789'012'345)};

Scenario with_calls(CallGroup calls, wire::Nanos warm_up = 0s) {
  Scenario scenario;
  scenario.calls.push_back(std::move(calls));
  scenario.phases.warm_up = warm_up;
  return scenario;
}

Scenario steady(double per_second) {
  CallGroup calls;
  calls.per_second = per_second;
  return with_calls(calls);
}

Scenario shaped(RateShape shape, wire::Nanos warm_up = 0s) {
  CallGroup calls;
  calls.shape = std::move(shape);
  return with_calls(calls, warm_up);
}

// Due times of the first calls, behind the start.
std::vector<wire::Nanos> first(const Scenario& scenario, std::uint64_t count) {
  Pacer pacer(scenario, 0, kStart);
  std::vector<wire::Nanos> out;
  for (std::uint64_t n = 0; n < count; ++n) out.push_back(pacer.due(n) - kStart);
  return out;
}

TEST(Pacer, CallZeroIsDueAtTheStart) { EXPECT_EQ(first(steady(50), 1)[0], 0s); }

TEST(Pacer, DueTimesAreComputedAndDoNotDrift) {
  const Scenario scenario = steady(50);
  Pacer pacer(scenario, 0, kStart);
  EXPECT_EQ(pacer.due(1), kStart + 20ms);
  EXPECT_EQ(pacer.due(216'000'000), kStart + 1200h);  // 50 days
}

TEST(Pacer, ARateTimesAWholePhaseIsExactlyThatManyCalls) {
  for (const double rate : {0.1, 0.5, 1.0 / 60, 1.0 / 3.0, 1.0, 3.0, 7.0, 20.0, 50.0, 60.0, 997.0, 1000.0, 33'333.0}) {
    for (const wire::Nanos warm_up : {0s, 1s, 2s, 7s, 60s}) {
      EXPECT_EQ(calls_due(steady(rate), 0, warm_up, warm_up + 600s), static_cast<std::uint64_t>(rate * 600 + 0.5))
          << rate;
    }
  }
}

TEST(Pacer, CountsWhatIsDueInsideAPhase) {
  EXPECT_EQ(calls_due(steady(50), 0, {}, {}), 0u);
  EXPECT_EQ(calls_due(steady(50), 0, {}, 1ns), 1u);   // call 0 is due at once
  EXPECT_EQ(calls_due(steady(50), 0, {}, 20ms), 1u);  // call 1 is due at the end, and so outside
  EXPECT_EQ(calls_due(steady(50), 0, {}, 20ms + 1ns), 2u);
  EXPECT_EQ(calls_due(steady(1), 0, 1500ms, 2500ms), 1u);  // a phase that begins between two calls
}

TEST(Pacer, ACallOfTheFarFutureDoesNotOverflow) {
  const Scenario scenario = steady(0.001);
  EXPECT_GT(Pacer(scenario, 0, kStart).due(~std::uint64_t{0}), kStart + 10000h);
}

TEST(Pacer, StepsChangeTheRateAtOnceAndTheLastGoesOn) {
  const Scenario scenario = shaped({.stretches = {{10, 10, 1s}, {100, 100, 2s}, {1, 1, 1s}}});
  const std::vector<wire::Nanos> due = first(scenario, 213);
  EXPECT_EQ(due[9], 900ms);
  EXPECT_EQ(due[10], 1s);
  EXPECT_EQ(due[11], 1010ms);
  EXPECT_EQ(due[209], 2990ms);
  EXPECT_EQ(due[210], 3s);
  EXPECT_EQ(due[211], 4s);
  EXPECT_EQ(due[212], 5s);
}

TEST(Pacer, ARampHasTheCallsOfItsMeanRate) {
  // 0 .. 10 s: from 10/s to 110/s, 600 calls; behind it 110/s.
  const Scenario scenario = shaped({.stretches = {{10, 110, 10s}}});
  EXPECT_EQ(calls_due(scenario, 0, 0s, 10s), 600u);
  EXPECT_EQ(calls_due(scenario, 0, 10s, 20s), 1'100u);
  // 10 t + 5 t² calls until t: 15 in the first second.
  EXPECT_EQ(calls_due(scenario, 0, 0s, 1s), 15u);
  EXPECT_EQ(first(scenario, 16)[15], 1s);
}

TEST(Pacer, ARampMayGoDown) {
  const Scenario scenario = shaped({.stretches = {{100, 100, 1s}, {100, 20, 4s}}});
  EXPECT_EQ(calls_due(scenario, 0, 0s, 5s), 340u);
  EXPECT_EQ(calls_due(scenario, 0, 5s, 15s), 200u);
  Pacer pacer(scenario, 0, kStart);
  for (std::uint64_t n = 1; n < 1'000; ++n) ASSERT_GT(pacer.due(n), pacer.due(n - 1)) << n;
}

TEST(Pacer, BurstsAreDueAtOneMoment) {
  const Scenario scenario = shaped({.stretches = {}, .burst_calls = 3, .burst_every = 500ms});
  EXPECT_EQ(first(scenario, 7), (std::vector<wire::Nanos>{0ms, 0ms, 0ms, 500ms, 500ms, 500ms, 1s}));
  EXPECT_EQ(calls_due(scenario, 0, 0s, 1s), 6u);
}

TEST(Pacer, AReplayCountsFromTheHoldAndEnds) {
  const Scenario scenario = shaped({.stretches = {}, .replay = {0ms, 10ms, 10ms, 2s}}, 3s);
  const std::vector<wire::Nanos> due = first(scenario, 5);
  EXPECT_EQ(std::vector(due.begin(), due.begin() + 4), (std::vector<wire::Nanos>{3s, 3010ms, 3010ms, 5s}));
  EXPECT_GT(due[4], 10'000h);
  EXPECT_EQ(calls_due(scenario, 0, 0s, 3s), 0u);
  EXPECT_EQ(calls_due(scenario, 0, 3s, 60s), 4u);
}

Scenario random_calls(double per_second, std::uint64_t seed) {
  Scenario scenario = steady(per_second);
  scenario.calls[0].arrivals = Arrivals::poisson;
  scenario.seed = seed;
  return scenario;
}

TEST(Poisson, IsAFunctionOfTheSeedWhateverTheOrderOfQuestions) {
  const Scenario scenario = random_calls(1'000, 7);
  const std::vector<wire::Nanos> due = first(scenario, 5'000);
  Pacer pacer(scenario, 0, kStart);
  for (const std::uint64_t n : {4'999u, 0u, 1'024u, 1'023u, 4'096u, 3u, 4'999u}) {
    EXPECT_EQ(pacer.due(n) - kStart, due[n]) << n;
  }
  EXPECT_NE(first(random_calls(1'000, 8), 10), first(scenario, 10));
  EXPECT_TRUE(std::is_sorted(due.begin(), due.end()));
}

TEST(Poisson, TwoGroupsOfOneScenarioAreIndependent) {
  Scenario scenario = random_calls(1'000, 7);
  scenario.calls.push_back(scenario.calls[0]);
  EXPECT_NE(Pacer(scenario, 0, kStart).due(0), Pacer(scenario, 1, kStart).due(0));
}

TEST(Poisson, GapsAreExponentialAndHaveTheRatesMean) {
  // 100,000 gaps of mean 1 ms: mean and standard deviation are equal, each within five standard errors, and a share of
  // 1 / e is longer than the mean.
  constexpr int kGaps = 100'000;
  const Scenario scenario = random_calls(1'000, 3);
  Pacer pacer(scenario, 0, kStart);
  wire::TimePoint before = kStart;
  double sum = 0, squares = 0;
  int longer = 0;
  for (std::uint64_t n = 0; n < kGaps; ++n) {
    const double gap_ms = std::chrono::duration<double, std::milli>(pacer.due(n) - before).count();
    before = pacer.due(n);
    sum += gap_ms;
    squares += gap_ms * gap_ms;
    longer += gap_ms > 1 ? 1 : 0;
  }
  EXPECT_NEAR(sum / kGaps, 1, 5 / std::sqrt(kGaps));
  EXPECT_NEAR(squares / kGaps, 2, 5 * std::sqrt(20.0 / kGaps));
  EXPECT_NEAR(longer, kGaps / M_E, 5 * std::sqrt(kGaps * 0.2325));
}

TEST(Poisson, FollowsARamp) {
  // As many calls in the second half of a ramp from 100/s to 300/s as its mean rate says: 250/s for 50 s.
  Scenario scenario = shaped({.stretches = {{100, 300, 100s}}});
  scenario.calls[0].arrivals = Arrivals::poisson;
  const auto calls = static_cast<double>(calls_due(scenario, 0, 50s, 100s));
  EXPECT_NEAR(calls, 12'500, 5 * std::sqrt(12'500.0));
}

}  // namespace
}  // namespace fleet::sim
