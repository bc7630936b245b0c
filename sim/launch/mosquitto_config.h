// The configuration of a started Mosquitto: every limit written down.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/scenario/scenario.h"
#include "wire/mqtt/types.h"

namespace fleet::sim {

// Where a run's bridge and broker keep what they share, in the run's directory.
inline constexpr std::string_view kRegistryFile = "registry.db";
// The plugin that lets devices in; it lies beside this program.
inline constexpr std::string_view kAuthPlugin = "fleet_broker_auth.so";

// How a started bridge logs in at a started broker. A function of the scenario, like the secrets of its devices.
[[nodiscard]] wire::mqtt::Login bridge_login(const Scenario& scenario);

struct BrokerPorts {
  std::uint16_t mqtt = 0;
  std::uint16_t spare = 0;  // another one; used with WebSocket only
};

// Settings of mosquitto.conf(5), 2.0. `directory` is absolute; with ports 0 and an empty directory it is the text whose
// hash tells settings apart. `plugin` is the path of kAuthPlugin, used where the scenario wants it.
[[nodiscard]] std::string mosquitto_config(const Scenario& scenario, const BrokerPorts& ports,
                                           const std::string& directory, const std::string& plugin);

}  // namespace fleet::sim
