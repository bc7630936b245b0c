#include "sim/fleet/fleet.h"

#include <malloc.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "sim/fleet/fleet_plan.h"
#include "sim/fleet/worker.h"
#include "sim/scenario/plan.h"
#include "wire/mqtt/connection.h"

namespace fleet::sim {

namespace {

using wire::TimePoint;

// Of devices that read slowly: so that what they leave stays with the broker. The kernel keeps twice as much.
constexpr std::uint32_t kSlowReceiveBuffer = 4'096;

wire::mqtt::EndpointOptions endpoint_options(const FleetGroup& group) {
  const ConnectPlan& connect = group.connect;
  wire::mqtt::EndpointOptions options;
  options.version = connect.version;
  options.keep_alive = connect.keep_alive;
  options.clean_start = connect.clean_start;
  options.session_expiry_s = connect.session_expiry_s;
  options.connect_timeout = connect.timeout;
  if (group.behaviour.slow_reading) options.receive_buffer_bytes = kSlowReceiveBuffer;
  return options;
}

double micros(wire::Nanos duration) { return std::chrono::duration<double, std::micro>(duration).count(); }

}  // namespace

std::uint64_t heap_in_use() {
  const struct mallinfo2 heap = mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

struct Fleet::State {
  State(const Scenario& scenario, const std::vector<std::unique_ptr<GroupBooks>>& groups, const Identities& identities,
        wire::mqtt::BrokerPlace broker, std::uint32_t run)
      : plan{.scenario = scenario,
             .groups = groups,
             .identities = identities,
             .broker = std::move(broker),
             .run = run,
             .workers = worker_count(scenario, read_machine_limits().cores),
             .login_timestamp = std::to_string(wire::Millis(wire::read_wall_clock().time_since_epoch()).count()),
             .first_device = {},
             .options = {},
             .gateways = {},
             .telemetry = telemetry_rows(scenario),
             .replies = reply_rows(scenario),
             .found = {},
             .faults = FaultClock(scenario.faults.size()),
             .gate = {},
             .last_error = {},
             .failures = {},
             .refused = {},
             .lost = {},
             .subscriptions_refused = {}} {
    for (const FleetGroup& group : scenario.fleet) {
      plan.first_device.push_back(plan.devices);
      plan.options.push_back(endpoint_options(group));
      (group.connects() ? plan.devices : sub_devices) += group.count;
    }
    plan.gateways.resize(scenario.fleet.size());
    for (const FleetGroup& group : scenario.fleet) {
      if (group.connects()) continue;
      std::unique_ptr<GatewayGroup>& gateways = plan.gateways[group.gateway->group];
      if (!gateways) gateways = std::make_unique<GatewayGroup>(scenario, group.gateway->group);
    }
  }

  [[nodiscard]] ConnectRecord connect_record() const;
  [[nodiscard]] double bytes_per_connection() const;
  void end_threads();

  FleetPlan plan;
  std::uint64_t sub_devices = 0;
  PhaseTimes phases;
  std::vector<std::unique_ptr<Worker>> workers;
  std::optional<FleetOutcome> outcome;
};

Fleet::Fleet(const Scenario& scenario, const std::vector<std::unique_ptr<GroupBooks>>& groups,
             const Identities& identities, wire::mqtt::BrokerPlace broker, std::uint32_t run)
    : state_(std::make_unique<State>(scenario, groups, identities, std::move(broker), run)) {}

Fleet::~Fleet() { state_->end_threads(); }

wire::Result<void> Fleet::start() {
  State& state = *state_;
  if (auto found = state.plan.found.find(state.plan.broker); !found) return found;
  state.plan.ramp_start = wire::read_clock();
  for (std::uint32_t i = 0; i < state.plan.workers; ++i) {
    state.workers.push_back(std::make_unique<Worker>(state.plan, i));
  }
  state.plan.heap_before = heap_in_use();
  for (const auto& worker : state.workers) {
    if (auto started = worker->start(); !started) return started;
  }
  return {};
}

FleetStatus Fleet::status() const {
  FleetStatus status;
  status.devices = state_->plan.devices;
  status.sub_devices = state_->sub_devices;
  for (const auto& worker : state_->workers) {
    const WorkerCounters& counters = worker->counters();
    status.ready += counters.ready.read();
    status.connected += counters.connected.read();
    status.connect_failed += counters.connect_failed.read();
    status.reconnects += counters.reconnects.read();
    status.subscribe_refused += counters.subscribe_refused.read();
    status.login_refused += counters.login_refused.read();
    status.half_subscribed += counters.half_subscribed.read();
    status.handshake_refused += counters.handshake_refused.read();
    status.gateway_refused += counters.gateway_refused.read();
    status.sub_devices_ready += counters.sub_devices_ready.read();
    status.sub_devices_kicked += counters.sub_devices_kicked.read();
    status.newcomers_refused += counters.newcomers_refused.read();
    status.telemetry_open += counters.telemetry_open.read();
    status.unsettled += counters.unsettled.read();
    status.away_by_fault += worker->away_by_fault();
    status.first_copies += worker->first_copies();  // before the whole: no part exceeds it
    status.deliveries += worker->deliveries();
  }
  status.last_error = state_->plan.last_error.read();
  return status;
}

FleetFailures Fleet::failures() const {
  const FleetPlan& plan = state_->plan;
  return {plan.failures.read(), plan.refused.read(), plan.lost.read(), plan.subscriptions_refused.read()};
}

void Fleet::set_phases(const PhaseTimes& phases) {
  State& state = *state_;
  FLEET_CHECK(state.plan.phases.load(std::memory_order_relaxed) == nullptr);
  state.phases = phases;
  state.plan.phases.store(&state.phases, std::memory_order_release);
  for (const auto& worker : state.workers) worker->announce_phases();
}

void Fleet::end_hold() {
  for (const auto& worker : state_->workers) worker->end_hold();
}

void Fleet::begin_fault(std::size_t fault, TimePoint when, bool blame) {
  FleetPlan& plan = state_->plan;
  plan.faults.begin(fault, when);
  if (blame) plan.faults.blame(fault);
  const Fault& what = plan.scenario.faults[fault];
  if (what.kind == FaultKind::handover) {
    for (const auto& worker : state_->workers) worker->begin_handover(fault);
  }
  if (what.kind != FaultKind::cut || is_of_link(what)) return;
  for (const auto& worker : state_->workers) worker->cut(fault);
}

void Fleet::pass_fault() { state_->plan.faults.pass(); }

// All workers disconnect at the same time; each has its own grace.
void Fleet::State::end_threads() {
  for (const auto& worker : workers) worker->begin_stop();
  for (const auto& worker : workers) worker->join();
}

ConnectRecord Fleet::State::connect_record() const {
  ConnectRecord record;
  TimePoint last_ready = plan.ramp_start;
  for (const auto& worker : workers) {
    record.failed += worker->counters().connect_failed.read();
    record.reconnects += worker->counters().reconnects.read();
    record.subscriptions_refused += worker->counters().subscribe_refused.read();
    record.subscriptions_lowered += worker->counters().subscribe_lowered.read();
    record.time.merge(worker->connect_times());
    last_ready = std::max(last_ready, worker->last_ready());
  }
  record.errors = plan.failures.read();
  record.refused = plan.refused.read();
  record.lost = plan.lost.read();
  record.subscription_errors = plan.subscriptions_refused.read();
  record.seconds = std::chrono::duration<double>(last_ready - plan.ramp_start).count();
  if (record.seconds > 0) record.per_s = static_cast<double>(record.time.count()) / record.seconds;
  return record;
}

double Fleet::State::bytes_per_connection() const {
  const std::uint64_t ready = plan.heap_ready.load(std::memory_order_relaxed);
  if (ready == 0) return std::numeric_limits<double>::quiet_NaN();
  if (ready <= plan.heap_before || plan.devices == 0) return 0;
  return static_cast<double>(ready - plan.heap_before) / static_cast<double>(plan.devices);
}

FleetOutcome Fleet::stop() {
  State& state = *state_;
  if (state.outcome) return *state.outcome;
  state.end_threads();

  FleetOutcome& outcome = state.outcome.emplace();
  outcome.call_groups.resize(state.plan.groups.size());
  outcome.balance.resize(state.plan.scenario.fleet.size());
  outcome.behaviour.resize(state.plan.scenario.fleet.size());
  outcome.faults.resize(state.plan.faults.size());
  std::vector<std::vector<SecondSlice>> seconds;
  for (std::size_t i = 0; i < state.workers.size(); ++i) {
    Worker& worker = *state.workers[i];
    for (std::size_t g = 0; g < outcome.call_groups.size(); ++g) {
      outcome.call_groups[g].merge(worker.ledger().tallies()[g]);
    }
    for (std::size_t g = 0; g < outcome.balance.size(); ++g) outcome.balance[g].merge(worker.ledger().balance(g));
    for (std::size_t g = 0; g < outcome.behaviour.size(); ++g) outcome.behaviour[g].merge(worker.behaviour(g));
    for (std::size_t f = 0; f < outcome.faults.size(); ++f) outcome.faults[f].merge(worker.fault_outcomes()[f]);
    outcome.strangers.merge(worker.ledger().strangers());
    outcome.cpu.push_back({"worker " + std::to_string(i), micros(worker.watch().hold_cpu())});
    outcome.telemetry.scheduled += worker.telemetry().scheduled;
    outcome.telemetry.sent += worker.telemetry().sent;
    outcome.telemetry.acknowledged += worker.telemetry().acknowledged;
    outcome.worst_hiccup = std::max(outcome.worst_hiccup, worker.watch().worst_hiccup());
    outcome.untimed += worker.ledger().timeline().dropped();
    seconds.push_back(worker.ledger().timeline().take());
  }
  outcome.timeline = merge_slices(seconds);
  outcome.connect = state.connect_record();
  outcome.bytes_per_connection = state.bytes_per_connection();
  return outcome;
}

}  // namespace fleet::sim
