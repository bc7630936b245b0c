// Our own stalls: how late a loop came back compared with when it had asked to.
#pragma once

#include <algorithm>

#include "wire/clock.h"

namespace fleet::sim {

// Owned by one loop, which hands in every wake-up of a timer of its own. Keeps the worst stall that touched the hold.
class HiccupMeter {
 public:
  // Which stalls count: those that overlap [hold_begin, hold_end). Until then none does.
  void start(wire::TimePoint hold_begin, wire::TimePoint hold_end) {
    hold_begin_ = hold_begin;
    hold_end_ = hold_end;
  }
  // The loop was to wake at `expected` and did at `actual`. A stall counts whole even where it sticks out of the hold:
  // what came in during it was stamped late.
  void woke(wire::TimePoint expected, wire::TimePoint actual) {
    if (expected < hold_end_ && actual > hold_begin_) worst_ = std::max(worst_, wire::Nanos(actual - expected));
  }
  [[nodiscard]] wire::Nanos worst() const { return worst_; }

 private:
  wire::TimePoint hold_begin_{}, hold_end_{};
  wire::Nanos worst_{};
};

}  // namespace fleet::sim
