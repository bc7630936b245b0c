#include "sim/scenario/pacer.h"

#include <algorithm>
#include <cmath>

#include "sim/scenario/mix.h"
#include "wire/error.h"

namespace fleet::sim {

namespace {

// A due time beyond this (100 years) is as good as never and still far from overflowing 64-bit nanoseconds.
constexpr long double kFarthestNanos = 3.1536e18L;

constexpr long double kNanos = 1e9L;  // in a second

wire::Nanos rounded(long double nanos) { return wire::Nanos(std::llround(std::min(nanos, kFarthestNanos))); }

}  // namespace

Pacer::Pacer(const Scenario& scenario, std::size_t call_group, wire::TimePoint start)
    : group_(scenario.calls.at(call_group)), start_(start), warm_up_(scenario.phases.warm_up) {
  FLEET_CHECK(!group_.closed_loop);
  add_stretches(group_.shape);
  if (group_.arrivals == Arrivals::poisson) events_.emplace(mix(scenario.seed * kGolden + call_group + 1));
}

void Pacer::add_stretches(const RateShape& shape) {
  long double begin = 0, calls = 0;
  for (const RateStretch& row : shape.stretches) {
    const auto length = static_cast<long double>(row.length.count());
    stretches_.push_back({row.from, row.to, length, begin, calls});
    begin += length;
    calls += (static_cast<long double>(row.from) + static_cast<long double>(row.to)) / 2 * length / kNanos;
  }
  if (!stretches_.empty()) {
    const double last = stretches_.back().to;
    stretches_.push_back({last, last, 0, begin, calls});
  }
}

// Within a stretch the calls grow as from × t + (to − from) / length × t² / 2, solved for t without a difference of
// near numbers.
long double Pacer::when(long double calls) const {
  // calls × 1e9 is exact in 64 bits of mantissa below 1.8e10 calls; one division, one rounding.
  if (stretches_.empty()) return calls * kNanos / static_cast<long double>(group_.per_second);
  const auto behind = std::upper_bound(stretches_.begin() + 1, stretches_.end(), calls,
                                       [](long double wanted, const Stretch& s) { return wanted < s.calls; });
  const Stretch& stretch = *(behind - 1);
  const long double rest = calls - stretch.calls;
  const auto from = static_cast<long double>(stretch.from);
  if (stretch.from == stretch.to) return stretch.begin + rest * kNanos / from;
  const long double growth = (static_cast<long double>(stretch.to) - from) * kNanos / stretch.length;  // a second, each
  const long double root = std::sqrt(std::max(from * from + 2 * growth * rest, 0.0L));
  return stretch.begin + std::min(2 * rest * kNanos / (from + root), stretch.length);
}

wire::TimePoint Pacer::due(std::uint64_t n) {
  const RateShape& shape = group_.shape;
  if (!shape.replay.empty()) {
    return start_ + (n < shape.replay.size() ? warm_up_ + shape.replay[n] : rounded(kFarthestNanos));
  }
  if (shape.burst_calls > 0) {
    const std::uint64_t burst = n / shape.burst_calls;
    return start_ + rounded(static_cast<long double>(burst) * static_cast<long double>(shape.burst_every.count()));
  }
  return start_ + rounded(when(events_ ? static_cast<long double>(events_->at(n)) : static_cast<long double>(n)));
}

std::uint64_t first_due(Pacer& pacer, wire::TimePoint when) {
  std::uint64_t behind = 1;  // doubled until the call is not due before `when`
  while (pacer.due(behind - 1) < when) behind *= 2;
  std::uint64_t low = behind / 2, high = behind - 1;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (pacer.due(middle) < when) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return high;
}

std::uint64_t calls_due(const Scenario& scenario, std::size_t call_group, wire::Nanos from, wire::Nanos to) {
  Pacer pacer(scenario, call_group, wire::TimePoint{});
  return first_due(pacer, wire::TimePoint{to}) - first_due(pacer, wire::TimePoint{from});
}

}  // namespace fleet::sim
