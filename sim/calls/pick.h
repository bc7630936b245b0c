// Which devices a call names: a pure function of the call's number, so that a receiver can tell without a message
// whether it was meant, and shards agree without talking.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "sim/scenario/scenario.h"

namespace fleet::sim {

// Const after construction; any thread.
class PickPlan {
 public:
  // batch is 1 .. devices; no call names a device twice.
  PickPlan(Pick pick, std::uint32_t devices, std::uint32_t batch, std::uint64_t seed);

  [[nodiscard]] std::uint32_t batch() const { return batch_; }
  // Writes the recipients of a call in the order in which the call names them; out.size() == batch().
  void recipients(std::uint64_t call, std::span<std::uint32_t> out) const;
  // Place of a device within the call, none when the call does not name it. Allocates nothing; O(1).
  [[nodiscard]] std::optional<std::uint32_t> position(std::uint64_t call, std::uint32_t device) const;

 private:
  Pick pick_;
  std::uint32_t devices_;
  std::uint32_t batch_;
  std::uint64_t seed_;
};

}  // namespace fleet::sim
