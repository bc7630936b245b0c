#include "sim/scenario/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "settings/units.h"
#include "sim/scenario/pacer.h"
#include "wire/mqtt/native_options.h"

namespace fleet::sim {

using settings::grouped;
using settings::size_text;

namespace {

// Standard streams, logs, signals, the progress line, libraries: counted generously.
constexpr std::uint64_t kBaseDescriptors = 64;
// epoll, timer and wake-up of one loop.
constexpr std::uint64_t kLoopDescriptors = 4;
// What the bridge has to the broker besides its publishers: one connection for the devices' side, and spare.
constexpr std::uint64_t kBridgeOtherConnections = 4;
// Mosquitto's own files, and the bridge's connections to it.
constexpr std::uint64_t kBrokerBaseDescriptors = 32;
// A connected, subscribed device or consumer in user memory (2 KB at most is the aim).
constexpr std::uint64_t kDeviceBytes = 2'048;
// TLS of a connection: OpenSSL 3.0's state, keys and both record buffers.
constexpr std::uint64_t kTlsBytes = 57u << 10;
// A sub-device: what the ledger and its gateway keep.
constexpr std::uint64_t kSubDeviceBytes = 64;
// A secret that is kept, and where.
constexpr std::uint64_t kSecretBytes = 48;
// One row of telemetry of one device in the schedule.
constexpr std::uint64_t kTelemetryBytes = 24;
// Program, libraries and buffers of the loops.
constexpr std::uint64_t kBaseBytes = 24u << 20;
// A tally: ten histograms of 180 KB.
constexpr std::uint64_t kTallyBytes = 10 * (180u << 10);
// Books: at most 64 MB for all call groups.
constexpr std::uint64_t kBooksBytesMax = 64u << 20;
// Ports of the range that others on this machine may hold.
constexpr std::uint64_t kPortsReserved = 100;

CallPlan plan_calls(const Scenario& scenario, std::size_t call_group) {
  CallPlan plan;
  const CallGroup& group = scenario.calls[call_group];
  if (group.closed_loop) return plan;
  const wire::TimePoint start{};
  Pacer pacer(scenario, call_group, start);
  plan.warm_up = first_due(pacer, start + scenario.phases.warm_up);
  plan.hold = first_due(pacer, start + scenario.phases.warm_up + scenario.phases.hold) - *plan.warm_up;
  plan.deliveries = *plan.hold * group.batch;
  return plan;
}

void add(std::optional<std::uint64_t>& sum, const std::optional<std::uint64_t>& part) {
  if (sum && part) {
    *sum += *part;
  } else {
    sum.reset();
  }
}

std::uint64_t caller_connections(const CallGroup& group) {
  return group.closed_loop ? group.in_flight : group.connections_max;
}

bool speaks_tls(const Target& target) {
  return target.broker ? wire::mqtt::BrokerPlace(*target.broker).uses_tls() : target.broker_tls != BrokerTls::off;
}

std::uint64_t fleet_bytes(const Scenario& scenario) {
  const std::uint64_t connection = kDeviceBytes + (speaks_tls(scenario.target) ? kTlsBytes : 0);
  std::uint64_t bytes = 0;
  for (const FleetGroup& group : scenario.fleet) {
    const std::uint64_t each = (group.connects() ? connection : kSubDeviceBytes) +
                               (group.provision != Provision::config ? kSecretBytes : 0) +
                               group.publish.size() * kTelemetryBytes;
    bytes += group.count * each;
  }
  return bytes;
}

void count_devices(const Scenario& scenario, Plan& plan) {
  for (const FleetGroup& group : scenario.fleet) {
    plan.subscriptions += group.count * static_cast<std::uint64_t>(group.subscribe.size());
    if (group.kind == FleetKind::consumer) {
      plan.consumers += group.count;
      plan.connections += group.count;
      continue;
    }
    plan.devices += group.count;
    if (group.connects()) {
      plan.connections += group.count;
    } else {
      plan.sub_devices += group.count;
    }
    if (scenario.products[group.product].kind == DeviceKind::gateway) plan.gateways += group.count;
    for (const Telemetry& row : group.publish) {
      const double each = std::chrono::duration<double>(scenario.phases.hold) / row.every;
      plan.telemetry += static_cast<std::uint64_t>(std::llround(each * group.count)) * row.burst;
    }
  }
}

std::uint64_t books_bytes(const Scenario& scenario, const Plan& plan) {
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < plan.calls.size(); ++i) {
    if (!plan.calls[i].hold) return kBooksBytesMax;
    bytes += (*plan.calls[i].warm_up + *plan.calls[i].hold) * (scenario.calls[i].batch * std::uint64_t{8} + 64);
  }
  return std::min(bytes, kBooksBytesMax);
}

std::string members_text(const Plan& plan) {
  if (plan.consumers == 0) return fmt::format("{} devices", grouped(plan.devices));
  if (plan.devices == 0) return fmt::format("{} consumers", grouped(plan.consumers));
  return fmt::format("{} devices and {} consumers", grouped(plan.devices), grouped(plan.consumers));
}

}  // namespace

