// The part of docs/api.md that describes the bcast API.
#pragma once

#include <string>

namespace fleet::bridge {

// Appends it, Markdown made from the tables.
void append_bcast_document(std::string& out);

}  // namespace fleet::bridge
