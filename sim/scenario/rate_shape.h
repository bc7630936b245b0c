// How the calls of an open loop are spread over time.
#pragma once

#include <cstdint>
#include <vector>

#include "wire/clock.h"

namespace fleet::sim {

// A stretch of time in which the rate goes evenly from one to the other; both are above 0.
struct RateStretch {
  double from = 0, to = 0;  // calls a second
  wire::Nanos length{};     // above 0
};

// One of the four, or none of them where a call group has one rate all the time.
struct RateShape {
  // One behind the other, the first from the beginning of the warm-up on; behind the last one its `to` goes on.
  std::vector<RateStretch> stretches{};
  // So many calls are due at one moment, again and again; 0: no bursts. The first is due when the warm-up begins.
  std::uint32_t burst_calls = 0;
  wire::Nanos burst_every{};
  // Due times behind the beginning of the hold, ascending; nothing is due in the warm-up, or behind the last of them.
  std::vector<wire::Nanos> replay{};
};

// How far calls are apart where a rate or stretches say how many there are.
enum class Arrivals {
  even,
  poisson,  // independent of each other, as the calls of many users are
};

}  // namespace fleet::sim
