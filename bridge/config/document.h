// docs/configuration.md, made from the tables that a configuration is read by.
#pragma once

#include <string>

namespace fleet::bridge {

// The whole file, Markdown. What `fleet-bridge keys` prints.
[[nodiscard]] std::string config_document();

}  // namespace fleet::bridge
