// A TCP port that nobody listens on.
#pragma once

#include <cstdint>

namespace fleet::tests {

// Asks the kernel for a free port of 127.0.0.1. It is free when this returns; whoever then fails to bind it asks again.
[[nodiscard]] std::uint16_t free_port();

}  // namespace fleet::tests
