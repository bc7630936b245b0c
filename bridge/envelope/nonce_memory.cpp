#include "bridge/envelope/nonce_memory.h"

#include <algorithm>
#include <random>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace fleet::bridge {
namespace {

constexpr std::size_t kSlotsMin = 64;

std::int64_t minute_of(wire::WallTime time) {
  return std::chrono::floor<std::chrono::minutes>(time).time_since_epoch().count();
}

}  // namespace

NonceMemory::NonceMemory(std::size_t nonces_max) : nonces_max_(std::max<std::size_t>(nonces_max, 1)) {
  std::random_device entropy;
  seed_ = (std::uint64_t{entropy()} << 32) | entropy();
}

bool NonceMemory::contains(const Minute& minute, std::uint64_t hash) {
  if (minute.used == 0) return false;
  const std::size_t mask = minute.slots.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    if (minute.slots[at] == hash) return true;
    if (minute.slots[at] == 0) return false;
  }
}

void NonceMemory::insert(Minute& minute, std::uint64_t hash) {
  // At most three quarters full, so that a probe stays short.
  if (4 * (minute.used + 1) > 3 * minute.slots.size()) {
    const std::vector<std::uint64_t> old = std::exchange(minute.slots, {});
    minute.slots.resize(std::max(kSlotsMin, 2 * old.size()));
    minute.used = 0;
    for (const std::uint64_t moved : old) {
      if (moved != 0) insert(minute, moved);
    }
  }
  const std::size_t mask = minute.slots.size() - 1;
  std::size_t at = hash & mask;
  while (minute.slots[at] != 0) at = (at + 1) & mask;
  minute.slots[at] = hash;
  ++minute.used;
}

void NonceMemory::drop(Minute& minute) {
  size_ -= minute.used;
  minute = {};
}

void NonceMemory::drop_expired(std::int64_t now_minute) {
  if (checked_minute_ == now_minute) return;
  checked_minute_ = now_minute;
  for (Minute& minute : minutes_) {
    if (minute.number + kSignatureWindow.count() < now_minute) drop(minute);
  }
}

void NonceMemory::forget_oldest() {
  Minute* oldest = nullptr;
  for (Minute& minute : minutes_) {
    if (minute.used != 0 && (oldest == nullptr || minute.number < oldest->number)) oldest = &minute;
  }
  if (oldest != nullptr) drop(*oldest);
}

bool NonceMemory::use(std::size_t account, std::string_view nonce, wire::WallTime timestamp, wire::WallTime now) {
  // Far apart, because XXH3 only adds the seed to an input of up to 16 bytes: with neighbouring seeds, "n-1" of one
  // account and "n-2" of the next may be one number.
  const std::uint64_t seed = seed_ + account * 0x9E3779B97F4A7C15u;
  std::uint64_t hash = XXH3_64bits_withSeed(nonce.data(), nonce.size(), seed);
  if (hash == 0) hash = 1;
  drop_expired(minute_of(now));
  for (const Minute& minute : minutes_) {
    if (contains(minute, hash)) return false;
  }
  if (size_ == nonces_max_) forget_oldest();
  const std::int64_t number = minute_of(std::max(timestamp, now));
  Minute& minute = minutes_[static_cast<std::size_t>(number) % kMinutes];
  if (minute.number != number) drop(minute);  // only where the clock was set back
  minute.number = number;
  insert(minute, hash);
  ++size_;
  return true;
}

}  // namespace fleet::bridge
