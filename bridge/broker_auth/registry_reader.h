// The broker's view of the registry: the SQLite file of a bridge, read only, while the bridge writes it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "bridge/registry/sqlite_connection.h"
#include "wire/device_login.h"
#include "wire/error.h"

namespace fleet::bridge {

// What a login needs to know of a device.
struct RegisteredDevice {
  std::int64_t index = 0;
  std::string secret{};
  bool disabled = false;
  bool is_gateway = false;              // its product is one of gateways
  std::optional<std::int64_t> gateway;  // whose sub-device it is
};

// Lives on one thread. Each question is a few microseconds, a wait for the file at most a quarter of a second.
class RegistryReader {
 public:
  // Errors (environment), each with what to do: there is no such file; it cannot be read, is damaged, no registry, or
  // one of another version.
  [[nodiscard]] static wire::Result<RegistryReader> open(const std::string& path);

  // None where no such device is registered. Errors (environment): the file cannot be read.
  [[nodiscard]] wire::Result<std::optional<RegisteredDevice>> device(const wire::DeviceId& id);
  // The app secret; none where the registry has no such app. Errors (environment): the file cannot be read.
  [[nodiscard]] wire::Result<std::optional<std::string>> app_secret(std::string_view app_key);
  // Gives every sub-device of a gateway. Errors (environment): the file cannot be read.
  [[nodiscard]] wire::Result<void> sub_devices(std::int64_t gateway,
                                               const std::function<void(const wire::DeviceId&)>& take);
  // Whether anything was written since the last question. Errors (environment): the file cannot be read.
  [[nodiscard]] wire::Result<bool> changed();
  // The path names another file by now, or none.
  [[nodiscard]] bool is_replaced() const;

 private:
  explicit RegistryReader(SqliteConnection connection) : connection_(std::move(connection)) {}
  [[nodiscard]] wire::Result<void> prepare();

  SqliteConnection connection_;  // outlives the statements
  SqliteStatement device_;
  SqliteStatement app_;
  SqliteStatement sub_devices_;
  SqliteStatement version_;
  std::int64_t seen_ = 0;
  std::pair<dev_t, ino_t> file_{};
};

}  // namespace fleet::bridge
