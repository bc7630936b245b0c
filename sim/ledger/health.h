// The run's own health: how late a loop came back compared with when it had asked to, and whether the time of day
// jumped.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

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

// Owned by one thread, which hands in both clocks now and then. Counts how often the time of day moved against
// CLOCK_MONOTONIC from one reading to the next by more than kJump; slewing (500 ppm at most) stays far below that.
class ClockJumpMeter {
 public:
  static constexpr wire::Nanos kJump = std::chrono::milliseconds(100);

  // The time of day, since 1970, was read between two readings of the monotonic clock. Where the thread was held up
  // between them it is not known when, and the reading is passed over.
  void read(wire::TimePoint before, wire::Nanos time_of_day, wire::TimePoint after) {
    if (after - before > kReadMax) return;
    const wire::Nanos offset = time_of_day - before.time_since_epoch();
    if (offset_ && (offset > *offset_ + kJump || offset < *offset_ - kJump)) ++jumps_;
    offset_ = offset;
  }
  [[nodiscard]] std::uint64_t jumps() const { return jumps_; }

 private:
  static constexpr wire::Nanos kReadMax = std::chrono::milliseconds(10);  // well below kJump

  std::optional<wire::Nanos> offset_;  // at the newest reading
  std::uint64_t jumps_ = 0;
};

}  // namespace fleet::sim
