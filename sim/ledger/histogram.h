// Log-linear histograms of durations: HdrHistogram's layout, 1 µs to 1 h. Histogram keeps 3 significant digits, for
// everything that is reported; SmallHistogram keeps 2, for the one that every second of the timeline gets.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "wire/clock.h"

namespace fleet::sim {

// What result.json calls H; all times in µs, 0 where count is 0.
struct HistogramSummary {
  std::uint64_t count = 0;
  double min = 0, p50 = 0, p90 = 0, p99 = 0, p999 = 0, p9999 = 0, max = 0, mean = 0;
};

// Owned by one thread; merged after the join. About 190 KB with 3 digits, 27 KB with 2. record() allocates nothing and
// takes nanoseconds. Durations are cut to whole µs, as HdrHistogram cuts to its unit: negative ones count as 0, longer
// ones than 1 h as 1 h. Error of a percentile: below 10^-digits of the value or 1 µs, whichever is larger; count, min,
// max and mean are exact in whole µs.
template <unsigned digits>
class LogLinearHistogram {
 public:
  // The three numbers that name an HdrHistogram, in µs; what a V2 log says beside the counts.
  static constexpr std::uint64_t kLowestUs = 1;
  static constexpr std::uint64_t kHighestUs = 3'600'000'000;  // 1 h
  static constexpr unsigned kDigits = digits;

  // A histogram that grows no more, in two or three bytes for each value that occurs.
  struct Packed {
    std::uint64_t count = 0, min_us = 0, max_us = 0, sum_us = 0;
    std::vector<std::uint8_t> bytes;  // pairs of LEB128: places skipped, count
  };

  LogLinearHistogram() : counts_(kPlaces, 0) {}

  void record(wire::Nanos duration, std::uint64_t times = 1) {
    const std::int64_t ns = duration.count();
    if (times == 0) return;
    const std::uint64_t us = ns <= 0 ? 0 : std::min(static_cast<std::uint64_t>(ns) / 1'000, kHighestUs);
    counts_[place_of(us)] += times;
    count_ += times;
    sum_us_ += us * times;
    min_us_ = std::min(min_us_, us);
    max_us_ = std::max(max_us_, us);
  }
  // Exact: afterwards this holds what both held.
  void merge(const LogLinearHistogram& other);
  void merge(const Packed& other);
  void clear();
  [[nodiscard]] Packed pack() const;

  [[nodiscard]] std::uint64_t count() const { return count_; }
  // Value below or at which a share `quantile` (0 .. 1) of the records lies, in µs; 0 when empty. As HdrHistogram gives
  // it (the highest value that shares a place with the record of that rank), but never above the largest record.
  [[nodiscard]] double value_at(double quantile) const;
  [[nodiscard]] HistogramSummary summary() const;

  // Counts in ascending order of value: place p counts the values lowest_us(p) .. highest_us(p).
  [[nodiscard]] std::span<const std::uint64_t> counts() const { return counts_; }
  [[nodiscard]] static constexpr std::size_t place_of(std::uint64_t us) {
    const unsigned bucket = static_cast<unsigned>(std::bit_width(us | (kSubBuckets - 1))) - kSubBucketBits;
    return (static_cast<std::size_t>(bucket) << (kSubBucketBits - 1)) + static_cast<std::size_t>(us >> bucket);
  }
  [[nodiscard]] static constexpr std::uint64_t lowest_us(std::size_t place) {
    const unsigned bucket = bucket_of(place);
    return static_cast<std::uint64_t>(place - (static_cast<std::size_t>(bucket) << (kSubBucketBits - 1))) << bucket;
  }
  [[nodiscard]] static constexpr std::uint64_t highest_us(std::size_t place) {
    return lowest_us(place) + (std::uint64_t{1} << bucket_of(place)) - 1;
  }

 private:
  static constexpr std::uint64_t power_of_ten(unsigned n) { return n == 0 ? 1 : 10 * power_of_ten(n - 1); }
  // Sub-buckets of a bucket: the smallest power of two that keeps `digits` apart in its upper half.
  static constexpr std::uint64_t kSubBuckets = std::bit_ceil(2 * power_of_ten(digits));
  static constexpr unsigned kSubBucketBits = static_cast<unsigned>(std::countr_zero(kSubBuckets));
  static constexpr unsigned bucket_of(std::size_t place) {
    const std::size_t half = place >> (kSubBucketBits - 1);
    return half <= 1 ? 0 : static_cast<unsigned>(half - 1);
  }
  // Whole buckets, as HdrHistogram allocates them.
  static constexpr std::size_t kPlaces = ((place_of(kHighestUs) >> (kSubBucketBits - 1)) + 1) << (kSubBucketBits - 1);

  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t sum_us_ = 0;  // whole µs: exact and free of order; room for 5 × 10^9 records of 1 h
  std::uint64_t min_us_ = std::numeric_limits<std::uint64_t>::max();  // this when empty
  std::uint64_t max_us_ = 0;
};

using Histogram = LogLinearHistogram<3>;
using SmallHistogram = LogLinearHistogram<2>;

extern template class LogLinearHistogram<3>;
extern template class LogLinearHistogram<2>;

}  // namespace fleet::sim
