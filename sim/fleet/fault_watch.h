// Which fault has cost a device its connection, and how long until it was ready again. No sockets and no clock.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "sim/fleet/counter.h"
#include "wire/clock.h"

namespace fleet::sim {

// What one fault did to the connections of a fleet.
struct FaultOutcome {
  std::uint64_t lost = 0;         // connections of devices that were ready; sub-devices that were moved
  std::vector<wire::Nanos> back;  // of those whose device was ready again: since the fault began; in any order

  void merge(const FaultOutcome& other);
};

// When every fault began, told to the workers while they run. Owned by the fleet's plan; begin() and end() are the
// coordinator's.
class FaultClock {
 public:
  explicit FaultClock(std::size_t faults) : began_(faults) {}

  void begin(std::size_t fault, wire::TimePoint when) { began_[fault] = when; }
  // From now on whoever loses its connection loses it to this fault; after pass() to none.
  void blame(std::size_t fault) { blamed_.store(static_cast<std::uint32_t>(fault) + 1, std::memory_order_release); }
  void pass() { blamed_.store(0, std::memory_order_release); }

  // Any thread.
  [[nodiscard]] std::optional<std::size_t> blamed() const {
    const std::uint32_t fault = blamed_.load(std::memory_order_acquire);
    return fault == 0 ? std::nullopt : std::optional<std::size_t>(fault - 1);
  }
  // Of a fault that was blamed, or told by a message from the coordinator.
  [[nodiscard]] wire::TimePoint began(std::size_t fault) const { return began_[fault]; }
  [[nodiscard]] std::size_t size() const { return began_.size(); }

 private:
  std::vector<wire::TimePoint> began_;  // each written before the first mention of its fault
  std::atomic<std::uint32_t> blamed_{0};
};

// Owned by a worker, lives on its thread; takes no memory in a scenario without faults. Devices are numbered by slot.
class FaultWatch {
 public:
  explicit FaultWatch(const FaultClock& clock) : clock_(clock), outcomes_(clock.size()) {}

  // Once, before everything else.
  void make_room(std::size_t slots) {
    if (clock_.size() > 0) fault_of_.assign(slots, 0);
  }
  // The fault cuts the connection of a ready device now; its end may come later. `returns`: it will connect again.
  void note_cut(std::size_t slot, std::size_t fault, bool returns);
  // A ready device has lost its connection.
  void note_lost(std::size_t slot, bool returns);
  // A device that was ready before is ready again.
  void note_ready(std::size_t slot, wire::TimePoint now);
  // A device that was to connect again will not.
  void note_gone(std::size_t slot);

  // Sub-devices that a hand-over moves; each arrives at its new gateway.
  void note_moving(std::size_t fault, std::uint64_t sub_devices) {
    outcomes_[fault].lost += sub_devices;
    away_.add(sub_devices);
  }
  void note_arrived(std::size_t fault, wire::TimePoint now) {
    outcomes_[fault].back.push_back(now - clock_.began(fault));
    away_.subtract(1);  // it may have been another worker's: the sum over all of them is right
  }

  // Any thread: devices that a fault has cost their connection, that will return and are not ready again.
  [[nodiscard]] std::uint64_t away() const { return away_.read(); }
  // After the threads have ended.
  [[nodiscard]] const std::vector<FaultOutcome>& outcomes() const { return outcomes_; }

 private:
  const FaultClock& clock_;
  std::vector<FaultOutcome> outcomes_;   // by fault
  std::vector<std::uint16_t> fault_of_;  // by slot: fault + 1 of a device that is not ready again; 0: none
  Counter away_;
};

}  // namespace fleet::sim
