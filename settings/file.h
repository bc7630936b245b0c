// Reads the text of a settings file.
#pragma once

#include <string>

#include "settings/yaml_tree.h"
#include "wire/error.h"

namespace fleet::settings {

// The bytes of the file, at most one more than `language` allows, so that devices and pipes without end are refused by
// parse_yaml() like large files. Errors (usage): it cannot be opened or read; a
// pipe into which nobody writes within 10 s.
[[nodiscard]] wire::Result<std::string> read_file(const std::string& path, const Language& language);

// Where `named` stands that `file` speaks of: beside it, or where an absolute path says.
[[nodiscard]] std::string beside(const std::string& file, const std::string& named);

}  // namespace fleet::settings
