// Which sub-devices the gateways at the broker speak for: sets in memory, brought up to date beside the deliveries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "bridge/broker_auth/registry_reader.h"
#include "wire/device_login.h"

namespace fleet::bridge {

// For look-ups by a view into somebody else's memory.
struct TextHash {
  using is_transparent = void;
  [[nodiscard]] std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
template <class T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;
using TextSet = std::unordered_set<std::string, TextHash, std::equal_to<>>;

// Owned by the guard. Devices are named by their user name, sub-devices by "{pk}/{dn}".
class Topology {
 public:
  // `reader` outlives it.
  explicit Topology(RegistryReader& reader) : reader_(reader) {}

  // A gateway has logged in: its sub-devices are read. Errors (environment): the registry cannot be read.
  [[nodiscard]] wire::Result<void> add(std::string_view username, std::int64_t index);

  // Whether the device is a gateway with that sub-device, as far as is known here: no question to the registry and no
  // allocation, but for the first one about a device that has not logged in since the broker started (its session is
  // older than that).
  [[nodiscard]] bool speaks_for(std::string_view username, std::string_view sub_device);
  // The same, asked of the registry.
  [[nodiscard]] bool speaks_for_now(std::string_view username, std::string_view path, const wire::DeviceId& sub_device);

  // The registry has changed: all sets are to be read again.
  void expire();
  // Reads sets again until about `rows` sub-devices were read; true: some are left.
  bool refresh(std::size_t rows);

 private:
  struct Gateway {
    std::int64_t index = kNone;
    TextSet sub_devices;
  };
  static constexpr std::int64_t kNone = -1;  // it is no gateway

  [[nodiscard]] Gateway& known(std::string_view username);
  // False: the registry cannot be read; the set stays as it is.
  [[nodiscard]] bool read(Gateway& gateway);
  void refresh_one(const std::string& username);

  RegistryReader& reader_;
  TextMap<Gateway> gateways_;
  std::vector<std::string> stale_;
};

}  // namespace fleet::bridge