std::uint32_t worker_count(const Scenario& scenario, unsigned cores) {
  if (scenario.workers > 0) return scenario.workers;
  return cores > 1 ? cores - 1 : 1;
}

Plan make_plan(const Scenario& scenario, unsigned cores) {
  Plan plan;
  plan.workers = worker_count(scenario, cores);
  count_devices(scenario, plan);
  plan.source_addresses = std::max(scenario.target.source_addresses.count, 1u);
  plan.local_ports = (plan.connections + plan.source_addresses - 1) / plan.source_addresses;
  plan.total = CallPlan{0, 0, 0};
  std::uint64_t callers = 0;
  std::uint64_t tallies = 0;  // of one thread
  for (std::size_t i = 0; i < scenario.calls.size(); ++i) {
    const CallGroup& group = scenario.calls[i];
    tallies += group.targets.size() > 1 ? 1 + group.targets.size() : 1;
    const CallPlan calls = plan_calls(scenario, i);
    add(plan.total.warm_up, calls.warm_up);
    add(plan.total.hold, calls.hold);
    add(plan.total.deliveries, calls.deliveries);
    plan.calls.push_back(calls);
    callers += caller_connections(group);
  }
  plan.descriptors = plan.connections + callers + plan.workers * kLoopDescriptors + kBaseDescriptors;
  if (has_proxy(scenario, Between::fleet_broker)) {
    plan.connection_descriptors = 3;
    plan.descriptors += 2 * plan.connections + kLoopDescriptors;
  }
  if (has_proxy(scenario, Between::bridge_broker)) {
    plan.descriptors += 2 * (scenario.target.publisher_connections + kBridgeOtherConnections) + kLoopDescriptors;
  }
  if (!scenario.target.broker) {
    plan.broker_descriptors = plan.connections + scenario.target.publisher_connections + kBrokerBaseDescriptors;
  }
  plan.memory_bytes =
      kBaseBytes + fleet_bytes(scenario) + books_bytes(scenario, plan) + (plan.workers + 1) * tallies * kTallyBytes;
  return plan;
}

Plan make_plan(const Scenario& scenario) { return make_plan(scenario, read_machine_limits().cores); }

wire::Result<void> check_limits(const Plan& plan, const MachineLimits& limits) {
  const std::string members = members_text(plan);
  const std::uint64_t peak = std::max(plan.descriptors, plan.broker_descriptors);
  if (peak > limits.descriptors) {
    const std::uint64_t each = peak == plan.descriptors ? plan.connection_descriptors : 1;
    const std::uint64_t others = peak - each * plan.connections;
    const std::uint64_t fits = limits.descriptors > others ? (limits.descriptors - others) / each : 0;
    return wire::environment_error(
        fmt::format("{} need {} open descriptors and a process may have {}; {} fit: lower the counts, or raise the "
                    "hard limit (ulimit -Hn)",
                    members, grouped(peak), grouped(limits.descriptors), grouped(fits)));
  }
  const std::uint64_t ports = limits.local_ports > kPortsReserved ? limits.local_ports - kPortsReserved : 0;
  if (plan.local_ports > ports) {
    return wire::environment_error(fmt::format(
        "{} need {} local ports{} and net.ipv4.ip_local_port_range leaves {}; {} fit: lower the counts, widen the "
        "range, or let them come from more addresses (target.broker.source_addresses)",
        members, grouped(plan.local_ports),
        plan.source_addresses > 1 ? fmt::format(" of each of {} source addresses", plan.source_addresses) : "",
        grouped(ports), grouped(ports * plan.source_addresses)));
  }
  if (limits.memory_bytes > 0 && plan.memory_bytes > limits.memory_bytes) {
    return wire::environment_error(
        fmt::format("the run needs about {} of memory and {} are available; lower the counts",
                    size_text(plan.memory_bytes), size_text(limits.memory_bytes)));
  }
  return {};
}

wire::Result<void> check_limits(const Plan& plan) {
  raise_descriptor_limit();
  return check_limits(plan, read_machine_limits());
}

}  // namespace fleet::sim
