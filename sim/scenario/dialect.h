// What the protocol of the batch API decides: limits of calls, and how devices log in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/scenario/scenario.h"
#include "sim/scenario/tables.h"
#include "wire/mqtt/types.h"

namespace fleet::sim {

// Devices that one call may name: API page of BatchPub, the plugin's default.
[[nodiscard]] std::uint32_t batch_max(Dialect dialect);

// Says at its place what the target's dialect cannot do. The rest of the scenario is right.
void check_dialect(const Scenario& scenario, Reader& reader);

// How a device logs in at the broker. aliyun: client id "{product key}&{name}", user name "{name}&{product key}".
// emqx-bcast: client id "{name}", user name "{product key}-{name}", which the plugin knows devices by.
[[nodiscard]] wire::mqtt::Login device_login(Dialect dialect, std::string_view product_key, std::string_view name);

// How a consumer logs in: client id "{app key}&{name}", user name the app key.
[[nodiscard]] wire::mqtt::Login consumer_login(const Target& target, std::string_view name);

}  // namespace fleet::sim
