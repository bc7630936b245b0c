#include "sim/scenario/checks_faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "settings/units.h"
#include "sim/scenario/resolve.h"

namespace fleet::sim {

using settings::duration_text;

namespace {

std::string_view whose(const Fault& fault) {
  if (is_of_link(fault)) return "connections";
  return is_of_broker(fault.kind) ? "broker" : "bridge";
}

void check_when(const Fault& fault, const std::string& path, Reader& reader, const Scenario& out) {
  if (fault.at >= out.phases.hold) {
    reader.fail_at(path + ".at", fmt::format("'{}.at' is {}, and the hold ends at {}; a fault begins within the hold",
                                             path, duration_text(fault.at), duration_text(out.phases.hold)));
  } else if (fault.at + fault.length >= out.phases.hold) {
    reader.fail_at(path + ".for", fmt::format("'{}' would last until {}, and the hold ends at {}", path,
                                              duration_text(fault.at + fault.length), duration_text(out.phases.hold)));
  }
  if (out.faults.empty()) return;
  if (fault.at < out.faults.back().at) {
    reader.fail_at(path + ".at", fmt::format("'{}.at' is {}, and the entry in front of it begins at {}; write them in "
                                             "order of time",
                                             path, duration_text(fault.at), duration_text(out.faults.back().at)));
  }
  const auto same = [&](const Fault& other) {
    if (fault.kind == FaultKind::handover) return false;  // one waits for the other
    if (is_of_link(fault)) return fault.between == other.between && fault.kind == other.kind;
    return (is_of_broker(fault.kind) && is_of_broker(other.kind)) ||
           (is_of_bridge(fault.kind) && is_of_bridge(other.kind));
  };
  for (std::size_t i = 0; i < out.faults.size(); ++i) {
    const Fault& other = out.faults[i];
    if (!same(other) || fault.at > other.at + other.length) continue;
    reader.fail_at(path + ".at", fmt::format("'{}' begins at {}, while faults.{} ({}) still has the {} until {}", path,
                                             duration_text(fault.at), i, fault_name(other.kind), whose(fault),
                                             duration_text(other.at + other.length)));
    return;
  }
}

void check_whom(const Fault& fault, const std::string& path, Reader& reader, const Scenario& out) {
  const bool has_url =
      (is_of_broker(fault.kind) && out.target.broker) || (is_of_bridge(fault.kind) && out.target.bridge);
  if (!has_url) return;
  reader.fail_at(path + ".do", fmt::format("'{}' is for a {} that is started for the run; not for one behind a URL",
                                           fault_name(fault.kind), is_of_broker(fault.kind) ? "broker" : "bridge"));
}

// A started bridge keeps its registry in memory: what came through the API is gone with its process.
void check_registry(const Fault& fault, const std::string& path, Reader& reader, const Scenario& out) {
  if (!is_of_bridge(fault.kind) || is_stop(fault.kind)) return;
  const auto found = std::find_if(out.fleet.begin(), out.fleet.end(),
                                  [](const FleetGroup& group) { return group.provision == Provision::api; });
  if (found == out.fleet.end()) return;
  reader.fail_at(path + ".do", fmt::format("'{}' would end the bridge that holds the devices of '{}', registered "
                                           "through the API, in its memory; give the group provision: config",
                                           fault_name(fault.kind), found->name));
}

void check_parameters(const Fault& fault, const std::string& path, Reader& reader) {
  const std::string_view name = fault_name(fault.kind);
  const bool slow = fault.kind == FaultKind::slow;
  const bool wants_length = is_stop(fault.kind) || is_kill(fault.kind) || slow;
  const bool may_have_length = wants_length || (fault.kind == FaultKind::cut && is_of_link(fault));
  const bool has_length = reader.given(path + ".for");
  const bool has_connections = reader.given(path + ".connections");
  if (wants_length && !has_length) {
    reader.fail_at(path + ".do", fmt::format("'{}' needs 'for': {}", name,
                                             is_kill(fault.kind) ? "when it is started again, behind its end"
                                             : slow              ? "how long it lasts"
                                                                 : "how long it stops"));
  }
  if (!may_have_length && has_length) {
    reader.fail_at(path + ".for",
                   fmt::format("'for' is for stops, kills and what happens between two programs; {} takes {}", name,
                               fault.kind == FaultKind::cut ? "no time" : "the time it takes"));
  }
  if (fault.kind == FaultKind::cut && !has_connections && !is_of_link(fault)) {
    reader.fail_at(path + ".do", "'cut' needs 'connections': {group: NAME}, or 'between'");
  }
  if (fault.kind != FaultKind::cut && has_connections) {
    reader.fail_at(path + ".connections", fmt::format("'connections' is for do: cut; {} takes none", name));
  }
}

void check_link(const Fault& fault, const std::string& path, Reader& reader, const Scenario& out) {
  const bool slow = fault.kind == FaultKind::slow;
  for (const char* key : {"delay", "jitter", "bandwidth"}) {
    if (slow || !reader.given(fmt::format("{}.{}", path, key))) continue;
    reader.fail_at(fmt::format("{}.{}", path, key),
                   fmt::format("'{}' is for do: slow; {} takes none", key, fault_name(fault.kind)));
  }
  if (slow && !is_of_link(fault)) {
    return reader.fail_at(path + ".do", "'slow' needs 'between': fleet-broker or bridge-broker");
  }
  if (slow && fault.link.delay.count() == 0 && fault.link.jitter.count() == 0 && fault.link.bytes_per_s == 0) {
    return reader.fail_at(path + ".do", "'slow' needs 'delay', 'jitter' or 'bandwidth'");
  }
  if (!is_of_link(fault)) return;
  if (!slow && fault.kind != FaultKind::cut) {
    return reader.fail_at(path + ".between",
                          fmt::format("'between' is for slow and cut; {} takes none", fault_name(fault.kind)));
  }
  if (fault.between == Between::bridge_broker && out.target.bridge) {
    return reader.fail_at(path + ".between",
                          "a bridge behind a URL has its own way to the broker; this one is for a bridge that is "
                          "started for the run");
  }
  if (reader.given(path + ".connections.group")) {
    return reader.fail_at(path + ".connections.group",
                          "with 'between' all connections of that way are meant, or a "
                          "share of them; leave 'group' away");
  }
  if (slow || fault.cut != CutKind::half_open || fault.length.count() > 0 || fault.between != Between::fleet_broker) {
    return;
  }
  for (const FleetGroup& group : out.fleet) {
    if (!group.connects() || group.connect.keep_alive.count() > 0) continue;
    reader.fail_at(path + ".connections.how", fmt::format("'{}' has keep_alive: 0s, so nothing would ever end a "
                                                          "connection that is half open; write 'for'",
                                                          group.name));
  }
}

void check_cut(const CutDraft& draft, const std::string& path, Reader& reader, const Scenario& out, Fault& fault) {
  if (!reader.given(path + ".group")) {
    return reader.fail_at(path, "'connections' of a cut needs 'group', or the cut 'between'");
  }
  const auto found = resolve(reader, out.fleet, draft.group, path + ".group", "fleet group");
  if (!found) return;
  fault.fleet_group = *found;
  const FleetGroup& group = out.fleet[*found];
  if (!group.connects()) {
    reader.fail_at(path + ".group", fmt::format("sub-devices have no connections of their own; cut those of their "
                                                "gateways, '{}'",
                                                out.fleet[group.gateway->group].name));
    return;
  }
  if (draft.how != CutKind::half_open) return;
  if (group.engine == Engine::paho) {
    reader.fail_at(path + ".how", fmt::format("Paho's sockets cannot be left half open; 'reset' can be done to '{}', "
                                              "or give it engine: native",
                                              group.name));
  } else if (group.connect.keep_alive.count() == 0) {
    reader.fail_at(path + ".how", fmt::format("'{}' has keep_alive: 0s, so nothing would ever end a connection that is "
                                              "half open",
                                              group.name));
  }
}

void check_handover(const HandoverDraft& draft, const std::string& path, Reader& reader, const Scenario& out,
                    Fault& fault) {
  const bool given = reader.given(path + ".sub_devices");
  if (fault.kind != FaultKind::handover) {
    if (given) {
      reader.fail_at(path + ".sub_devices",
                     fmt::format("'sub_devices' is for do: handover; {} takes none", fault_name(fault.kind)));
    }
    return;
  }
  if (!given) return reader.fail_at(path + ".do", "'handover' needs 'sub_devices': {group: NAME}");
  fault.share = draft.share;
  const std::string group_path = path + ".sub_devices.group";
  const auto found = resolve(reader, out.fleet, draft.group, group_path, "fleet group");
  if (!found) return;
  fault.fleet_group = *found;
  const FleetGroup& group = out.fleet[*found];
  if (!group.gateway) {
    return reader.fail_at(group_path, fmt::format("'{}' are no sub-devices: nobody hands them over", group.name));
  }
  const FleetGroup& gateways = out.fleet[group.gateway->group];
  if (!group.gateway->login) {
    return reader.fail_at(group_path, fmt::format("'{}' has login: false, so no platform would tell their gateways of "
                                                  "the move",
                                                  group.name));
  }
  if (gateways.count < 2) {
    reader.fail_at(group_path, fmt::format("'{}' has one gateway only; there is no next one", gateways.name));
  }
}

// faults.N.… of a threshold names an entry of the list.
void check_numbers(const Draft& draft, Reader& reader) {
  constexpr std::string_view kScope = "faults.";
  for (std::size_t i = 0; i < draft.thresholds.size(); ++i) {
    const std::string& text = draft.thresholds[i];
    if (!text.starts_with(kScope)) continue;
    std::size_t number = 0;
    const char* begin = text.data() + kScope.size();
    const auto [stop, failure] = std::from_chars(begin, text.data() + text.size(), number);
    if (failure != std::errc{} || stop == begin || number < draft.faults.size()) continue;
    reader.fail_at(
        fmt::format("thresholds.{}", i),
        fmt::format("there is no fault {}; the scenario has {}, counted from 0", number, draft.faults.size()));
  }
}

}  // namespace

void check_faults(const Draft& draft, Reader& reader, Scenario& out) {
  for (std::size_t i = 0; i < draft.faults.size(); ++i) {
    const FaultDraft& entry = draft.faults[i];
    const std::string path = fmt::format("faults.{}", i);
    Fault fault;
    fault.kind = entry.kind;
    fault.at = entry.at;
    fault.length = entry.length;
    fault.share = entry.connections.share;
    fault.cut = entry.connections.how;
    if (reader.given(path + ".between")) fault.between = entry.between;
    fault.link = {entry.delay, entry.jitter, entry.bandwidth};
    check_parameters(fault, path, reader);
    check_link(fault, path, reader, out);
    check_handover(entry.sub_devices, path, reader, out, fault);
    check_whom(fault, path, reader, out);
    check_registry(fault, path, reader, out);
    if (fault.kind == FaultKind::cut && !is_of_link(fault) && reader.given(path + ".connections")) {
      check_cut(entry.connections, path + ".connections", reader, out, fault);
    }
    check_when(fault, path, reader, out);
    out.faults.push_back(fault);
  }
  check_numbers(draft, reader);
}

}  // namespace fleet::sim
