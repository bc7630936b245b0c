// Names, keys and secrets that nobody can foresee.
#pragma once

#include <cstddef>
#include <string>

namespace fleet::bridge {

// `size` letters and digits, each of the 62 alike likely, from the system's source of randomness.
[[nodiscard]] std::string random_text(std::size_t size);

}  // namespace fleet::bridge
