// Names are functions of the global index: nothing is stored per device, and shards agree without talking.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wire/error.h"

namespace fleet::sim {

// Checks a template such as "lamp-{index:5}" ({index} or {index:WIDTH}, zero-padded): unique for 0 .. count-1 and legal
// as a DeviceName ([A-Za-z0-9_@.:-]{4,32}, protocol of the API) for each of them.
[[nodiscard]] wire::Result<void> check_name_template(std::string_view name_template, std::uint32_t count);

// The name of device `index` (0-based). The template must have been checked.
[[nodiscard]] std::string device_name(std::string_view name_template, std::uint32_t index);

}  // namespace fleet::sim
