// What all workers of a fleet share: the plan, const once the threads run, and the few things they tell each other.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/fleet/counter.h"
#include "sim/fleet/fault_watch.h"
#include "sim/fleet/gateway_group.h"
#include "sim/fleet/ramp.h"
#include "sim/fleet/replies.h"
#include "sim/fleet/telemetry.h"
#include "sim/ledger/group_books.h"
#include "sim/scenario/identities.h"
#include "sim/scenario/scenario.h"
#include "wire/clock.h"
#include "wire/mqtt/endpoint.h"
#include "wire/mqtt/native_options.h"

namespace fleet::sim {

// Owned by the fleet; outlives the workers.
struct FleetPlan {
  const Scenario& scenario;
  const std::vector<std::unique_ptr<GroupBooks>>& groups;
  const Identities& identities;
  const wire::mqtt::BrokerPlace broker;
  const std::uint32_t run;                  // of the stamps
  const std::uint32_t workers;              // at least 1
  const std::string login_timestamp;        // digits; one for the run, so that a device finds its session
  std::vector<std::uint64_t> first_device;  // global index of each fleet group's device 0, of those that connect
  std::vector<wire::mqtt::EndpointOptions> options;     // by fleet group
  std::vector<std::unique_ptr<GatewayGroup>> gateways;  // by fleet group, null where it is none of gateways
  std::vector<TelemetryRow> telemetry;
  std::vector<ReplyRow> replies;
  std::uint64_t devices = 0;      // that connect
  wire::mqtt::FoundBroker found;  // from start() on
  wire::TimePoint ramp_start{};   // likewise

  // Device `index` of a fleet group that connects belongs to this worker; a sub-device to its gateway's.
  [[nodiscard]] std::uint32_t worker_of(std::size_t fleet_group, std::uint32_t index) const {
    return static_cast<std::uint32_t>((first_device[fleet_group] + index) % workers);
  }

  // From found on: what the native engine's device `index` of a fleet group connects to, and where from.
  [[nodiscard]] wire::mqtt::NativeOptions native_of(std::size_t fleet_group, std::uint32_t index) const {
    wire::mqtt::NativeOptions native = found.native();
    const AddressRange& from = scenario.target.source_addresses;
    if (from.count == 0) return native;
    const auto turn = static_cast<std::uint32_t>((first_device[fleet_group] + index) % from.count);
    native.local_address = boost::asio::ip::address_v4(from.first + turn);
    return native;
  }

  FaultClock faults;
  HandshakeGate gate;
  NewestSentence last_error;
  FailureBook failures;                            // attempts to connect that no answer of the broker explains, by kind
  FailureBook refused;                             // attempts to connect that the broker answered so, by reason
  FailureBook lost;                                // connections that the broker had accepted and that ended unasked
  FailureBook subscriptions_refused;               // filters, by reason
  std::atomic<const PhaseTimes*> phases{nullptr};  // set once, before the first call
  std::atomic<std::uint64_t> became_ready{0};      // devices that were ready at least once
  std::uint64_t heap_before = 0;                   // bytes in use before the workers made their devices
  std::atomic<std::uint64_t> heap_ready{0};        // bytes in use when the last device became ready, 0: not yet
};

// Bytes that this process has got from the allocator and not given back, all threads together. Takes its locks.
[[nodiscard]] std::uint64_t heap_in_use();

}  // namespace fleet::sim
