// Secrets of the fleet's devices: how they prove at a login who they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/scenario.h"

namespace fleet::sim {

// A group's secrets are a function of the seed, which a started bridge is told, until the first of them is kept:
// from then on they are the ones that somebody else has made. Filled on the coordinator's thread before the fleet
// starts, const from then on; any thread may read.
class Identities {
 public:
  // The longest secret that is kept; the platform's have 32 characters.
  static constexpr std::size_t kSecretBytesMax = 128;

  // `scenario` outlives it.
  explicit Identities(const Scenario& scenario);

  // Secret of device `index` of a fleet group. Empty where others of the group are kept and this one is not.
  [[nodiscard]] std::string secret(std::size_t fleet_group, std::uint32_t index) const;

  // Keeps a secret of 1 to kSecretBytesMax bytes; 8 bytes of memory and the secret a device.
  void keep(std::size_t fleet_group, std::uint32_t index, std::string_view secret);
  // Devices of a group whose secrets are kept.
  [[nodiscard]] std::uint32_t kept(std::size_t fleet_group) const { return groups_[fleet_group].kept; }

 private:
  // Where a kept secret stands in `text`.
  struct Place {
    std::uint32_t begin = 0;
    std::uint8_t bytes = 0;  // 0: not kept
  };
  struct Group {
    std::string text;
    std::vector<Place> places;  // by index; empty: none is kept
    std::uint32_t kept = 0;
  };

  const Scenario& scenario_;
  std::vector<Group> groups_;
};

}  // namespace fleet::sim
