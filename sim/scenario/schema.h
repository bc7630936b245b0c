// The scenario language as a JSON Schema, made from the same tables that the reader uses.
#pragma once

#include <string>

namespace fleet::sim {

// JSON Schema, draft 7, indented text with a line feed at the end. For editors and validators; rules that a
// schema cannot say (references, names, metrics) are the reader's alone.
[[nodiscard]] std::string scenario_schema();

}  // namespace fleet::sim
