#include "bridge/registry/random_text.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "wire/error.h"

namespace fleet::bridge {

std::string random_text(std::size_t size) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  // What remains of 256 is passed over, so that no letter is likelier than another.
  constexpr std::size_t kLimit = 256 / kLetters.size() * kLetters.size();
  // getrandom(2): up to 256 bytes at once are never cut short once the system is up.
  std::array<unsigned char, 256> bytes;
  std::string text;
  text.reserve(size);
  while (text.size() < size) {
    // A third more than is needed covers what is passed over, nearly always.
    const std::size_t wanted = std::min(bytes.size(), (size - text.size()) * 4 / 3 + 4);
    const ssize_t got = getrandom(bytes.data(), wanted, 0);
    FLEET_CHECK(got == static_cast<ssize_t>(wanted));
    for (std::size_t i = 0; i < wanted && text.size() < size; ++i) {
      if (bytes[i] < kLimit) text.push_back(kLetters[bytes[i] % kLetters.size()]);
    }
  }
  return text;
}

}  // namespace fleet::bridge
