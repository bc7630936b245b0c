// Ports for programs that are started again.
#pragma once

#include <cstdint>

namespace fleet::sim {

// A port of 127.0.0.1 that nobody has now and that stays free while its program is away: outside the range from which
// the kernel gives ports to outgoing connections (ip_local_port_range). Thousands of devices that try to come back
// would otherwise take it sooner or later, or even be connected with themselves (RFC 9293 §3.5, simultaneous open). 0
// where that range leaves no port from 1,024 on.
[[nodiscard]] std::uint16_t lasting_port();

}  // namespace fleet::sim
