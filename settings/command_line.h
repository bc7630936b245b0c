// What both programs do with their command line and standard streams.
#pragma once

#include <string_view>
#include <vector>

#include "wire/error.h"

namespace fleet::settings {

// A standard stream that is closed would be lent to the first socket, and what is printed would go to its peer: opens
// /dev/null in its place. To be called before anything else is opened.
void hold_standard_streams();

// Errors (usage): the first argument is neither an option nor one of `commands`; the sentence says which may have been
// meant.
[[nodiscard]] wire::Result<void> check_command(int argc, const char* const* argv,
                                               const std::vector<std::string_view>& commands);

// Errors (environment): standard output does not take it all, as on a full disk. A reader that has gone away has read
// what it wanted.
[[nodiscard]] wire::Result<void> write_output(std::string_view text);

}  // namespace fleet::settings
