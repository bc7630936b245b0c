// ${env:NAME} in the values of settings: keeps secrets out of files.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "settings/units.h"

namespace fleet::settings {

// `text` with each ${env:NAME} replaced by that variable of the environment. The error is a sentence: a variable that
// is not set, a missing brace, or a result of more than `bytes_max` bytes.
[[nodiscard]] Parsed<std::string> expand_environment(std::string_view text, std::size_t bytes_max);

}  // namespace fleet::settings
