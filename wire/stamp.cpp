#include "wire/stamp.h"

#include <bit>
#include <cstring>
#include <fstream>
#include <limits>
#include <string>

#include "wire/error.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace fleet::wire {
namespace {

static_assert(std::endian::native == std::endian::little, "the stamp is copied as it lies in memory");

// The stamp as it lies in the payload.
struct Layout {
  char magic[4];
  std::uint32_t run;
  std::uint32_t boot;
  std::uint16_t call_group;
  std::uint16_t zero;
  std::uint64_t call;
  std::int64_t due_ns;
  std::uint32_t length;
  std::uint32_t checksum;
};
static_assert(sizeof(Layout) == kStampBytes && offsetof(Layout, call) == 16 && offsetof(Layout, checksum) == 36);

constexpr char kMagic[4] = {'F', 'S', 't', '1'};

// Covers the whole payload but the checksum itself: the filler, seeded with the fields.
std::uint32_t checksum_of(std::span<const std::byte> payload) {
  const std::uint64_t seed = XXH3_64bits(payload.data(), offsetof(Layout, checksum));
  return static_cast<std::uint32_t>(
      XXH3_64bits_withSeed(payload.data() + kStampBytes, payload.size() - kStampBytes, seed));
}

std::uint32_t hash_boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  if (!std::getline(file, id)) return 0;
  return static_cast<std::uint32_t>(XXH3_64bits(id.data(), id.size()));
}

}  // namespace

void write_stamp(const Stamp& stamp, std::span<std::byte> payload) {
  FLEET_CHECK(payload.size() >= kStampBytes && payload.size() <= std::numeric_limits<std::uint32_t>::max());
  Layout layout{};
  std::memcpy(layout.magic, kMagic, sizeof kMagic);
  layout.run = stamp.run;
  layout.boot = stamp.boot;
  layout.call_group = stamp.call_group;
  layout.call = stamp.call;
  layout.due_ns = stamp.due.time_since_epoch().count();
  layout.length = static_cast<std::uint32_t>(payload.size());
  std::memcpy(payload.data(), &layout, sizeof layout);
  const std::uint32_t checksum = checksum_of(payload);
  std::memcpy(payload.data() + offsetof(Layout, checksum), &checksum, sizeof checksum);
}

StampCheck read_stamp(std::span<const std::byte> payload, Stamp& out) {
  if (payload.size() < kStampBytes || std::memcmp(payload.data(), kMagic, sizeof kMagic) != 0) {
    return StampCheck::foreign;
  }
  Layout layout;
  std::memcpy(&layout, payload.data(), sizeof layout);
  if (layout.length != payload.size() || layout.checksum != checksum_of(payload)) return StampCheck::corrupt;
  out = {.run = layout.run,
         .boot = layout.boot,
         .call_group = layout.call_group,
         .call = layout.call,
         .due = TimePoint(Nanos(layout.due_ns))};
  return StampCheck::ok;
}

std::uint32_t boot_hash() {
  static const std::uint32_t hash = hash_boot_id();
  return hash;
}

}  // namespace fleet::wire
