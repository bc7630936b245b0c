// What mosquitto.conf tells the plugin: its plugin_opt_ lines.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "wire/error.h"

namespace fleet::bridge {

struct GuardOptions {
  std::string registry{};                                  // plugin_opt_registry: the file of registry.store
  std::string bridge_username{};                           // plugin_opt_bridge_username: mqtt.username of the bridge
  std::string bridge_password{};                           // plugin_opt_bridge_password: its mqtt.password
  std::map<std::string, std::string, std::less<>> apps{};  // plugin_opt_apps names a file: app key -> app secret
};

// One line `plugin_opt_KEY VALUE`; views into the broker's memory.
struct GuardOption {
  std::string_view key;
  std::string_view value;
};

// Errors (usage): an unknown or missing option, a user name that a device or a consumer could have; those of
// parse_apps. Errors (environment): the file of applications cannot be read.
[[nodiscard]] wire::Result<GuardOptions> read_options(std::span<const GuardOption> options);

// A line for each application: app key, a tab, app secret. Empty lines and those that begin with # are passed over.
// `name` stands for the file in errors (usage): a line of another form, an app key twice. They hold no secret.
[[nodiscard]] wire::Result<std::map<std::string, std::string, std::less<>>> parse_apps(std::string_view text,
                                                                                       const std::string& name);

}  // namespace fleet::bridge
