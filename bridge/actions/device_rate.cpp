#include "bridge/actions/device_rate.h"

#include <algorithm>

namespace fleet::bridge {

bool DeviceRate::take(std::span<const Device* const> devices, wire::TimePoint now) {
  if (!enforced_) return true;
  for (const Device* const device : devices) {
    if (device->index() >= buckets_.size()) buckets_.resize(device->index() + 1);
  }
  const auto has_one = [&](const Device* device) { return buckets_[device->index()].holds_one(per_second_, now); };
  if (!std::all_of(devices.begin(), devices.end(), has_one)) return false;
  for (const Device* const device : devices) (void)buckets_[device->index()].take(per_second_, now);
  return true;
}

}  // namespace fleet::bridge
