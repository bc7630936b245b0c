// Log-linear histogram of durations: HdrHistogram's layout, 3 significant digits, 1 µs to 1 h.
#pragma once

#include <cstdint>
#include <vector>

#include "wire/clock.h"

namespace fleet::sim {

// What result.json calls H; all times in µs, 0 where count is 0.
struct HistogramSummary {
  std::uint64_t count = 0;
  double min = 0, p50 = 0, p90 = 0, p99 = 0, p999 = 0, p9999 = 0, max = 0, mean = 0;
};

// Owned by one thread; merged after the join. About 180 KB. record() allocates nothing and takes nanoseconds. Error of
// a percentile: below 0.1% of the value or 1 µs, whichever is larger. Negative durations count as 0, longer ones than
// 1 h as 1 h.
class Histogram {
 public:
  Histogram();
  void record(wire::Nanos duration, std::uint64_t times = 1);
  // Exact: afterwards this holds what both held.
  void merge(const Histogram& other);
  void clear();
  [[nodiscard]] std::uint64_t count() const;
  // Value below or at which a share `quantile` (0 .. 1) of the records lies, in µs; 0 when empty.
  [[nodiscard]] double value_at(double quantile) const;
  [[nodiscard]] HistogramSummary summary() const;

 private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t min_us_ = 0, max_us_ = 0;
  double sum_us_ = 0;
};

}  // namespace fleet::sim
