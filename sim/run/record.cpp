#include "sim/run/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/report/verdict.h"
#include "sim/run/context.h"
#include "sim/run/ramp_outcome.h"

namespace fleet::sim {

namespace {

double seconds(wire::Nanos duration) { return std::chrono::duration<double>(duration).count(); }
double micros(wire::Nanos duration) { return std::chrono::duration<double, std::micro>(duration).count(); }

// CPU over the hold in µs; negative where the process is not ours or did not live through it.
double cpu_us(const std::optional<ProcessUse>& begin, const std::optional<ProcessUse>& end) {
  return begin && end ? micros(end->cpu - begin->cpu) : -1;
}

std::optional<std::int64_t> growth_kib(const std::optional<ProcessUse>& begin, const std::optional<ProcessUse>& end) {
  return begin && end ? std::optional(end->rss_kib - begin->rss_kib) : std::nullopt;
}

std::int64_t rss_kib(const std::optional<ProcessUse>& use) { return use ? use->rss_kib : -1; }

void add_groups(const Scenario& scenario, FleetOutcome& fleet, std::vector<Tally> tallies, RunRecord& record) {
  for (std::size_t i = 0; i < scenario.fleet.size(); ++i) {
    const FleetGroup& group = scenario.fleet[i];
    record.groups.push_back({group.name, {}, {}});
    if (group.kind == FleetKind::consumer) record.groups.back().balance = fleet.balance[i];
    record.behaviour.merge(fleet.behaviour[i]);
    record.groups.back().behaviour = std::move(fleet.behaviour[i]);
  }
  for (std::size_t i = 0; i < tallies.size(); ++i) {
    const CallGroup& calls = scenario.calls[i];
    record.total.merge(tallies[i]);
    record.total.targets.clear();  // they differ from call group to call group
    if (calls.targets.size() < 2) record.groups[calls.fleet_group].tally.merge(tallies[i]);
    for (std::size_t t = 0; t < calls.targets.size() && calls.targets.size() > 1; ++t) {
      Tally& of_target = record.groups[calls.targets[t]].tally;
      of_target.merge(tallies[i].target(t));
      // The calls themselves went to all of them.
      of_target.times.send_lag.merge(tallies[i].times.send_lag);
      of_target.times.http.merge(tallies[i].times.http);
    }
    record.call_groups.push_back({calls.name, std::move(tallies[i]), {}});
  }
}

void add_fleet(const Scenario& scenario, FleetRecord& fleet) {
  for (const FleetGroup& group : scenario.fleet) {
    if (group.connects()) fleet.connections += group.count;
    if (group.kind == FleetKind::consumer) {
      fleet.consumers += group.count;
      continue;
    }
    fleet.devices += group.count;
    const DeviceKind kind = scenario.products[group.product].kind;
    if (kind == DeviceKind::gateway) fleet.gateways += group.count;
    if (kind == DeviceKind::sub_device) fleet.sub_devices += group.count;
  }
}

void add_rates(const RunEdges& edges, RunRecord& record) {
  record.hold_s = seconds(edges.end.when - edges.begin.when);
  if (record.hold_s <= 0) return;
  record.calls_per_s = static_cast<double>(edges.end.callers.accepted - edges.begin.callers.accepted) / record.hold_s;
  record.deliveries_per_s =
      static_cast<double>(edges.end.fleet.first_copies - edges.begin.fleet.first_copies) / record.hold_s;
}

// Paho's threads belong to the process and are in no worker's CPU: what remains of the process is theirs.
ThreadCpu paho_cpu(const RunEdges& edges, const FleetOutcome& fleet, const CallersOutcome& callers,
                   const std::vector<ProxyOutcome>& proxies) {
  double rest = micros(edges.end.own.cpu - edges.begin.own.cpu);
  for (const ProxyOutcome& proxy : proxies) rest -= proxy.cpu_us;
  for (const ThreadCpu& thread : fleet.cpu) rest -= thread.cpu_us;
  for (const ThreadCpu& thread : callers.cpu) rest -= thread.cpu_us;
  return {"Paho", std::max(rest, 0.0)};
}

bool uses_paho(const Scenario& scenario) {
  return std::any_of(scenario.fleet.begin(), scenario.fleet.end(),
                     [](const FleetGroup& group) { return group.engine == Engine::paho; });
}

void add_cost(const Scenario& scenario, const RunEdges& edges, const FleetOutcome& fleet, const CallersOutcome& callers,
              const std::vector<ProxyOutcome>& proxies, RunRecord& record) {
  CostRecord& cost = record.cost;
  cost.fleet = fleet.cpu;
  if (uses_paho(scenario)) cost.fleet.push_back(paho_cpu(edges, fleet, callers, proxies));
  cost.callers = callers.cpu;
  cost.bridge_cpu_us = cpu_us(edges.begin.bridge, edges.end.bridge);
  cost.broker_cpu_us = cpu_us(edges.begin.broker, edges.end.broker);
  cost.deliveries = edges.end.fleet.deliveries - edges.begin.fleet.deliveries;
  cost.sim_rss_kib = edges.end.own.rss_kib;
  cost.bridge_rss_kib = rss_kib(edges.end.bridge);
  cost.broker_rss_kib = rss_kib(edges.end.broker);
  cost.sim_rss_growth_kib = edges.end.own.rss_kib - edges.begin.own.rss_kib;
  cost.bridge_rss_growth_kib = growth_kib(edges.begin.bridge, edges.end.bridge);
  cost.broker_rss_growth_kib = growth_kib(edges.begin.broker, edges.end.broker);
  cost.fleet_bytes_per_connection = fleet.bytes_per_connection;
}

std::string interruption(const RunEdges& edges) {
  if (edges.interrupted_at < edges.phases.hold_begin) return "interrupted before the hold began";
  const bool behind = edges.interrupted_at >= edges.phases.hold_end;
  const wire::TimePoint since = behind ? edges.phases.hold_end : edges.phases.hold_begin;
  return fmt::format("interrupted {:.1f} s into the {}", seconds(edges.interrupted_at - since),
                     behind ? "drain" : "hold");
}

FaultRecord fault_record(const Scenario& scenario, const RunEdges& edges, std::size_t index, FaultOutcome outcome,
                         const Losses& losses) {
  FaultRecord record;
  record.what = fault_text(scenario, scenario.faults[index]);
  record.of_sub_devices = scenario.faults[index].kind == FaultKind::handover;
  const FaultTimes& times = edges.faults[index];
  if (!times.begin) return record;
  const wire::TimePoint hold_begin = edges.phases.hold_begin;
  record.at_s = seconds(*times.begin - hold_begin);
  if (times.end) record.ended_s = seconds(*times.end - hold_begin);

  std::vector<wire::Nanos>& back = outcome.back;
  std::sort(back.begin(), back.end());
  record.lost = outcome.lost;
  record.not_back = outcome.lost - back.size();
  // Of all that were lost: 99% are not back where 2% never came.
  const auto until_back = [&](double share) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(outcome.lost)));
    return rank == 0 || rank > back.size() ? -1 : seconds(back[rank - 1]);
  };
  record.back_p50_s = until_back(0.5);
  record.back_p99_s = until_back(0.99);
  record.back_all_s = until_back(1);

  wire::TimePoint over = edges.phases.hold_end;
  if (times.end && record.not_back == 0) {
    over = std::max(*times.end, back.empty() ? *times.end : *times.begin + back.back());
  }
  // A call that was due with the fault may be a turn of the loop older than what the fault did.
  const Loss loss = losses.between(std::min(*times.begin, hold_begin + scenario.faults[index].at), over);
  record.missing = loss.missing;
  record.rejected = loss.rejected;
  record.failed = loss.failed;
  return record;
}

