#include "sim/scenario/behaviour.h"

#include <algorithm>
#include <cmath>

namespace fleet::sim {

std::uint32_t devices_meant(double share, std::uint32_t devices) {
  const auto meant = static_cast<std::uint32_t>(std::llround(share * static_cast<double>(devices)));
  return std::clamp(meant, std::uint32_t{1}, std::max(devices, std::uint32_t{1}));
}

}  // namespace fleet::sim
