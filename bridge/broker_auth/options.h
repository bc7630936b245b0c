// What mosquitto.conf tells the plugin: its plugin_opt_ lines.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "wire/error.h"

namespace fleet::bridge {

struct GuardOptions {
  std::string registry{};         // plugin_opt_registry: the file of registry.store
  std::string bridge_username{};  // plugin_opt_bridge_username: mqtt.username of the bridge
  std::string bridge_password{};  // plugin_opt_bridge_password: its mqtt.password
};

// One line `plugin_opt_KEY VALUE`; views into the broker's memory.
struct GuardOption {
  std::string_view key;
  std::string_view value;
};

// Errors (usage): an unknown or missing option, a user name that a device or a consumer could have.
[[nodiscard]] wire::Result<GuardOptions> read_options(std::span<const GuardOption> options);

}  // namespace fleet::bridge
