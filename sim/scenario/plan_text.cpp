#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>

#include "settings/units.h"
#include "sim/scenario/behaviour_text.h"
#include "sim/scenario/naming.h"
#include "sim/scenario/plan.h"
#include "sim/scenario/sub_devices.h"
#include "sim/scenario/timetable.h"

namespace fleet::sim {

using settings::duration_text;
using settings::grouped;
using settings::size_text;

namespace {

using Out = std::back_insert_iterator<std::string>;

// A closed loop's numbers are found out, not planned.
std::string number(const std::optional<std::uint64_t>& count) { return count ? grouped(*count) : "as many as fit"; }

std::string url_text(const std::optional<Url>& url, std::string_view started) {
  return url ? url->text() : std::string(started);
}

std::string rate_text(double per_second) {
  return per_second >= 1 ? fmt::format("{:g}/s", per_second) : fmt::format("{:g}/m", per_second * 60);
}

// "50/s", "10/s growing to 200/s over 10s", …
std::string shape_text(const CallGroup& call, const Phases& phases) {
  const RateShape& shape = call.shape;
  if (shape.burst_calls > 0) {
    return fmt::format("{} calls at once every {}", grouped(shape.burst_calls), duration_text(shape.burst_every));
  }
  if (!shape.replay.empty()) {
    const auto in_hold = static_cast<std::size_t>(
        std::lower_bound(shape.replay.begin(), shape.replay.end(), phases.hold) - shape.replay.begin());
    std::string text = fmt::format("{} calls at due times of their own", grouped(in_hold));
    const std::size_t behind = shape.replay.size() - in_hold;
    if (behind > 0) text += fmt::format(" ({} more are due behind the hold, and not made)", grouped(behind));
    return text;
  }
  if (shape.stretches.empty()) return rate_text(call.per_second);
  std::string text;
  for (const RateStretch& stretch : shape.stretches) {
    // The ramp's first stretch is the warm-up; of steps it holds the warm-up too.
    const bool first = &stretch == &shape.stretches.front();
    const bool warms_up = first && shape.stretches.back().from != shape.stretches.back().to;
    if (warms_up && shape.stretches.size() > 1) continue;
    const wire::Nanos length = first && !warms_up ? stretch.length - phases.warm_up : stretch.length;
    text += text.empty() ? "" : ", ";
    text += stretch.from == stretch.to ? fmt::format("{} for {}", rate_text(stretch.from), duration_text(length))
                                       : fmt::format("from {} to {} over {}", rate_text(stretch.from),
                                                     rate_text(stretch.to), duration_text(length));
  }
  return text;
}

std::string_view kind_text(DeviceKind kind) {
  if (kind == DeviceKind::gateway) return "gateways";
  return kind == DeviceKind::sub_device ? "sub-devices" : "devices";
}

std::string members_of(const Scenario& scenario, const FleetGroup& group) {
  const std::string names =
      fmt::format("{} .. {}", device_name(group.name_template, 0), device_name(group.name_template, group.count - 1));
  if (group.kind == FleetKind::consumer) {
    return fmt::format("{} consumers of messages to group '{}', {}", grouped(group.count), group.consumer_group, names);
  }
  const Product& product = scenario.products[group.product];
  return fmt::format("{} {} of '{}' (key {}), {}", grouped(group.count), kind_text(product.kind), product.name,
                     product.key, names);
}

std::string connection_text(const Scenario& scenario, const FleetGroup& group) {
  if (group.gateway) {
    const FleetGroup& gateways = scenario.fleet[group.gateway->group];
    const SubDeviceSpread spread{group.count, gateways.count};
    const std::uint32_t least = spread.count(gateways.count - 1);
    const std::string each =
        least == spread.count_max() ? grouped(least) : fmt::format("{} or {}", grouped(least), grouped(least + 1));
    constexpr std::string_view kTopology[] = {"the configuration", "BatchAddThingTopo", "thing/topo/add"};
    return fmt::format("{} for each of the {} gateways of '{}', topology by {}{}", each, grouped(gateways.count),
                       gateways.name, kTopology[static_cast<std::size_t>(group.gateway->topology)],
                       group.gateway->login ? "" : ", not logged in");
  }
  const double ramp = group.count / group.connect.per_second;
  return fmt::format(
      "{} engine, MQTT {}, connecting at {} for about {:.1f} s", group.engine == Engine::paho ? "paho" : "native",
      group.connect.version == wire::mqtt::Version::v5 ? "5" : "3.1.1", rate_text(group.connect.per_second), ramp);
}

void print_group(Out out, const Scenario& scenario, const FleetGroup& group) {
  std::string topics;
  for (const TopicSubscription& row : group.subscribe) {
    topics += fmt::format("{}{} (QoS {})", topics.empty() ? "" : ", ", row.topic, static_cast<int>(row.qos));
  }
  fmt::format_to(out, "  {:<16} {}\n", group.name, members_of(scenario, group));
  fmt::format_to(out, "  {:<16} {}, {} {}\n", "", connection_text(scenario, group),
                 group.kind == FleetKind::consumer ? "sharing" : "subscribed to", topics.empty() ? "nothing" : topics);
  if (group.provision == Provision::api) {
    fmt::format_to(out, "  {:<16} registered through the API before anybody connects\n", "");
  }
  if (group.provision == Provision::file) fmt::format_to(out, "  {:<16} known by {}\n", "", group.identities);
  for (const Telemetry& row : group.publish) {
    const std::string burst = row.burst > 1 ? fmt::format("{} messages at once ", row.burst) : "";
    fmt::format_to(out, "  {:<16} each publishes {}to {} (QoS {}{}) every {}, {:g}% early or late\n", "", burst,
                   row.topic, static_cast<int>(row.qos), row.retain ? ", retained" : "", duration_text(row.every),
                   row.jitter * 100);
  }
  for (const std::string& line : behaviour_text(group)) fmt::format_to(out, "  {:<16} {}\n", "", line);
}

// What one call carries, and to whom.
std::string payload_of(const Scenario& scenario, const CallGroup& call) {
  if (call.targets.empty()) {
    const FleetGroup& group = scenario.fleet[call.fleet_group];
    return fmt::format("{} of {} '{}', topic {}, QoS {}", call.batch, grouped(group.count), group.name, call.topic,
                       static_cast<int>(call.qos));
  }
  std::string groups;
  for (const std::size_t target : call.targets) {
    groups += fmt::format("{}'{}'", groups.empty() ? "" : ", ", scenario.fleet[target].consumer_group);
  }
  std::string topics;
  for (const std::string& topic : call.topics) topics += (topics.empty() ? "" : ", ") + topic;
  return fmt::format("{} messages to {} in turn, topic {}", call.batch, groups, topics);
}

void print_call(Out out, const Scenario& scenario, const CallGroup& call, const CallPlan& plan) {
  const std::string loop = call.closed_loop ? fmt::format("closed loop, {} in flight", call.in_flight)
                                            : fmt::format("open loop, {}{}", shape_text(call, scenario.phases),
                                                          call.arrivals == Arrivals::poisson ? ", at random" : "");
  fmt::format_to(out, "  {:<16} {}{} {}, {} each; {}\n", call.name, call.api, call.targets.empty() ? " of" : ":",
                 payload_of(scenario, call), size_text(call.payload_bytes), loop);
  fmt::format_to(out, "  {:<16} calls in the warm-up: {}, in the hold: {}; deliveries expected: {}\n", "",
                 number(plan.warm_up), number(plan.hold), number(plan.deliveries));
}

std::string limit_text(std::uint64_t limit) {
  return limit == std::numeric_limits<std::uint64_t>::max() ? "unlimited" : grouped(limit);
}

}  // namespace

std::string plan_text(const Scenario& scenario, const Plan& plan, const MachineLimits& limits) {
  std::string text;
  const Out out = std::back_inserter(text);
  fmt::format_to(out, "{}, seed {}\n", scenario.name, scenario.seed);
  if (!scenario.question.empty()) fmt::format_to(out, "{}\n", scenario.question);
  for (const std::string& file : scenario.includes) fmt::format_to(out, "includes {}\n", file);
  fmt::format_to(out, "\ntarget\n  broker           {}\n  bridge           {}{}\n",
                 url_text(scenario.target.broker, "Mosquitto, started for the run"),
                 url_text(scenario.target.bridge, "fleet-bridge, started for the run"),
                 scenario.target.dialect == Dialect::emqx_bcast ? ", dialect emqx-bcast" : "");
  fmt::format_to(out, "\nfleet\n");
  for (const FleetGroup& group : scenario.fleet) print_group(out, scenario, group);
  fmt::format_to(out, "\ncalls\n");
  for (std::size_t i = 0; i < scenario.calls.size(); ++i) print_call(out, scenario, scenario.calls[i], plan.calls[i]);
  fmt::format_to(out, "\nphases\n  {}warm-up {}, hold {}, drain at most {}\n",
                 scenario.phases.ready_within
                     ? fmt::format("ready within {}, ", duration_text(*scenario.phases.ready_within))
                     : "",
                 duration_text(scenario.phases.warm_up), duration_text(scenario.phases.hold),
                 duration_text(scenario.phases.drain));
  if (!scenario.faults.empty()) fmt::format_to(out, "\nfaults, behind the start of the hold\n");
  for (const Fault& fault : scenario.faults) {
    fmt::format_to(out, "  {:<16} {}\n", duration_text(fault.at), fault_text(scenario, fault));
  }
  fmt::format_to(out, "\nsecond by second (connect from the first connect on, all else from the warm-up on)\n{}",
                 timetable_text(scenario));
  if (!scenario.thresholds.empty()) fmt::format_to(out, "\nthresholds\n");
  for (const Threshold& threshold : scenario.thresholds) fmt::format_to(out, "  {}\n", threshold.expression);

  fmt::format_to(out, "\nexpected\n");
  const auto row = [&](std::string_view what, const std::string& amount) {
    fmt::format_to(out, "  {:<24} {}\n", what, amount);
  };
  if (plan.devices > 0 || plan.consumers == 0) row("devices", grouped(plan.devices));
  if (plan.gateways > 0) row("of them gateways", grouped(plan.gateways));
  if (plan.sub_devices > 0) row("of them sub-devices", grouped(plan.sub_devices));
  if (plan.consumers > 0) row("consumers", grouped(plan.consumers));
  row("connections", grouped(plan.connections));
  row("subscriptions", grouped(plan.subscriptions));
  row("calls in the warm-up", number(plan.total.warm_up));
  row("calls in the hold", number(plan.total.hold));
  row("deliveries", number(plan.total.deliveries));
  if (plan.telemetry > 0) row("telemetry, about", grouped(plan.telemetry));

  fmt::format_to(out, "\nneeded, of what this machine has\n");
  const auto need = [&](std::string_view what, const std::string& amount, const std::string& limit) {
    fmt::format_to(out, "  {:<24} {} of {}\n", what, amount, limit);
  };
  need("open descriptors", grouped(plan.descriptors), limit_text(limits.descriptors));
  if (plan.broker_descriptors > 0)
    need("the broker's", grouped(plan.broker_descriptors), limit_text(limits.descriptors));
  need(plan.source_addresses > 1 ? fmt::format("ports of {} addresses", plan.source_addresses) : "local ports",
       grouped(plan.local_ports), grouped(limits.local_ports));
  need("memory, about", size_text(plan.memory_bytes),
       limits.memory_bytes > 0 ? size_text(limits.memory_bytes) : std::string("unknown"));
  need("worker threads", grouped(plan.workers), fmt::format("{} cores", limits.cores));
  return text;
}

}  // namespace fleet::sim
