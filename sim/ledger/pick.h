// Which devices a call names: a pure function of the call's number, so that a receiver can tell without a message
// whether it was meant, and shards agree without talking.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "sim/ledger/zipf.h"
#include "sim/scenario/scenario.h"

namespace fleet::sim {

// Const after construction; any thread.
//
// round_robin: call n names the `batch` devices from n × batch on, counted around the fleet.
// random: calls come in laps of floor(devices / batch). A lap deals an order of all devices that depends on the seed
// and the lap's number; each of its calls takes the next `batch`, so no device is named twice within a lap. The devices
// % batch left over at its end sit out that lap.
// zipf: devices at the front of the group are named more often (ZipfDraw), each call by a number drawn from the seed.
// same: every call names the first `batch` devices. all: every call names all devices, which are `batch`.
class PickPlan {
 public:
  // batch is 1 .. devices; no call names a device twice.
  PickPlan(Pick pick, std::uint32_t devices, std::uint32_t batch, std::uint64_t seed);

  [[nodiscard]] std::uint32_t batch() const { return batch_; }
  // Writes the recipients of a call in the order in which the call names them; out.size() == batch().
  void recipients(std::uint64_t call, std::span<std::uint32_t> out) const;
  // Place of a device (0 .. devices - 1) within the call, none when the call does not name it. Allocates nothing. O(1):
  // for random, fewer than two walks through the order on average, whatever the number of devices.
  [[nodiscard]] std::optional<std::uint32_t> position(std::uint64_t call, std::uint32_t device) const;

 private:
  struct Lap;
  [[nodiscard]] std::uint32_t first_of(std::uint64_t call) const;
  [[nodiscard]] Lap lap_of(std::uint64_t call) const;
  [[nodiscard]] std::uint32_t deal(const Lap& lap, std::uint32_t place) const;
  [[nodiscard]] std::uint32_t find(const Lap& lap, std::uint32_t device) const;
  [[nodiscard]] std::uint32_t shift_of(std::uint64_t call) const;

  Pick pick_;
  std::uint32_t devices_;
  std::uint32_t batch_;
  std::uint64_t seed_;
  std::uint32_t calls_a_lap_;
  unsigned high_bits_, low_bits_;  // halves of a number of the smallest power of two that holds all devices
  std::optional<ZipfDraw> zipf_;
};

}  // namespace fleet::sim
