#include "sim/run/stage.h"

#include <unistd.h>

#include <algorithm>

#include "sim/launch/cores.h"
#include "sim/run/context.h"
#include "sim/run/reach.h"
#include "sim/scenario/pacer.h"

namespace fleet::sim {

namespace {

// Places that wait for late copies; at 100 devices a call this is 80,000 calls.
constexpr std::uint64_t kBooksBytes = 64u << 20;

// A closed loop has no planned number of calls; the window is then bounded by memory alone.
constexpr std::uint64_t kUnplanned = std::uint64_t{1} << 40;

std::uint64_t calls_planned(const Scenario& scenario, std::size_t call_group) {
  if (scenario.calls[call_group].closed_loop) return kUnplanned;
  return calls_due(scenario, call_group, {}, scenario.phases.warm_up + scenario.phases.hold) + 1;
}

std::vector<std::unique_ptr<GroupBooks>> make_groups(const Scenario& scenario) {
  std::vector<std::unique_ptr<GroupBooks>> groups;
  const std::uint64_t budget = kBooksBytes / std::max<std::size_t>(scenario.calls.size(), 1);
  for (std::size_t i = 0; i < scenario.calls.size(); ++i) {
    const CallGroup& group = scenario.calls[i];
    const auto index = static_cast<std::uint16_t>(i);
    const std::uint64_t window = books_window(group.batch, calls_planned(scenario, i), budget);
    if (!group.targets.empty()) {
      const MessageDeal deal(group.batch, static_cast<std::uint32_t>(group.targets.size()),
                             static_cast<std::uint32_t>(group.topics.size()));
      groups.emplace_back(
          new GroupBooks{index, group.fleet_group, std::nullopt, Books(group.batch, window, deal), deal});
      continue;
    }
    const std::uint32_t devices = scenario.fleet[group.fleet_group].count;
    // Groups draw from different sequences of one seed.
    const std::uint64_t seed = scenario.seed * 0x9E3779B97F4A7C15u + i;
    groups.emplace_back(new GroupBooks{index, group.fleet_group, PickPlan(group.pick, devices, group.batch, seed),
                                       Books(group.batch, window)});
  }
  return groups;
}

// Where to connect for the broker: to it, or to a proxy in front of it.
wire::Result<wire::mqtt::BrokerPlace> way_to(const wire::mqtt::BrokerPlace& broker, Between between,
                                             const Scenario& scenario, Stage& stage) {
  if (!has_proxy(scenario, between)) return broker;
  auto proxy = std::make_unique<Proxy>(scenario, between);
  if (auto started = proxy->start(broker.url); !started) return tl::unexpected(started.error());
  wire::mqtt::BrokerPlace way{proxy->url(), broker.tls};
  stage.proxies.push_back(std::move(proxy));
  return way;
}

}  // namespace

Proxy* Stage::proxy(Between between) const {
  for (const auto& proxy : proxies) {
    if (proxy->between() == between) return proxy.get();
  }
  return nullptr;
}

wire::Result<std::unique_ptr<Stage>> set_stage(const Scenario& scenario, const std::string& out_directory) {
  auto stage = std::make_unique<Stage>();
  stage->run_id = make_run_id();
  wire::mqtt::BrokerPlace place{scenario.target.broker.value_or(Url{}), scenario.target.tls};
  if (!scenario.target.broker) {
    if (scenario.target.broker_auth) {
      if (auto prepared = prepare_auth(scenario, out_directory); !prepared) return tl::unexpected(prepared.error());
    }
    auto broker = start_mosquitto(scenario, out_directory);
    if (!broker) return tl::unexpected(broker.error());
    stage->broker = std::move(*broker);
    place = stage->broker->place;
  } else if (auto reached = check_reachable(place.url, "broker"); !reached) {
    return tl::unexpected(reached.error());
  }
  const auto fleet_way = way_to(place, Between::fleet_broker, scenario, *stage);
  if (!fleet_way) return tl::unexpected(fleet_way.error());
  BridgePlace bridge_place{scenario.target.bridge.value_or(Url{}), scenario.target.bridge_tls};
  if (!scenario.target.bridge) {
    const auto bridge_way = way_to(place, Between::bridge_broker, scenario, *stage);
    if (!bridge_way) return tl::unexpected(bridge_way.error());
    auto bridge = start_bridge(scenario, *bridge_way, out_directory);
    if (!bridge) return tl::unexpected(bridge.error());
    stage->bridge = std::move(*bridge);
    bridge_place = stage->bridge->url;
  } else if (auto reached = check_reachable(bridge_place.url, "bridge"); !reached) {
    return tl::unexpected(reached.error());
  }
  auto found = find_bridge(bridge_place);
  if (!found) return tl::unexpected(found.error());
  stage->found_bridge = std::move(*found);
  stage->groups = make_groups(scenario);
  stage->identities = std::make_unique<Identities>(scenario);
  if (std::any_of(scenario.faults.begin(), scenario.faults.end(),
                  [](const Fault& fault) { return fault.kind == FaultKind::handover; })) {
    stage->handovers = std::make_unique<Handovers>(scenario, *stage->identities, stage->found_bridge);
  }
  stage->fleet = std::make_unique<Fleet>(scenario, stage->groups, *stage->identities, *fleet_way, stage->run_id);
  stage->callers = std::make_unique<Callers>(scenario, stage->groups, stage->found_bridge, stage->run_id);
  if (stage->broker && scenario.target.broker_apart) {
    std::vector<pid_t> others{::getpid()};
    if (stage->bridge) others.push_back(stage->bridge->child->pid());
    keep_broker_apart(stage->broker->child->pid(), others);
  }
  return stage;
}

}  // namespace fleet::sim
