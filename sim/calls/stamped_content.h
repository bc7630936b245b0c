// The content of the calls of one group in base64: stamp and filler. Only what differs from call to call is encoded
// anew.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/clock.h"

namespace fleet::sim {

// Owned by a request builder; lives on its thread.
class StampedContent {
 public:
  // `payload_bytes` is at least wire::kStampBytes; the filler follows from `seed` and `call_group`.
  StampedContent(std::uint32_t payload_bytes, std::uint64_t seed, std::uint16_t call_group, std::uint32_t run);

  // Base64 of the bytes in front: the stamp of a call and up to two bytes of filler. Good until the next call of this.
  [[nodiscard]] std::string_view head(std::uint64_t call, wire::TimePoint due);
  // Base64 of all that follows, the same for every call. Head and tail together are the base64 of the payload.
  [[nodiscard]] std::string_view tail() const { return tail_; }

 private:
  std::uint32_t run_;
  std::uint32_t boot_;
  std::uint16_t call_group_;
  std::vector<std::byte> payload_;
  std::size_t head_bytes_;
  std::string head_, tail_;
};

}  // namespace fleet::sim
