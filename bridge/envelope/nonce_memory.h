// Remembers the nonces of accepted signatures, so that a recorded request cannot be sent again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "wire/clock.h"

namespace fleet::bridge {

// How long a nonce stays used, and how far a timestamp may lie from now in either direction (public gateways).
inline constexpr std::chrono::minutes kSignatureWindow{15};

// Owned by the API; lives on its loop. Keeps a 64-bit hash of (account, nonce), seeded at random, in one table a
// minute: a table is dropped whole, and doubling one never moves more than a minute's nonces.
class NonceMemory {
 public:
  // At most `nonces_max` are remembered (8 to 21 bytes each); beyond that the oldest minute is forgotten early.
  explicit NonceMemory(std::size_t nonces_max = 1u << 20);

  // True for a nonce not used within the last 15 minutes, which is used from now on; false for a used one. `timestamp`
  // is that of the request: a nonce is kept for 15 minutes behind the later of it and `now`, because until then a
  // recorded request would still be in time.
  [[nodiscard]] bool use(std::size_t account, std::string_view nonce, wire::WallTime timestamp, wire::WallTime now);

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Minute {
    std::int64_t number = -1;  // minutes since 1970
    std::size_t used = 0;
    std::vector<std::uint64_t> slots;  // open addressing, a power of two; 0: free
  };
  // 15 minutes back, now, 15 minutes ahead, and the one that is partly gone.
  static constexpr std::size_t kMinutes = 32;

  void drop(Minute& minute);
  void drop_expired(std::int64_t now_minute);
  void forget_oldest();
  static bool contains(const Minute& minute, std::uint64_t hash);
  static void insert(Minute& minute, std::uint64_t hash);

  std::array<Minute, kMinutes> minutes_;
  std::size_t nonces_max_;
  std::size_t size_ = 0;
  std::int64_t checked_minute_ = -1;  // expired tables were dropped in this minute
  std::uint64_t seed_;
};

}  // namespace fleet::bridge