std::vector<std::string> notes(const Scenario& scenario, const FleetOutcome& fleet, const CallersOutcome& callers) {
  std::vector<std::string> notes;
  for (const FleetGroup& group : scenario.fleet) {
    if (group.engine != Engine::paho) continue;
    notes.push_back(fmt::format("{} runs on Paho: Paho's own queue and threads are inside its numbers", group.name));
  }
  if (!scenario.target.bridge && scenario.target.publisher == Engine::paho) {
    notes.push_back("the bridge publishes through Paho: Paho's own queue is inside the times");
  }
  for (const CallGroup& group : scenario.calls) {
    if (!group.closed_loop) continue;
    notes.push_back(
        fmt::format("{} is a closed loop of {} calls in flight: due is the moment of sending, so a slow "
                    "answer delays the calls behind it",
                    group.name, group.in_flight));
  }
  for (const auto& [name, whose] : {std::pair{"broker", &is_of_broker}, std::pair{"bridge", &is_of_bridge}}) {
    if (!is_started_again(scenario, whose)) continue;
    notes.push_back(fmt::format(
        "the {0} was started again by a fault: its CPU is that of all its processes, its memory the newest one's",
        name));
  }
  if (callers.waited > 0) {
    notes.push_back(
        fmt::format("{} calls found every caller connection busy and left late; the wait is in send_lag "
                    "and response; raise `connections` of the call group",
                    callers.waited));
  }
  if (const std::uint64_t untimed = fleet.untimed + callers.untimed; untimed > 0) {
    notes.push_back(
        fmt::format("the timeline was full: {} events are in no row of it, and in all other numbers", untimed));
  }
  return notes;
}

}  // namespace

