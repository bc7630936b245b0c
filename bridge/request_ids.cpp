#include "bridge/request_ids.h"

#include <cstdint>
#include <string_view>

namespace fleet::bridge {
namespace {

std::uint64_t random_seed() {
  std::random_device entropy;
  return (std::uint64_t{entropy()} << 32) | entropy();
}

}  // namespace

RequestIds::RequestIds() : random_(random_seed()) {}

std::string RequestIds::next() {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kShape = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";  // y: the variant, 8 to B
  std::string id(kShape);
  std::uint64_t bits = random_();
  unsigned left = 16;  // digits in `bits`
  for (char& c : id) {
    if (c != 'x' && c != 'y') continue;
    if (left == 0) {
      bits = random_();
      left = 16;
    }
    c = kDigits[c == 'x' ? bits & 15 : 8 | (bits & 3)];
    bits >>= 4;
    --left;
  }
  return id;
}

}  // namespace fleet::bridge
