// Which device connects when: a rate with computed due times, a bound on handshakes at once, back-off after a failure.
// No sockets and no clock.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/scenario/scenario.h"
#include "wire/clock.h"

namespace fleet::sim {

// The bound on TCP and MQTT handshakes under way, over all workers: a broker's listen backlog is one, however many
// threads connect to it. Shared by the workers; taken and given back per handshake, never per delivery.
class HandshakeGate {
 public:
  // True: one more handshake may begin, and leave() follows when it has ended. False: `in_flight_max` are under way.
  [[nodiscard]] bool try_enter(std::uint32_t in_flight_max) {
    std::uint32_t now = in_flight_.load(std::memory_order_relaxed);
    while (now < in_flight_max) {
      if (in_flight_.compare_exchange_weak(now, now + 1, std::memory_order_relaxed)) return true;
    }
    return false;
  }
  void leave() { in_flight_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint32_t> in_flight_{0};
};

// What one worker may have of a bound on all of them, so that they make way for each other: its part rounded up, at
// least 1. The gate keeps the bound itself.
[[nodiscard]] constexpr std::uint32_t handshake_share(std::uint32_t in_flight_max, std::uint32_t workers) {
  return in_flight_max / workers + (in_flight_max % workers != 0 ? 1 : 0);
}

// How long to wait after the n-th failure in a row (n from 1). The share that its jitter takes depends on `salt` and n
// only, so that thousands of devices do not return in step.
[[nodiscard]] wire::Nanos back_off(const BackOff& rule, std::uint32_t failures, std::uint64_t salt);

// One worker's part of the ramp. Devices are numbered by slot, their place in the worker's table.
class Ramp {
 public:
  explicit Ramp(wire::TimePoint start) : start_(start) {}

  // Devices of one fleet group: slot first_slot + n is device first_index + n × stride of its group, due
  // index / per_second behind the start. per_second above 0.
  void add_group(std::uint32_t first_slot, std::uint32_t devices, std::uint32_t first_index, std::uint32_t stride,
                 double per_second);
  // A device that has to try (again) at `when`.
  void add_retry(std::uint32_t slot, wire::TimePoint when);

  struct Due {
    wire::TimePoint when{};
    std::uint32_t slot = 0;
  };
  // The device that is due first, none when all have been taken. Stays until pop().
  [[nodiscard]] std::optional<Due> front() const;
  void pop();

 private:
  struct Group {
    std::uint32_t next_slot = 0, end_slot = 0;
    std::uint32_t next_index = 0, stride = 1;
    double per_second = 1;
  };

  [[nodiscard]] wire::TimePoint due(const Group& group) const;
  [[nodiscard]] std::size_t first_group() const;  // groups_.size() when all are through

  wire::TimePoint start_;
  std::vector<Group> groups_;
  std::vector<Due> retries_;  // a heap, the earliest in front
};

}  // namespace fleet::sim
