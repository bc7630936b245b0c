// What the protocol of the batch API decides: limits of calls, and how devices log in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/scenario/scenario.h"
#include "sim/scenario/tables.h"
#include "wire/device_login.h"
#include "wire/mqtt/types.h"

namespace fleet::sim {

// Devices that one call may name: API page of BatchPub, the plugin's default.
[[nodiscard]] std::uint32_t batch_max(Dialect dialect);

// Says at its place what the target's dialect cannot do. The rest of the scenario is right.
void check_dialect(const Scenario& scenario, Reader& reader);

// How a device logs in at the broker. aliyun: as the platform defines it, signed with the device's secret; `timestamp`
// holds digits. emqx-bcast: client id "{name}", user name "{product key}-{name}", which the plugin knows devices by.
[[nodiscard]] wire::mqtt::Login device_login(Dialect dialect, const wire::DeviceId& device, std::string_view secret,
                                             std::string_view timestamp);

// How a consumer logs in: under its app, signed with the app's secret; `timestamp` holds digits.
[[nodiscard]] wire::mqtt::Login consumer_login(const Target& target, std::string_view name, std::string_view timestamp);

}  // namespace fleet::sim
