// What has become of a connect ramp: everybody is there who will be, or nobody ever will. No I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/fleet/fleet.h"
#include "wire/clock.h"

namespace fleet::sim {

// Somebody is ready, and who is not is kept out for good, by the broker or by the platform.
[[nodiscard]] bool is_ramp_over(const FleetStatus& status);

// Devices that are neither ready nor kept out.
[[nodiscard]] std::uint64_t late_devices(const FleetStatus& status);

// The time for the ramp is over, and somebody is ready: a sentence about those who are late, why so far, and
// the newest failure.
[[nodiscard]] std::string late_text(const FleetStatus& status, const FleetFailures& failures, wire::Nanos allowance);

// Nobody is ready and nobody will be: a sentence with what refuses them, how often, and what to change; none as long as
// there is hope. So many refusals and not one success as `kHopelessLogins` (of handshakes: `kHopelessHandshakes`) say
// that no further one will be.
[[nodiscard]] std::optional<std::string> why_hopeless(const FleetStatus& status, const FleetFailures& failures);
inline constexpr std::uint64_t kHopelessLogins = 256;
inline constexpr std::uint64_t kHopelessHandshakes = 16;

// "12 of 200 devices are kept out: what calls owe them is missing".
[[nodiscard]] std::string kept_out_text(const FleetStatus& status);

// "12 × not authorized, 3 × server busy": every failure so far, under the names of the report.
[[nodiscard]] std::string failures_text(const FleetFailures& failures);

}  // namespace fleet::sim
