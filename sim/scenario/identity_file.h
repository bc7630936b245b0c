// Identities that somebody else's platform has given out: a CSV file of product key, device name, device secret.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "sim/scenario/scenario.h"
#include "wire/error.h"

namespace fleet::sim {

// Reads the file of a fleet group (FleetGroup::identities) and tells of each of its devices once: index and secret, in
// the order of the rows. Three columns without quotes; empty lines, lines that begin with # and a first line
// "product_key,device_name,device_secret" are passed over, and so are rows of other products and of names that the
// group's template does not make below its count. Errors: usage; the file cannot be read or is larger than 256 MB; a
// row (file:line) has not three columns, an empty one, bytes that are no product key, device name or secret, or a
// device that has been there already; fewer devices than the group's count. Takes a bit of memory for each device.
[[nodiscard]] wire::Result<void> read_identity_file(
    const Scenario& scenario, std::size_t fleet_group,
    const std::function<void(std::uint32_t index, std::string_view secret)>& on_device);

}  // namespace fleet::sim
