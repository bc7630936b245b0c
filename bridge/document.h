// docs/api.md, made from the tables that the API itself works by.
#pragma once

#include <string>

namespace fleet::bridge {

// The whole file, Markdown. What `fleet-bridge actions` prints.
[[nodiscard]] std::string api_document();

}  // namespace fleet::bridge
