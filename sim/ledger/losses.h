// What was lost, by the moment its call was due: so that a fault can be told its part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "wire/clock.h"

namespace fleet::sim {

struct Loss {
  std::uint64_t missing = 0;   // deliveries of accepted calls
  std::uint64_t rejected = 0;  // calls
  std::uint64_t failed = 0;    // calls
};

// Owned by one thread; merged after the join. 32 bytes for each measured call that lost something; further ones than
// kCallsMax are only counted.
class Losses {
 public:
  // Until then add() does nothing: without faults nobody asks.
  void keep() { kept_ = true; }
  // Calls come in any order.
  void add(wire::TimePoint due, const Loss& loss) {
    if (!kept_) return;
    if (calls_.size() < kCallsMax) {
      calls_.push_back({due, loss});
    } else {
      ++dropped_;
    }
  }
  void merge(const Losses& other);
  // Of calls due in [from, to).
  [[nodiscard]] Loss between(wire::TimePoint from, wire::TimePoint to) const;
  // Calls beyond kCallsMax, which between() does not know.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

  static constexpr std::size_t kCallsMax = 1'000'000;  // of one thread and call group; 32 MB

 private:
  struct LostCall {
    wire::TimePoint due{};
    Loss loss;
  };
  std::vector<LostCall> calls_;
  std::uint64_t dropped_ = 0;
  bool kept_ = false;
};

}  // namespace fleet::sim
