#include "sim/ledger/histogram.h"

#include <cmath>

namespace fleet::sim {
namespace {

void append_leb128(std::uint64_t value, std::vector<std::uint8_t>& out) {
  while (value >= 0x80) {
    out.push_back(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<std::uint8_t>(value));
}

// `at` is moved behind the number. The bytes are our own, so they end where they should.
std::uint64_t take_leb128(const std::vector<std::uint8_t>& bytes, std::size_t& at) {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const std::uint8_t byte = bytes[at++];
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return value;
  }
}

}  // namespace

template <unsigned digits>
void LogLinearHistogram<digits>::merge(const LogLinearHistogram& other) {
  if (other.count_ == 0) return;
  const std::size_t last = place_of(other.max_us_);
  for (std::size_t place = place_of(other.min_us_); place <= last; ++place) counts_[place] += other.counts_[place];
  count_ += other.count_;
  sum_us_ += other.sum_us_;
  min_us_ = std::min(min_us_, other.min_us_);
  max_us_ = std::max(max_us_, other.max_us_);
}

template <unsigned digits>
void LogLinearHistogram<digits>::merge(const Packed& other) {
  if (other.count == 0) return;
  std::size_t place = 0;
  for (std::size_t at = 0; at < other.bytes.size(); ++place) {
    place += static_cast<std::size_t>(take_leb128(other.bytes, at));
    counts_[place] += take_leb128(other.bytes, at);
  }
  count_ += other.count;
  sum_us_ += other.sum_us;
  min_us_ = std::min(min_us_, other.min_us);
  max_us_ = std::max(max_us_, other.max_us);
}

template <unsigned digits>
void LogLinearHistogram<digits>::clear() {
  if (count_ == 0) return;
  const auto begin = counts_.begin();
  std::fill(begin + static_cast<std::ptrdiff_t>(place_of(min_us_)),
            begin + static_cast<std::ptrdiff_t>(place_of(max_us_)) + 1, 0);
  count_ = 0;
  sum_us_ = 0;
  min_us_ = std::numeric_limits<std::uint64_t>::max();
  max_us_ = 0;
}

template <unsigned digits>
typename LogLinearHistogram<digits>::Packed LogLinearHistogram<digits>::pack() const {
  Packed packed;
  if (count_ == 0) return packed;
  packed.count = count_;
  packed.min_us = min_us_;
  packed.max_us = max_us_;
  packed.sum_us = sum_us_;
  std::size_t next = 0;  // place behind the last one written
  const std::size_t last = place_of(max_us_);
  for (std::size_t place = place_of(min_us_); place <= last; ++place) {
    if (counts_[place] == 0) continue;
    append_leb128(place - next, packed.bytes);
    append_leb128(counts_[place], packed.bytes);
    next = place + 1;
  }
  packed.bytes.shrink_to_fit();
  return packed;
}

template <unsigned digits>
double LogLinearHistogram<digits>::value_at(double quantile) const {
  if (count_ == 0) return 0;
  // One step down before rounding up, so that 0.9 of 10 records is the 9th although 0.9 × 10 is a hair above 9.
  const double share = std::nextafter(std::clamp(quantile, 0.0, 1.0), 0.0);
  const double rank = std::ceil(share * static_cast<double>(count_));
  const std::uint64_t wanted = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(rank), 1, count_);
  std::uint64_t seen = 0;
  for (std::size_t place = place_of(min_us_);; ++place) {
    seen += counts_[place];
    if (seen >= wanted) return static_cast<double>(std::min(highest_us(place), max_us_));
  }
}

template <unsigned digits>
HistogramSummary LogLinearHistogram<digits>::summary() const {
  if (count_ == 0) return {};
  return {.count = count_,
          .min = static_cast<double>(min_us_),
          .p50 = value_at(0.5),
          .p90 = value_at(0.9),
          .p99 = value_at(0.99),
          .p999 = value_at(0.999),
          .p9999 = value_at(0.9999),
          .max = static_cast<double>(max_us_),
          .mean = static_cast<double>(sum_us_) / static_cast<double>(count_)};
}

template class LogLinearHistogram<3>;
template class LogLinearHistogram<2>;

}  // namespace fleet::sim
