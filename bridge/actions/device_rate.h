// Messages a second that one device is sent.
#pragma once

#include <span>
#include <vector>

#include "bridge/actions/token_bucket.h"
#include "bridge/config/config.h"
#include "bridge/registry/device.h"
#include "wire/clock.h"

namespace fleet::bridge {

// One token bucket a device, which holds one second's worth. Owned by the API; lives on its loop.
class DeviceRate {
 public:
  explicit DeviceRate(const LimitsConfig& limits)
      : enforced_(limits.enforced), per_second_(limits.messages_to_a_device) {}

  // Takes one message of each, all different; nothing of any and false where one has had its rate. Always true with
  // `limits: off`.
  [[nodiscard]] bool take(std::span<const Device* const> devices, wire::TimePoint now);

 private:
  bool enforced_;
  double per_second_;
  std::vector<TokenBucket> buckets_;  // by Device::index()
};

}  // namespace fleet::bridge
