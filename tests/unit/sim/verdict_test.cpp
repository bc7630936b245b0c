// When does a run pass, fail, or not vouch for its numbers?
#include "sim/report/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/sim/sample_record.h"

namespace fleet::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct VerdictTest : testing::Test {
  Scenario scenario;
  RunRecord record = tests::sample_record();

  void want(const std::string& expression, const std::string& metric, Comparison comparison, double value) {
    scenario.thresholds.push_back({expression, metric, comparison, value});
  }
};

TEST_F(VerdictTest, AHealthyRunWithoutThresholdsPasses) {
  judge(scenario, record);
  EXPECT_EQ(record.verdict, Verdict::pass);
  EXPECT_THAT(record.reasons, IsEmpty());
}

TEST_F(VerdictTest, ThresholdsThatHoldAreKeptWithWhatWasObserved) {
  want("deliveries.missing == 0", "deliveries.missing", Comparison::equal, 0);
  want("times_us.response.p99 < 50ms", "times_us.response.p99", Comparison::less, 50'000);
  want("groups.lamps.times_us.first.max <= 2ms", "groups.lamps.times_us.first.max", Comparison::less_equal, 2'000);
  judge(scenario, record);
  EXPECT_EQ(record.verdict, Verdict::pass);
  ASSERT_EQ(record.thresholds.size(), 3U);
  EXPECT_EQ(record.thresholds[1].expression, "times_us.response.p99 < 50ms");
  EXPECT_EQ(record.thresholds[1].observed, 1'494);
  EXPECT_TRUE(record.thresholds[1].ok);
}

TEST_F(VerdictTest, EachThatDoesNotHoldIsAReason) {
  record.total.deliveries.missing = 12;
  want("deliveries.missing == 0", "deliveries.missing", Comparison::equal, 0);
  want("calls.sent == 500", "calls.sent", Comparison::equal, 500);
  want("times_us.response.p99 < 1ms", "times_us.response.p99", Comparison::less, 1'000);
  want("fleet.connect.seconds < 1", "fleet.connect.seconds", Comparison::less, 1);
  judge(scenario, record);
  EXPECT_EQ(record.verdict, Verdict::fail);
  EXPECT_THAT(record.reasons, ElementsAre("deliveries.missing == 0 does not hold: observed 12",
                                          "times_us.response.p99 < 1ms does not hold: observed 1.49 ms",
                                          "fleet.connect.seconds < 1 does not hold: observed 1.02 s"));
}

TEST_F(VerdictTest, ComparesInEveryWay) {
  const struct {
    Comparison comparison;
    bool below, at, above;
  } rows[] = {{Comparison::less, true, false, false},         {Comparison::less_equal, true, true, false},
              {Comparison::equal, false, true, false},        {Comparison::not_equal, true, false, true},
              {Comparison::greater_equal, false, true, true}, {Comparison::greater, false, false, true}};
  for (const auto& row : rows) {
    scenario.thresholds.clear();
    for (const double limit : {501.0, 500.0, 499.0}) want("calls.sent", "calls.sent", row.comparison, limit);
    judge(scenario, record);
    EXPECT_EQ(record.thresholds[0].ok, row.below);
    EXPECT_EQ(record.thresholds[1].ok, row.at);
    EXPECT_EQ(record.thresholds[2].ok, row.above);
    record.reasons.clear();
  }
}

TEST_F(VerdictTest, AThresholdOnANumberThatIsNotThereDoesNotHold) {
  record.total.times.response.clear();
  record.cost.broker_cpu_us = -1;
  want("times_us.response.p99 < 50ms", "times_us.response.p99", Comparison::less, 50'000);
  want("cost.cpu_us_per_delivery.broker < 20", "cost.cpu_us_per_delivery.broker", Comparison::less, 20);
  judge(scenario, record);
  EXPECT_EQ(record.verdict, Verdict::fail);
  EXPECT_TRUE(std::isnan(record.thresholds[0].observed));
  EXPECT_THAT(record.reasons,
              ElementsAre("times_us.response.p99 < 50ms does not hold: this run has no such number",
                          "cost.cpu_us_per_delivery.broker < 20 does not hold: this run has no such number"));
}

TEST_F(VerdictTest, ADebugBuildIsInvalid) {
  for (const char* build : {"Debug", ""}) {
    record = tests::sample_record();
    record.context.build_type = build;
    judge(scenario, record);
    EXPECT_EQ(record.verdict, Verdict::invalid);
    EXPECT_THAT(record.reasons, ElementsAre(HasSubstr("release build")));
  }
  record = tests::sample_record();
  record.context.build_type = "RelWithDebInfo";
  judge(scenario, record);
  EXPECT_EQ(record.verdict, Verdict::pass);
}

TEST_F(VerdictTest, BeyondItsHealthLimitsItIsInvalid) {
  record.health.send_lag_p99_us = 10'000;
  record.health.worst_hiccup_us = 200'000;
  judge(scenario, record);
  EXPECT_EQ(record.verdict, Verdict::pass);  // at the limits
  record.health.send_lag_p99_us = 12'300;
  record.health.worst_hiccup_us = 512'000;
  judge(scenario, record);
  EXPECT_EQ(record.verdict, Verdict::invalid);
  EXPECT_THAT(record.reasons, ElementsAre(HasSubstr("left 12.3 ms or more after they were due, above "
                                                    "health.send_lag_p99 = 10.0 ms"),
                                          HasSubstr("stalled for 512 ms, above health.hiccup = 200 ms")));
}

TEST_F(VerdictTest, CutShortOrWithoutACallItIsInvalid) {
  record.interrupted = "interrupted 3.0 s into the hold";
  judge(scenario, record);
  EXPECT_EQ(record.verdict, Verdict::invalid);
  EXPECT_THAT(record.reasons, ElementsAre("interrupted 3.0 s into the hold"));

  record = tests::sample_record();
  record.total.calls = {};
  judge(scenario, record);
  EXPECT_EQ(record.verdict, Verdict::invalid);
  EXPECT_THAT(record.reasons, ElementsAre(HasSubstr("nothing was measured")));

  record = tests::sample_record();
  record.total.calls = {};
  record.call_groups.clear();  // a scenario that only connects
  judge(scenario, record);
  EXPECT_EQ(record.verdict, Verdict::pass);
}

TEST_F(VerdictTest, CallsThatNeverLeftMakeItInvalidUnlessItWasCutShort) {
  record.total.calls.scheduled = 1'500;
  judge(scenario, record);
  EXPECT_EQ(record.verdict, Verdict::invalid);
  EXPECT_THAT(record.reasons, ElementsAre(HasSubstr("1,000 of 1,500 calls that were due in the hold")));
  record.reasons.clear();
  record.interrupted = "interrupted 3.0 s into the hold";
  judge(scenario, record);
  EXPECT_THAT(record.reasons, ElementsAre("interrupted 3.0 s into the hold"));
}

TEST_F(VerdictTest, ACallGroupWithoutOneAcceptedCallFails) {
  GroupRecord none{"nightly", {}};
  none.tally.calls.scheduled = none.tally.calls.sent = 20;
  none.tally.calls.rejected = 17;
  none.tally.calls.failed = 3;
  record.call_groups.push_back(none);
  want("deliveries.missing == 0", "deliveries.missing", Comparison::equal, 0);
  judge(scenario, record);
  EXPECT_EQ(record.verdict, Verdict::fail);
  EXPECT_THAT(record.reasons, ElementsAre("no call of nightly was accepted in the hold: 17 rejected, 3 failed"));
}

TEST_F(VerdictTest, AChildThatEndedFailsTheRunAndDoubtComesFirst) {
  record.reasons = {"fleet-bridge was killed by signal 9"};
  judge(scenario, record);
  EXPECT_EQ(record.verdict, Verdict::fail);

  record = tests::sample_record();
  record.reasons = {"fleet-bridge was killed by signal 9"};
  record.context.build_type = "Debug";
  want("calls.failed > 0", "calls.failed", Comparison::greater, 0);
  judge(scenario, record);
  EXPECT_EQ(record.verdict, Verdict::invalid);
  EXPECT_THAT(record.reasons, ElementsAre(HasSubstr("Debug build"), HasSubstr("signal 9"), HasSubstr("calls.failed")));
}

}  // namespace
}  // namespace fleet::sim
