// What a link does to the bytes that pass it one way: when they are due at its other end. No sockets and no clock.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sim/scenario/fault.h"
#include "wire/clock.h"

namespace fleet::sim {

// One direction of a link, for all its connections. Lives on the proxy's thread.
class Line {
 public:
  // Due times are multiples of this, so that what is read in short pieces need not be kept in as many.
  static constexpr wire::Nanos kGrid = std::chrono::microseconds(50);
  // So far ahead a link of bounded bandwidth takes bytes; the rest waits in the sender's socket, as before a modem.
  static constexpr wire::Nanos kAheadMax = std::chrono::milliseconds(100);
  // The least that is worth a read.
  static constexpr std::size_t kLeastBytes = 512;

  // Draws of jitter follow from the seed and the order of reads.
  explicit Line(std::uint64_t seed) : seed_(seed) {}

  void set(const LinkState& state) { state_ = state; }
  // Bytes pass at once.
  [[nodiscard]] bool is_clear() const {
    return state_.delay.count() == 0 && state_.jitter.count() == 0 && state_.bytes_per_s == 0;
  }
  // Bytes that the line takes now: none, or at least kLeastBytes.
  [[nodiscard]] std::size_t room(wire::TimePoint now) const;
  // Where room() is none: when there is room again.
  [[nodiscard]] wire::TimePoint room_at() const;
  // `bytes` enter the line; returns when they are at its other end.
  [[nodiscard]] wire::TimePoint enter(wire::TimePoint now, std::size_t bytes);

 private:
  [[nodiscard]] wire::Nanos time_of(std::size_t bytes) const;

  const std::uint64_t seed_;
  LinkState state_;
  std::uint64_t draws_ = 0;
  wire::TimePoint free_at_{};  // the bytes that have entered have left the sender's end
};

}  // namespace fleet::sim
