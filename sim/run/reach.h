// Is anybody listening where the scenario points? Asked once, before the first device connects.
#pragma once

#include "sim/scenario/scenario.h"
#include "wire/error.h"

namespace fleet::sim {

// Opens a TCP connection to `url` and closes it, waiting at most 5 s. `what` names the end in the error ("broker").
[[nodiscard]] wire::Result<void> check_reachable(const Url& url, const char* what);

}  // namespace fleet::sim
