#include "sim/calls/pacer.h"

#include <cmath>

namespace fleet::sim {

namespace {

// A due time beyond this (100 years) is as good as never and still far from overflowing 64-bit nanoseconds.
constexpr long double kFarthestNanos = 3.1536e18L;

}  // namespace

Pacer::Pacer(wire::TimePoint start, double per_second) : start_(start), per_second_(per_second) {}

wire::TimePoint Pacer::due(std::uint64_t n) const {
  // n × 1e9 is exact in 64 bits of mantissa for n below 1.8e10; one division, one rounding.
  const long double nanos = static_cast<long double>(n) * 1e9L / static_cast<long double>(per_second_);
  return start_ + wire::Nanos(std::llround(nanos < kFarthestNanos ? nanos : kFarthestNanos));
}

}  // namespace fleet::sim
