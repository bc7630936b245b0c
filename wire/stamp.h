// The delivery stamp in every payload that the simulator sends: who sent it, in which call, when it was due, and a
// checksum over all of it. Binary, little-endian, kStampBytes long, with the filler behind it; or, where a message must
// be JSON, the same bytes as base64 inside a JSON text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "wire/clock.h"

namespace fleet::wire {

inline constexpr std::size_t kStampBytes = 40;

// Offset: 0 magic "FSt1" · 4 run · 8 boot · 12 call_group · 14 position · 16 call · 24 due (ns) · 32 length · 36
// checksum.
struct Stamp {
  std::uint32_t run = 0;         // one simulator run; tells strangers apart
  std::uint32_t boot = 0;        // hash of the sender's boot id; due can be subtracted only where it is ours
  std::uint16_t call_group = 0;  // index in the scenario
  std::uint64_t call = 0;        // number of the call within its group, from 0
  TimePoint due{};               // when the plan wanted the call
  std::uint16_t position = 0;    // of the message within its call; 0 where all recipients of a call get the same one
};

enum class StampCheck : std::uint8_t {
  ok,
  foreign,  // no stamp of ours: too short or another magic
  corrupt,  // a stamp, but its length or checksum does not fit the payload
};

// Writes the stamp into the first kStampBytes of `payload` and checksums the whole payload. payload.size() must be at
// least kStampBytes and below 4 GiB; the filler must already be in place.
void write_stamp(const Stamp& stamp, std::span<std::byte> payload);

// A stamped JSON text is {"stamp":"BASE64","filler":"…"}: this long without any filler.
inline constexpr std::size_t kJsonStampBytes = 80;

// Writes all that is JSON and stamp of `text`, around the filler, and checksums the whole text. text.size() must be at
// least kJsonStampBytes and below 4 GiB. The filler stands at json_stamp_filler() already: printable ASCII without '"'
// and '\'.
void write_json_stamp(const Stamp& stamp, std::span<char> text);
[[nodiscard]] std::span<char> json_stamp_filler(std::span<char> text);
// The characters of a stamped text that its stamp is in; all others but the filler are the same in all texts.
[[nodiscard]] std::string_view json_stamp_base64(std::string_view text);

// Reads and verifies a stamp of either form. `out` is written for ok only. Allocates nothing; a 256-byte payload takes
// tens of nanoseconds.
[[nodiscard]] StampCheck read_stamp(std::span<const std::byte> payload, Stamp& out);

// Hash of /proc/sys/kernel/random/boot_id, read once a process; 0 where the file cannot be read.
[[nodiscard]] std::uint32_t boot_hash();

}  // namespace fleet::wire
