// What a scenario will do and need, told before anything is started.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/scenario/machine.h"
#include "sim/scenario/scenario.h"
#include "wire/error.h"

namespace fleet::sim {

// One call group's share. Closed loops have no planned number of calls.
struct CallPlan {
  std::optional<std::uint64_t> warm_up;     // calls due in the warm-up
  std::optional<std::uint64_t> hold;        // calls due in the hold: the measured ones
  std::optional<std::uint64_t> deliveries;  // hold × batch: expected when every call is accepted
};

struct Plan {
  std::uint64_t devices = 0;  // gateways and sub-devices among them
  std::uint64_t gateways = 0;
  std::uint64_t sub_devices = 0;
  std::uint64_t consumers = 0;
  std::uint64_t connections = 0;  // to the broker, the fleet's
  std::uint64_t subscriptions = 0;
  std::uint64_t telemetry = 0;  // messages published by themselves in the hold, about
  std::vector<CallPlan> calls;  // by call group
  CallPlan total;               // none where one of the groups is a closed loop
  std::uint32_t workers = 0;
  std::uint64_t descriptors = 0;             // peak of this process
  std::uint64_t connection_descriptors = 1;  // of them, for each connection: three where a proxy stands in between
  std::uint64_t broker_descriptors = 0;      // peak of a started broker, which inherits our limit; 0: not started by us
  std::uint64_t local_ports = 0;             // towards the broker, of the source address that has most
  std::uint32_t source_addresses = 1;
  std::uint64_t memory_bytes = 0;  // estimate for this process, sockets' kernel memory not included
};

// Pure. `cores`: processors that this process may use.
[[nodiscard]] Plan make_plan(const Scenario& scenario, unsigned cores);
[[nodiscard]] Plan make_plan(const Scenario& scenario);  // on this machine

// Worker threads: the scenario's number, or one for each core but one, at least one.
[[nodiscard]] std::uint32_t worker_count(const Scenario& scenario, unsigned cores);

// Says what the machine cannot hold, with the number of devices that fits. Errors: environment.
[[nodiscard]] wire::Result<void> check_limits(const Plan& plan, const MachineLimits& limits);
// The same on this machine; raises the limit of open descriptors first.
[[nodiscard]] wire::Result<void> check_limits(const Plan& plan);

// What `fleet-sim plan` prints; ends with a line feed.
[[nodiscard]] std::string plan_text(const Scenario& scenario, const Plan& plan, const MachineLimits& limits);

}  // namespace fleet::sim
