// The configuration of a started fleet-bridge.
#pragma once

#include <string>

#include "sim/scenario/scenario.h"

namespace fleet::sim {

// bridge.yaml: a free loopback port, the scenario's account, its app where it has consumers, products and every device
// with its secret.
[[nodiscard]] std::string bridge_config(const Scenario& scenario, const Url& broker);

}  // namespace fleet::sim
