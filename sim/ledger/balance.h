// How evenly the members of a group have shared what came to it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace fleet::sim {

// Owned by one thread; merged after the join by addition.
struct Balance {
  std::uint64_t members = 0;
  std::uint64_t deliveries = 0;                                   // first copies of measured calls
  std::uint64_t min = std::numeric_limits<std::uint64_t>::max();  // of one member; this when there is none
  std::uint64_t max = 0;

  void add_member(std::uint64_t received) { merge({1, received, received, received}); }
  void merge(const Balance& other) {
    members += other.members;
    deliveries += other.deliveries;
    min = std::min(min, other.min);
    max = std::max(max, other.max);
  }
};

}  // namespace fleet::sim
