// The delivery stamp in front of every payload that the simulator sends: who sent it, in which call, when it was due,
// and a checksum over all of it. Binary, little-endian, kStampBytes long; the filler follows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "wire/clock.h"

namespace fleet::wire {

inline constexpr std::size_t kStampBytes = 40;

// Offset: 0 magic "FSt1" · 4 run · 8 boot · 12 call_group · 14 zero · 16 call · 24 due (ns) · 32 length · 36 checksum.
struct Stamp {
  std::uint32_t run = 0;         // one simulator run; tells strangers apart
  std::uint32_t boot = 0;        // hash of the sender's boot id; due can be subtracted only where it is ours
  std::uint16_t call_group = 0;  // index in the scenario
  std::uint64_t call = 0;        // number of the call within its group, from 0
  TimePoint due{};               // when the plan wanted the call
};

enum class StampCheck : std::uint8_t {
  ok,
  foreign,  // no stamp of ours: too short or another magic
  corrupt,  // a stamp, but its length or checksum does not fit the payload
};

// Writes the stamp into the first kStampBytes of `payload` and checksums the whole payload. payload.size() must be at
// least kStampBytes and below 4 GiB; the filler must already be in place.
void write_stamp(const Stamp& stamp, std::span<std::byte> payload);

// Reads and verifies. `out` is written for ok only. Allocates nothing; a 256-byte payload takes tens of nanoseconds.
[[nodiscard]] StampCheck read_stamp(std::span<const std::byte> payload, Stamp& out);

// Hash of /proc/sys/kernel/random/boot_id, read once a process; 0 where the file cannot be read.
[[nodiscard]] std::uint32_t boot_hash();

}  // namespace fleet::wire
