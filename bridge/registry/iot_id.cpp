#include "bridge/registry/iot_id.h"

#include <cstddef>

namespace fleet::bridge {
namespace {

constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kCharacters = 6;  // 62^6 is above 2^32

// An odd number and its inverse modulo 2^32: neighbours in the registry get ids that do not look alike.
constexpr std::uint32_t kSpread = 0x9E37'79B1;
constexpr std::uint32_t kGather = 0x0E8B'2F51;
static_assert(static_cast<std::uint32_t>(std::uint64_t{kSpread} * kGather) == 1);

}  // namespace

void write_index(std::uint32_t index, char* iot_id) {
  std::uint32_t number = index * kSpread;
  for (std::size_t i = kCharacters; i-- > 0; number /= 62) iot_id[i] = kDigits[number % 62];
}

std::optional<std::uint32_t> index_in(std::string_view iot_id) {
  if (iot_id.size() < kCharacters) return {};
  std::uint64_t number = 0;
  for (const char c : iot_id.substr(0, kCharacters)) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return {};
    number = number * 62 + digit;
  }
  if (number > 0xFFFF'FFFF) return {};
  return static_cast<std::uint32_t>(number) * kGather;
}

}  // namespace fleet::bridge
