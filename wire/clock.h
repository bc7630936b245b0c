// Time as every room sees it. Decisions use a time that is handed in; stamps read the clock fresh.
#pragma once

#include <chrono>

namespace fleet::wire {

using Nanos = std::chrono::nanoseconds;
using Micros = std::chrono::microseconds;
using Millis = std::chrono::milliseconds;

// CLOCK_MONOTONIC: the same for all processes of one boot of one host.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Nanos>;

// UTC, for signatures and reports only; never subtracted to get a duration.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::seconds>;

// Reads CLOCK_MONOTONIC now.
inline TimePoint read_clock() { return std::chrono::time_point_cast<Nanos>(std::chrono::steady_clock::now()); }

// Reads UTC now, cut to whole seconds.
inline WallTime read_wall_clock() {
  return std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace fleet::wire
