// When a call is due. Pure: the plan is computed from the call's number, so that a late call moves no other.
#pragma once

#include <cstdint>

#include "wire/clock.h"

namespace fleet::sim {

// The plan of an open loop. Const after construction; any thread.
class Pacer {
 public:
  // per_second: above 0, at most 1e9. Call 0 is due at `start`.
  Pacer(wire::TimePoint start, double per_second);

  // Due time of call n, rounded to the nearest nanosecond: exact where n / per_second is a whole number of nanoseconds
  // (for 50 days), so that a rate times a phase of whole length gives exactly that many calls.
  [[nodiscard]] wire::TimePoint due(std::uint64_t n) const;

 private:
  wire::TimePoint start_;
  double per_second_;
};

}  // namespace fleet::sim
