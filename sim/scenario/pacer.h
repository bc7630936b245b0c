// When a call is due. The plan is computed from the call's number and the seed, so that a late call moves no other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/scenario/poisson.h"
#include "sim/scenario/scenario.h"
#include "wire/clock.h"

namespace fleet::sim {

// The plan of one open loop. Owned by one thread.
class Pacer {
 public:
  // `scenario` outlives it; the call group is an open loop. `start`: when the warm-up begins.
  Pacer(const Scenario& scenario, std::size_t call_group, wire::TimePoint start);

  // Due time of call n (n >= 0), rounded to the nearest nanosecond; call n + 1 is not due before it. Exact where n /
  // rate is a whole number of nanoseconds (for 50 days), so that a rate times a phase of whole length gives exactly
  // that many calls. 100 years ahead for calls that never come due.
  [[nodiscard]] wire::TimePoint due(std::uint64_t n);

 private:
  // A stretch and what is in front of it.
  struct Stretch {
    double from = 0, to = 0;  // calls a second
    long double length = 0;   // ns
    long double begin = 0;    // ns behind the start
    long double calls = 0;    // due in front of it
  };

  void add_stretches(const RateShape& shape);
  // When `calls` calls have come due, in ns behind the start.
  [[nodiscard]] long double when(long double calls) const;

  const CallGroup& group_;
  wire::TimePoint start_;
  wire::Nanos warm_up_;
  std::vector<Stretch> stretches_;
  std::optional<PoissonEvents> events_;
};

// Calls of an open loop that are due in [from, to), counted from the beginning of the warm-up.
[[nodiscard]] std::uint64_t calls_due(const Scenario& scenario, std::size_t call_group, wire::Nanos from,
                                      wire::Nanos to);

// The number of the first call that is due at or behind `when`.
[[nodiscard]] std::uint64_t first_due(Pacer& pacer, wire::TimePoint when);

}  // namespace fleet::sim