RunRecord make_record(const Scenario& scenario, Stage& stage, const RunEdges& edges, RunContext context) {
  CallersOutcome callers = stage.callers->stop();
  FleetOutcome fleet = stage.fleet->stop();
  std::vector<ProxyOutcome> proxies;
  for (const auto& proxy : stage.proxies) proxies.push_back(proxy->finish());

  RunRecord record;
  record.context = std::move(context);
  record.context.broker_name = stage.broker ? "mosquitto" : scenario.target.broker->host;
  if (stage.broker) {
    record.context.broker_version = stage.broker->version;
    record.context.broker_config_sha256 = stage.broker->config_sha256;
  }
  for (std::size_t i = 0; i < stage.groups.size(); ++i) {
    callers.call_groups[i].merge(fleet.call_groups[i]);
    stage.groups[i]->books.close_all(callers.call_groups[i]);
  }
  add_groups(scenario, fleet, std::move(callers.call_groups), record);
  record.total.deliveries.merge(fleet.strangers);
  add_fleet(scenario, record.fleet);
  const FleetStatus last = stage.fleet->status();
  record.fleet.kicked = last.sub_devices_kicked;
  record.fleet.newcomers_refused = last.newcomers_refused;
  record.fleet.kept_out = last.kept_out();
  record.fleet.late = edges.late;
  record.fleet.connect = std::move(fleet.connect);
  record.telemetry = fleet.telemetry;
  add_rates(edges, record);
  add_cost(scenario, edges, fleet, callers, proxies, record);
  record.health.send_lag_p99_us = record.total.times.send_lag.value_at(0.99);
  record.health.worst_hiccup_us = micros(std::max(fleet.worst_hiccup, callers.worst_hiccup));
  for (const ProxyOutcome& proxy : proxies) {
    record.health.worst_hiccup_us = std::max(record.health.worst_hiccup_us, micros(proxy.worst_hiccup));
    for (std::size_t i = 0; i < fleet.faults.size(); ++i) fleet.faults[i].merge(proxy.faults[i]);
  }
  record.health.clock_jumps = edges.end.clock_jumps - edges.begin.clock_jumps;
  record.timeline = merge_timelines(fleet.timeline, callers.timeline);
  record.notes = notes(scenario, fleet, callers);
  if (last.kept_out() > 0) record.notes.push_back(kept_out_text(last));
  if (edges.late > 0) record.notes.push_back(edges.late_why);
  for (std::size_t i = 0; i < proxies.size(); ++i) {
    const std::string_view name = between_name(stage.proxies[i]->between());
    record.context.proxies.emplace_back(name);
    record.notes.push_back(
        fmt::format("a proxy of the simulator stands between {}: its way is inside every time, and "
                    "its CPU, {:.2f} µs a delivery, in none of the costs",
                    name, proxies[i].cpu_us / static_cast<double>(std::max<std::uint64_t>(record.cost.deliveries, 1))));
  }
  for (std::size_t i = 0; i < edges.faults.size(); ++i) {
    record.faults.push_back(fault_record(scenario, edges, i, std::move(fleet.faults[i]), record.total.losses));
  }
  if (const std::uint64_t dropped = record.total.losses.dropped(); dropped > 0) {
    record.notes.push_back(
        fmt::format("{} calls that lost something are in no fault's numbers: the list of them was full", dropped));
  }
  record.reasons = edges.child_ends;
  if (edges.interrupted) record.interrupted = interruption(edges);
  judge(scenario, record);
  return record;
}

}  // namespace fleet::sim
