// Which gateway speaks for which sub-device: a function of their indexes, so that nothing is stored and shards agree.
#pragma once

#include <cstdint>

namespace fleet::sim {

// Sub-devices of one fleet group, spread evenly over the gateways of another: sub-device i belongs to gateway
// i % gateways and is the (i / gateways)-th of that gateway's.
struct SubDeviceSpread {
  std::uint32_t sub_devices = 0;
  std::uint32_t gateways = 1;

  [[nodiscard]] std::uint32_t gateway_of(std::uint32_t sub_device) const { return sub_device % gateways; }
  [[nodiscard]] std::uint32_t rank_of(std::uint32_t sub_device) const { return sub_device / gateways; }
  // How many a gateway has: two gateways differ by one at most.
  [[nodiscard]] std::uint32_t count(std::uint32_t gateway) const {
    return sub_devices / gateways + (gateway < sub_devices % gateways ? 1 : 0);
  }
  [[nodiscard]] std::uint32_t count_max() const { return count(0); }
  // The gateway's sub-device of that rank; rank < count(gateway).
  [[nodiscard]] std::uint32_t sub_device(std::uint32_t gateway, std::uint32_t rank) const {
    return rank * gateways + gateway;
  }
};

}  // namespace fleet::sim
