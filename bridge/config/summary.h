// What `fleet-bridge check` prints.
#pragma once

#include <string>

#include "bridge/config/config.h"

namespace fleet::bridge {

// Lines that say what a configuration holds, without any secret.
[[nodiscard]] std::string summary(const Config& config);

}  // namespace fleet::bridge
