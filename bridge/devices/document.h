// The part of docs/api.md that is made from the table of the device protocol.
#pragma once

#include <string>

namespace fleet::bridge {

[[nodiscard]] std::string device_document();

}  // namespace fleet::bridge
