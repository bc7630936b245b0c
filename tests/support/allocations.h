// Counts heap allocations, for tests that promise none. Linking allocations.cpp replaces the program's operator new.
#pragma once

#include <cstdint>

namespace fleet::tests {

// Calls of operator new by this thread so far.
[[nodiscard]] std::uint64_t allocations_of_this_thread();

}  // namespace fleet::tests
