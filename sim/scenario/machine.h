// What this machine lets one process have.
#pragma once

#include <cstdint>

namespace fleet::sim {

struct MachineLimits {
  std::uint64_t descriptors =
      0;  // open files a process: the hard limit, which raise_descriptor_limit() makes the soft one
  std::uint64_t local_ports = 0;   // per source address and destination (net.ipv4.ip_local_port_range)
  std::uint64_t memory_bytes = 0;  // available now (MemAvailable); 0: unknown
  unsigned cores = 1;              // that this process may run on
};

// Reads the limits; what cannot be read gets Linux's own defaults.
[[nodiscard]] MachineLimits read_machine_limits();

// Raises the soft limit of open descriptors to the hard one; children inherit it. Failure leaves it as it is.
void raise_descriptor_limit();

}  // namespace fleet::sim
