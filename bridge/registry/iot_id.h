// IotId: what the platform calls a device by, 26 letters and digits. It holds the device's index in the registry, so
// that a device is found by its IotId without another table; who looks one up compares the whole text.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace fleet::bridge {

// Overwrites the first six characters at `iot_id` with the index.
void write_index(std::uint32_t index, char* iot_id);

// The index that write_index() has written; empty where these are no six characters of it.
[[nodiscard]] std::optional<std::uint32_t> index_in(std::string_view iot_id);

}  // namespace fleet::bridge
