#include "sim/ledger/pick.h"

#include <algorithm>
#include <array>
#include <bit>

#include "sim/scenario/mix.h"
#include "wire/error.h"

namespace fleet::sim {
namespace {

// Rounds of the Feistel network: with 4, orders of small fleets still show patterns; each costs about a nanosecond.
constexpr unsigned kRounds = 6;

// The upper `bits` (0 .. 16) bits of a keyed product: its lower ones depend on few bits of `half`.
std::uint32_t round_bits(std::uint32_t half, std::uint64_t key, unsigned bits) {
  const std::uint64_t product = (half + key) * kGolden;
  return static_cast<std::uint32_t>((product ^ (product >> 29)) * 0xBF58476D1CE4E5B9 >> 32) >> (32 - bits - 1) >> 1;
}

}  // namespace

// The order that one lap deals, as round keys, and where in it the call begins.
struct PickPlan::Lap {
  std::array<std::uint64_t, kRounds> keys;
  std::uint32_t begin = 0;
};

PickPlan::PickPlan(Pick pick, std::uint32_t devices, std::uint32_t batch, std::uint64_t seed)
    : pick_(pick), devices_(devices), batch_(batch), seed_(seed) {
  FLEET_CHECK(batch >= 1 && batch <= devices);
  FLEET_CHECK(pick != Pick::all || batch == devices);
  if (pick == Pick::zipf) zipf_.emplace(devices, batch);
  calls_a_lap_ = devices / batch;
  const unsigned bits = std::max(2U, static_cast<unsigned>(std::bit_width(devices - 1)));
  low_bits_ = bits / 2;
  high_bits_ = bits - low_bits_;
}

// Of an order that counts around the fleet: the device named first.
std::uint32_t PickPlan::first_of(std::uint64_t call) const {
  if (pick_ != Pick::round_robin) return 0;
  return static_cast<std::uint32_t>(call % devices_ * batch_ % devices_);  // below 2^64 for any call
}

// Zipf: what the call's points are shifted by.
std::uint32_t PickPlan::shift_of(std::uint64_t call) const {
  return static_cast<std::uint32_t>(mix(mix(seed_ + kGolden) + call * kGolden) >> 32);
}

PickPlan::Lap PickPlan::lap_of(std::uint64_t call) const {
  const std::uint64_t number = call / calls_a_lap_;
  Lap lap;
  lap.begin = static_cast<std::uint32_t>(call % calls_a_lap_) * batch_;
  std::uint64_t key = mix(seed_ + kGolden) ^ mix(number * kGolden + 1);
  for (std::uint64_t& round_key : lap.keys) round_key = mix(key += kGolden);
  return lap;
}

// The device at a place of the lap's order: a Feistel network over the power of two, walked until it is a device.
std::uint32_t PickPlan::deal(const Lap& lap, std::uint32_t place) const {
  std::uint32_t value = place;
  do {
    std::uint32_t high = value >> low_bits_;
    std::uint32_t low = value & ((std::uint32_t{1} << low_bits_) - 1);
    for (unsigned round = 0; round < kRounds; round += 2) {
      high ^= round_bits(low, lap.keys[round], high_bits_);
      low ^= round_bits(high, lap.keys[round + 1], low_bits_);
    }
    value = high << low_bits_ | low;
  } while (value >= devices_);
  return value;
}

// The inverse of deal(): the same rounds backwards.
std::uint32_t PickPlan::find(const Lap& lap, std::uint32_t device) const {
  std::uint32_t value = device;
  do {
    std::uint32_t high = value >> low_bits_;
    std::uint32_t low = value & ((std::uint32_t{1} << low_bits_) - 1);
    for (unsigned round = kRounds; round > 0; round -= 2) {
      low ^= round_bits(high, lap.keys[round - 1], low_bits_);
      high ^= round_bits(low, lap.keys[round - 2], high_bits_);
    }
    value = high << low_bits_ | low;
  } while (value >= devices_);
  return value;
}

void PickPlan::recipients(std::uint64_t call, std::span<std::uint32_t> out) const {
  FLEET_CHECK(out.size() == batch_);
  if (zipf_) return zipf_->draw(shift_of(call), out);
  if (pick_ != Pick::random) {
    std::uint32_t device = first_of(call);
    for (std::uint32_t& recipient : out) {
      recipient = device;
      device = device + 1 == devices_ ? 0 : device + 1;
    }
    return;
  }
  const Lap lap = lap_of(call);
  std::uint32_t place = lap.begin;
  for (std::uint32_t& recipient : out) recipient = deal(lap, place++);
}

std::optional<std::uint32_t> PickPlan::position(std::uint64_t call, std::uint32_t device) const {
  FLEET_CHECK(device < devices_);
  if (zipf_) return zipf_->place(shift_of(call), device);
  std::uint32_t place = 0;
  if (pick_ != Pick::random) {
    const std::uint32_t first = first_of(call);
    place = device >= first ? device - first : device + (devices_ - first);
  } else {
    const Lap lap = lap_of(call);
    const std::uint32_t found = find(lap, device);
    if (found < lap.begin) return std::nullopt;
    place = found - lap.begin;
  }
  return place < batch_ ? std::optional(place) : std::nullopt;
}

}  // namespace fleet::sim
