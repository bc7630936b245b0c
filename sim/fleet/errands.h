// What devices do by themselves and when: functions of the scenario and its seed. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/ledger/behaviour_record.h"
#include "sim/ledger/pick.h"
#include "sim/scenario/scenario.h"
#include "wire/clock.h"

namespace fleet::sim {

enum class Act : std::uint8_t {
  leave,        // and come back
  take_over,    // connect a second time, elsewhere
  unsubscribe,  // and subscribe again
  fall_silent,  // ping no more
};

// One device has one thing to do.
struct Errand {
  wire::Nanos due{};   // behind the start of the hold
  wire::Nanos back{};  // likewise: when a device that leaves is back, or one that unsubscribes subscribes again
  std::size_t fleet_group = 0;
  std::uint32_t index = 0;  // of the device in its group
  Act act = Act::leave;
  Leave how = Leave::disconnect;
};

// The errands of one worker's devices in the order in which they are due. Owned by the worker; takes no memory for each
// device. Of what is done at a rate, number n is due n / rate behind the start of the hold; the devices take turns in
// an order that the seed deals anew each round.
class Errands {
 public:
  // The devices of a fleet group whose index is first, first + stride, … are here; once for each group.
  // `length`: of the hold; nothing is due at or behind its end. first is below stride.
  void add_group(std::size_t fleet_group, const FleetGroup& group, std::uint64_t seed, std::uint32_t first,
                 std::uint32_t stride, wire::Nanos length);
  // The earliest, null when all are through. Stays until pop().
  [[nodiscard]] const Errand* front() const { return next_ == kNone ? nullptr : &sources_[next_].errand; }
  void pop();

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};

  // Something that a share of the devices does at once, or that they do in turns.
  struct Source {
    PickPlan pick;
    std::uint64_t cursor = 0;  // index of a device; of turns: number of the turn
    std::uint64_t end = 0;
    std::uint32_t first = 0, stride = 1;
    double per_second = 0;  // 0: at once
    wire::Nanos length{};   // of turns: from due to back
    Errand errand{};        // the next
    bool through = false;
  };
  // What the sources of a group have in common.
  struct Place {
    std::size_t fleet_group;
    std::uint32_t devices;
    std::uint64_t seed;
    std::uint32_t first, stride;
    wire::Nanos hold;
    std::uint64_t sources = 0;  // of the group, so far
  };

  void add_at_once(Place& place, double share, Errand errand);
  void add_turns(Place& place, double per_second, wire::Nanos length, Errand errand);
  void add(Source source);
  [[nodiscard]] static std::uint64_t next_seed(Place& place);
  // Makes `errand` the next one of the source from its cursor on.
  static void seek(Source& source);
  void find_next();

  std::vector<Source> sources_;
  std::size_t next_ = kNone;
};

// Room for what a group's behaviour asks for.
[[nodiscard]] BehaviourRecord empty_record(const Behaviour& behaviour);

}  // namespace fleet::sim
