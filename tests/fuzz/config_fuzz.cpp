// Any bytes as a configuration of the bridge: accepted or refused with a place, never a crash, a hang or a thrown
// exception.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "bridge/config/config.h"
#include "bridge/config/summary.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  const auto config = fleet::bridge::parse_config(text, "fuzz.yaml");
  if (!config) {
    if (config.error().message.empty() || config.error().where.empty()) std::abort();
    return 0;
  }
  if (fleet::bridge::summary(*config).empty()) std::abort();
  return 0;
}
