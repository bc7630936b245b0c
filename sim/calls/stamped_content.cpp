#include "sim/calls/stamped_content.h"

#include <algorithm>
#include <span>

#include "sim/scenario/mix.h"
#include "wire/encoding.h"
#include "wire/error.h"
#include "wire/stamp.h"

namespace fleet::sim {

namespace {

// Bytes of the payload that differ from call to call, rounded up so that their base64 ends on a whole group and the
// filler's base64 can be kept.
constexpr std::size_t kChangingBytes = (wire::kStampBytes + 2) / 3 * 3;

std::vector<std::byte> make_filler(std::size_t size, std::uint64_t seed, std::uint16_t call_group) {
  std::vector<std::byte> filler(size);
  const std::uint64_t key = mix(seed + kGolden) + call_group;
  for (std::size_t i = 0; i < size; ++i) filler[i] = static_cast<std::byte>(mix(mix(key) + i * kGolden));
  return filler;
}

}  // namespace

StampedContent::StampedContent(std::uint32_t payload_bytes, std::uint64_t seed, std::uint16_t call_group,
                               std::uint32_t run)
    : run_(run),
      boot_(wire::boot_hash()),
      call_group_(call_group),
      payload_(make_filler(payload_bytes, seed, call_group)),
      head_bytes_(std::min(kChangingBytes, payload_.size())) {
  FLEET_CHECK(payload_.size() >= wire::kStampBytes);
  wire::base64_append(std::span<const std::byte>(payload_).subspan(head_bytes_), tail_);
}

std::string_view StampedContent::head(std::uint64_t call, wire::TimePoint due) {
  wire::write_stamp({run_, boot_, call_group_, call, due}, payload_);
  head_.clear();
  wire::base64_append(std::span<const std::byte>(payload_).first(head_bytes_), head_);
  return head_;
}

}  // namespace fleet::sim
