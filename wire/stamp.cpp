#include "wire/stamp.h"

#include <array>
#include <bit>
#include <cstring>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>

#include "wire/encoding.h"
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
  std::uint16_t position;
  std::uint64_t call;
  std::int64_t due_ns;
  std::uint32_t length;
  std::uint32_t checksum;
};
static_assert(sizeof(Layout) == kStampBytes && offsetof(Layout, call) == 16 && offsetof(Layout, checksum) == 36);

constexpr char kMagic[4] = {'F', 'S', 't', '1'};

// Around the stamp's base64 and the filler of a JSON text.
constexpr std::string_view kJsonOpen = R"({"stamp":")";
constexpr std::string_view kJsonMiddle = R"(","filler":")";
constexpr std::string_view kJsonClose = R"("})";
// Two zeros behind the stamp make whole groups of it, in which every bit counts.
constexpr std::size_t kPaddedBytes = (kStampBytes + 2) / 3 * 3;
constexpr std::size_t kBase64Bytes = kPaddedBytes / 3 * 4;
// What the magic begins every base64 with.
constexpr std::string_view kMagicBase64 = "RlN0M";
constexpr std::size_t kMiddleAt = kJsonOpen.size() + kBase64Bytes;
constexpr std::size_t kFillerAt = kMiddleAt + kJsonMiddle.size();
static_assert(kFillerAt + kJsonClose.size() == kJsonStampBytes);

Layout layout_of(const Stamp& stamp, std::size_t length) {
  Layout layout{};
  std::memcpy(layout.magic, kMagic, sizeof kMagic);
  layout.run = stamp.run;
  layout.boot = stamp.boot;
  layout.call_group = stamp.call_group;
  layout.position = stamp.position;
  layout.call = stamp.call;
  layout.due_ns = stamp.due.time_since_epoch().count();
  layout.length = static_cast<std::uint32_t>(length);
  return layout;
}

// Covers the whole payload but the checksum itself: what is behind the stamp, seeded with the fields. (The JSON in
// front of a stamp is the same in all texts, and compared.)
// `fields` is read where it came from: a copy just written would stall the wide loads of the hash.
std::uint32_t checksum_of(const std::byte* fields, std::span<const std::byte> behind) {
  const std::uint64_t seed = XXH3_64bits(fields, offsetof(Layout, checksum));
  return static_cast<std::uint32_t>(XXH3_64bits_withSeed(behind.data(), behind.size(), seed));
}

// `fields` are kStampBytes.
StampCheck check(const std::byte* fields, std::size_t length, std::span<const std::byte> behind, Stamp& out) {
  Layout layout;
  std::memcpy(&layout, fields, sizeof layout);
  if (layout.length != length || layout.checksum != checksum_of(fields, behind)) return StampCheck::corrupt;
  out = {.run = layout.run,
         .boot = layout.boot,
         .call_group = layout.call_group,
         .call = layout.call,
         .due = TimePoint(Nanos(layout.due_ns)),
         .position = layout.position};
  return StampCheck::ok;
}

StampCheck read_json_stamp(std::span<const std::byte> payload, Stamp& out) {
  const std::string_view text(reinterpret_cast<const char*>(payload.data()), payload.size());
  if (text.size() < kJsonStampBytes || !text.starts_with(kJsonOpen)) return StampCheck::foreign;
  const std::string_view base64 = text.substr(kJsonOpen.size(), kBase64Bytes);
  if (!base64.starts_with(kMagicBase64)) return StampCheck::foreign;
  std::array<std::byte, kPaddedBytes> bytes;
  if (!base64_decode_groups(base64, bytes)) return StampCheck::corrupt;
  if (std::memcmp(bytes.data(), kMagic, sizeof kMagic) != 0) return StampCheck::foreign;
  if (bytes[kStampBytes] != std::byte{0} || bytes[kStampBytes + 1] != std::byte{0}) return StampCheck::corrupt;
  return check(bytes.data(), payload.size(), payload.subspan(kMiddleAt), out);
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
  const Layout layout = layout_of(stamp, payload.size());
  std::memcpy(payload.data(), &layout, sizeof layout);
  const std::uint32_t checksum = checksum_of(payload.data(), payload.subspan(kStampBytes));
  std::memcpy(payload.data() + offsetof(Layout, checksum), &checksum, sizeof checksum);
}

std::span<char> json_stamp_filler(std::span<char> text) {
  FLEET_CHECK(text.size() >= kJsonStampBytes);
  return text.subspan(kFillerAt, text.size() - kJsonStampBytes);
}

std::string_view json_stamp_base64(std::string_view text) {
  FLEET_CHECK(text.size() >= kJsonStampBytes);
  return text.substr(kJsonOpen.size(), kBase64Bytes);
}

void write_json_stamp(const Stamp& stamp, std::span<char> text) {
  FLEET_CHECK(text.size() >= kJsonStampBytes && text.size() <= std::numeric_limits<std::uint32_t>::max());
  std::memcpy(text.data(), kJsonOpen.data(), kJsonOpen.size());
  std::memcpy(text.data() + kMiddleAt, kJsonMiddle.data(), kJsonMiddle.size());
  std::memcpy(text.data() + text.size() - kJsonClose.size(), kJsonClose.data(), kJsonClose.size());
  Layout layout = layout_of(stamp, text.size());
  const auto* const fields = reinterpret_cast<const std::byte*>(&layout);
  layout.checksum = checksum_of(fields, std::as_bytes(text.subspan(kMiddleAt)));
  std::array<std::byte, kPaddedBytes> bytes{};
  std::memcpy(bytes.data(), &layout, sizeof layout);
  base64_encode_groups(bytes, text.subspan(kJsonOpen.size(), kBase64Bytes));
}

StampCheck read_stamp(std::span<const std::byte> payload, Stamp& out) {
  if (payload.size() < kStampBytes || std::memcmp(payload.data(), kMagic, sizeof kMagic) != 0) {
    return read_json_stamp(payload, out);
  }
  return check(payload.data(), payload.size(), payload.subspan(kStampBytes), out);
}

std::uint32_t boot_hash() {
  static const std::uint32_t hash = hash_boot_id();
  return hash;
}

}  // namespace fleet::wire
