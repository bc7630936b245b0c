// The configuration of a started fleet-bridge.
#pragma once

#include <cstdint>
#include <string>

#include "sim/scenario/scenario.h"
#include "wire/mqtt/native_options.h"

namespace fleet::sim {

// bridge.yaml: `port` of 127.0.0.1, or a free one where it is 0, the scenario's account, its app where it has
// consumers, products and every device with its secret. Where the broker is to know the devices, the registry is in
// `directory` (absolute), else in memory.
[[nodiscard]] std::string bridge_config(const Scenario& scenario, const wire::mqtt::BrokerPlace& broker,
                                        const std::string& directory, std::uint16_t port = 0);

}  // namespace fleet::sim
