// Valid packets, their bytes written by hand from the specification. Every type, both versions.
#pragma once

#include <string_view>
#include <vector>

#include "wire/mqtt/codec.h"

namespace fleet::wire::mqtt {

struct Golden {
  std::string_view name;
  Version version;
  std::string_view hex;
  Packet packet;  // views into storage that lives as long as the program
};

const std::vector<Golden>& golden_packets();

}  // namespace fleet::wire::mqtt
