// The files that a run leaves for its children and for people.
#pragma once

#include <string>

#include "wire/error.h"

namespace fleet::sim {

// Makes `directory` and its parents; returns it as an absolute path. Errors: environment.
[[nodiscard]] wire::Result<std::string> make_directory(const std::string& directory);

// Writes the whole file or says why not (no permission, disk full). Errors: environment. Mode 0600: configurations hold
// secrets.
[[nodiscard]] wire::Result<void> write_file(const std::string& path, const std::string& text);

// The first `bytes_max` bytes of a file; empty when it cannot be read.
[[nodiscard]] std::string read_head(const std::string& path, std::size_t bytes_max);

// The last lines of a log, indented, each behind a line feed; empty when there are none.
[[nodiscard]] std::string log_tail(const std::string& path);

}  // namespace fleet::sim
