// Calls at a steady rate, with one second's worth of them at once.
#pragma once

#include <algorithm>
#include <chrono>

#include "wire/clock.h"

namespace fleet::bridge {

// Holds one second's worth of calls, at least one, and is full at its first use.
class TokenBucket {
 public:
  // Takes one call; false where none is left. `per_second` is above 0 and the same in every call. A `now` before that
  // of an earlier call counts as that one.
  [[nodiscard]] bool take(double per_second, wire::TimePoint now) {
    if (!holds_one(per_second, now)) return false;
    calls_ = std::max(0.0, calls_ - 1);
    return true;
  }

  // Whether take() would find one.
  [[nodiscard]] bool holds_one(double per_second, wire::TimePoint now) {
    const double calls_max = std::max(1.0, per_second);
    if (!begun_) {
      calls_ = calls_max;
      filled_at_ = now;
      begun_ = true;
    }
    const double seconds = std::chrono::duration<double>(now - filled_at_).count();
    calls_ = std::min(calls_max, calls_ + std::max(0.0, seconds) * per_second);
    filled_at_ = std::max(filled_at_, now);
    return calls_ >= 1 - kRounding;
  }

  // Where there is none: when the next call is there.
  [[nodiscard]] std::chrono::duration<double> wait(double per_second) const {
    return std::chrono::duration<double>(std::max(0.0, 1 - calls_) / per_second);
  }

 private:
  // Calls that come exactly at the quota's pace must not be lost to rounding.
  static constexpr double kRounding = 1e-6;

  double calls_ = 0;  // left
  wire::TimePoint filled_at_{};
  bool begun_ = false;
};

}  // namespace fleet::bridge
