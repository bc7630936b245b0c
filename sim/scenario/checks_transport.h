// What lies between the fleet and its broker: what the rows of target.broker cannot say.
#pragma once

#include "sim/scenario/scenario.h"
#include "sim/scenario/tables.h"

namespace fleet::sim {

// Fills Target::tls, broker_tls, broker_websocket and source_addresses.
void check_transport(const Draft& draft, Reader& reader, Target& out);

// What a proxy between the broker and others cannot do: come from several addresses, and have a remote broker's name.
// `scenario` has its faults.
void check_proxied(const Scenario& scenario, Reader& reader);

}  // namespace fleet::sim
