// Which device leaves on purpose when, and when it is due back: functions of the scenario and its seed. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/ledger/pick.h"
#include "sim/scenario/scenario.h"
#include "wire/clock.h"

namespace fleet::sim {

// The leavings of one worker's devices in the order in which they are due. Owned by the worker; takes no memory for
// each device. A churn's leaving n is due n / rate behind the start of the hold; the devices take turns in an order
// that the seed deals anew each round.
class LeaveSchedule {
 public:
  struct Leaving {
    wire::Nanos due{};   // behind the start of the hold
    wire::Nanos back{};  // likewise
    std::size_t fleet_group = 0;
    std::uint32_t index = 0;  // of the device in its group
    Leave how = Leave::disconnect;
  };

  // The devices of a fleet group whose index is first, first + stride, … are here; once for each group that leaves.
  // `length`: of the hold; no leaving is due at or behind its end. first is below stride.
  void add_group(std::size_t fleet_group, const FleetGroup& group, std::uint64_t seed, std::uint32_t first,
                 std::uint32_t stride, wire::Nanos length);
  // The earliest, null when all are through. Stays until pop().
  [[nodiscard]] const Leaving* front() const { return next_ == kNone ? nullptr : &sources_[next_].leaving; }
  void pop();

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};

  // A window, or a churn.
  struct Source {
    PickPlan pick;
    std::uint64_t cursor = 0;  // of a window: index of a device; of a churn: number of a leaving
    std::uint64_t end = 0;
    std::uint32_t first = 0, stride = 1;
    double per_second = 0;  // 0: a window
    wire::Nanos away{};     // of a churn
    Leaving leaving{};      // the next
    bool through = false;
  };

  void add(Source source);
  // Makes `leaving` the next one of the source from its cursor on.
  static void seek(Source& source);
  void find_next();

  std::vector<Source> sources_;
  std::size_t next_ = kNone;
};

}  // namespace fleet::sim
