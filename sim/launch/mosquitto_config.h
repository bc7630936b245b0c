// The configuration of a started Mosquitto: every limit written down.
#pragma once

#include <cstdint>
#include <string>

#include "sim/scenario/scenario.h"

namespace fleet::sim {

// Settings of mosquitto.conf(5), 2.0. `directory` is absolute; with port 0 and an empty directory it is the text whose
// hash tells settings apart.
[[nodiscard]] std::string mosquitto_config(const Scenario& scenario, std::uint16_t port, const std::string& directory);

}  // namespace fleet::sim
