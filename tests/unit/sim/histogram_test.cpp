// Does the histogram say what the sorted samples say, within its promise?
#include "sim/ledger/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace fleet::sim {
namespace {

using wire::Nanos;

Nanos us(std::int64_t value) { return Nanos(value * 1'000); }

// What HdrHistogram calls the value at a percentile, from the samples themselves.
std::uint64_t exact(const std::vector<std::uint64_t>& sorted, double quantile) {
  const auto rank =
      static_cast<std::size_t>(std::ceil(std::nextafter(quantile, 0.0) * static_cast<double>(sorted.size())));
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

TEST(Histogram, IsEmptyAtFirst) {
  const Histogram h;
  EXPECT_EQ(h.count(), 0U);
  EXPECT_EQ(h.value_at(0.5), 0);
  const HistogramSummary s = h.summary();
  EXPECT_EQ(s.count, 0U);
  EXPECT_EQ(s.min, 0);
  EXPECT_EQ(s.max, 0);
  EXPECT_EQ(s.mean, 0);
}

TEST(Histogram, HasHdrHistogramsLayout) {
  // (1 µs, 1 h, 3 digits): 2048 sub-buckets, 22 buckets, 23552 counts; 2 digits: 256, 25, 3328. As computed by
  // HdrHistogram's own constructor.
  EXPECT_EQ(Histogram().counts().size(), 23'552U);
  EXPECT_EQ(SmallHistogram().counts().size(), 3'328U);
  // Values below 2048 have a place each; then places are 2, 4, 8 … wide.
  EXPECT_EQ(Histogram::place_of(0), 0U);
  EXPECT_EQ(Histogram::place_of(2'047), 2'047U);
  EXPECT_EQ(Histogram::place_of(2'048), 2'048U);
  EXPECT_EQ(Histogram::place_of(2'049), 2'048U);
  EXPECT_EQ(Histogram::place_of(2'050), 2'049U);
  EXPECT_EQ(Histogram::lowest_us(2'048), 2'048U);
  EXPECT_EQ(Histogram::highest_us(2'048), 2'049U);
  EXPECT_EQ(Histogram::highest_us(Histogram::place_of(10'000)), 10'007U);
  EXPECT_EQ(Histogram::highest_us(Histogram::place_of(1'000'000)), 1'000'447U);
}

TEST(Histogram, PlacesFollowEachOtherWithoutGap) {
  std::uint64_t next = 0;
  for (std::size_t place = 0; place < Histogram().counts().size(); ++place) {
    ASSERT_EQ(Histogram::lowest_us(place), next);
    ASSERT_EQ(Histogram::place_of(next), place);
    next = Histogram::highest_us(place) + 1;
    ASSERT_EQ(Histogram::place_of(next - 1), place);
  }
  EXPECT_GT(next, Histogram::kHighestUs);
}

// Ten thousand records of 1 ms and one of 100 s, as in HdrHistogram's own tests of its percentiles.
TEST(Histogram, GivesTheGoldenPercentiles) {
  Histogram h;
  h.record(us(1'000), 10'000);
  h.record(us(100'000'000));
  EXPECT_EQ(h.count(), 10'001U);
  EXPECT_EQ(h.value_at(0.30), 1'000);
  EXPECT_EQ(h.value_at(0.99), 1'000);
  EXPECT_EQ(h.value_at(0.9999), 1'000);
  EXPECT_EQ(h.value_at(0.99999), 100'000'000);
  EXPECT_EQ(h.value_at(1.0), 100'000'000);
  const HistogramSummary s = h.summary();
  EXPECT_EQ(s.min, 1'000);
  EXPECT_EQ(s.max, 100'000'000);
  EXPECT_NEAR(s.mean, (10'000.0 * 1'000 + 100'000'000) / 10'001, 1e-6);
}

TEST(Histogram, NamesTheHighestValueOfThePlaceButNoneAboveTheLargest) {
  Histogram h;
  for (int i = 0; i < 10; ++i) h.record(us(10'001));
  h.record(us(20'000));
  EXPECT_EQ(h.value_at(0.5), 10'007);
  EXPECT_EQ(h.value_at(1.0), 20'000);
}

TEST(Histogram, RanksAreNotPushedUpByRounding) {
  Histogram h;
  for (int i = 1; i <= 10; ++i) h.record(us(i));
  EXPECT_EQ(h.value_at(0.9), 9);
  EXPECT_EQ(h.value_at(0.1), 1);
  EXPECT_EQ(h.value_at(0.0), 1);
  EXPECT_EQ(h.value_at(1.0), 10);
  EXPECT_EQ(h.value_at(-3), 1);
  EXPECT_EQ(h.value_at(7), 10);
}

TEST(Histogram, CutsToWholeMicrosecondsAndToItsRange) {
  Histogram h;
  h.record(Nanos(999));
  EXPECT_EQ(h.value_at(1), 0);
  h.record(Nanos(1'999));
  EXPECT_EQ(h.value_at(1), 1);
  h.record(Nanos(-5'000));
  EXPECT_EQ(h.summary().min, 0);
  h.record(std::chrono::hours(5));
  EXPECT_EQ(h.value_at(1), 3.6e9);
  h.record(us(7), 0);
  EXPECT_EQ(h.count(), 4U);
}

TEST(Histogram, PercentilesAreWithinThePromiseOfTheSamples) {
  std::mt19937_64 random(42);
  std::lognormal_distribution<double> spread(8, 2.5);
  std::vector<std::uint64_t> samples;
  Histogram h;
  SmallHistogram small;
  double sum = 0;
  for (int i = 0; i < 200'000; ++i) {
    const auto ns = static_cast<std::int64_t>(std::min(spread(random), 3.5e9) * 1'000);
    samples.push_back(static_cast<std::uint64_t>(ns) / 1'000);
    sum += static_cast<double>(samples.back());
    h.record(Nanos(ns));
    small.record(Nanos(ns));
  }
  std::sort(samples.begin(), samples.end());
  for (const double q : {0.0, 0.001, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
    const auto truth = static_cast<double>(exact(samples, q));
    EXPECT_GE(h.value_at(q), truth) << q;
    EXPECT_LE(h.value_at(q), truth * 1.001) << q;
    EXPECT_GE(small.value_at(q), truth) << q;
    EXPECT_LE(small.value_at(q), truth * 1.01) << q;
  }
  const HistogramSummary s = h.summary();
  EXPECT_EQ(s.min, static_cast<double>(samples.front()));
  EXPECT_EQ(s.max, static_cast<double>(samples.back()));
  EXPECT_NEAR(s.mean, sum / 200'000, 1e-6);
}

bool same(const Histogram& a, const Histogram& b) {
  const HistogramSummary x = a.summary();
  const HistogramSummary y = b.summary();
  return std::ranges::equal(a.counts(), b.counts()) && x.count == y.count && x.min == y.min && x.max == y.max &&
         x.mean == y.mean;
}

TEST(Histogram, MergesExactly) {
  std::mt19937_64 random(7);
  std::exponential_distribution<double> spread(1e-7);
  Histogram whole, left, right;
  for (int i = 0; i < 50'000; ++i) {
    const Nanos value(static_cast<std::int64_t>(spread(random)));
    whole.record(value);
    (i % 3 == 0 ? left : right).record(value);
  }
  Histogram merged;
  merged.merge(right);
  merged.merge(Histogram());
  merged.merge(left);
  EXPECT_TRUE(same(merged, whole));

  Histogram unpacked;
  unpacked.merge(left.pack());
  unpacked.merge(right.pack());
  unpacked.merge(Histogram().pack());
  EXPECT_TRUE(same(unpacked, whole));
}

TEST(Histogram, PacksSmallAndClears) {
  SmallHistogram h;
  for (int i = 0; i < 5'000; ++i) h.record(us(500 + i));
  const SmallHistogram::Packed packed = h.pack();
  EXPECT_EQ(packed.count, 5'000U);
  EXPECT_LT(packed.bytes.size(), 2'000U);
  h.clear();
  EXPECT_EQ(h.count(), 0U);
  EXPECT_TRUE(std::ranges::all_of(h.counts(), [](std::uint64_t n) { return n == 0; }));
  h.merge(packed);
  EXPECT_EQ(h.count(), 5'000U);
  EXPECT_EQ(h.summary().max, 5'499);
  EXPECT_EQ(SmallHistogram().pack().bytes.size(), 0U);
}

}  // namespace
}  // namespace fleet::sim
