#include "sim/scenario/checks_fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "settings/file.h"
#include "settings/spelling.h"
#include "settings/units.h"
#include "sim/scenario/identity_file.h"
#include "sim/scenario/sub_devices.h"

namespace fleet::sim {

using settings::grouped;
using settings::shortened;
using settings::suggestion;

namespace {

DeviceKind kind_of(const Scenario& scenario, const FleetGroup& group) {
  return group.kind == FleetKind::device ? scenario.products[group.product].kind : DeviceKind::device;
}

// What a group has that only devices with a connection can have.
void refuse_connection_keys(const FleetGroup& group, const std::string& path, Reader& reader) {
  for (const char* key : {"connect", "engine"}) {
    const std::string at = fmt::format("{}.{}", path, key);
    if (!reader.given(at)) continue;
    reader.fail_at(at, fmt::format("sub-devices have no connection of their own; '{}' belongs to the gateways of '{}'",
                                   key, group.name));
  }
}

// A gateway has one connection, and one copy of a broadcast for all that it speaks for.
void refuse_broadcasts(const FleetGroup& group, const std::string& path, Reader& reader, const Scenario& out) {
  for (std::size_t i = 0; i < group.subscribe.size(); ++i) {
    if (!out.products[group.product].broadcasts.contains(group.subscribe[i].topic)) continue;
    reader.fail_at(fmt::format("{}.subscribe.{}.topic", path, i),
                   fmt::format("'{}' is a broadcast topic; sub-devices have no connection that hears it",
                               group.subscribe[i].topic));
  }
}

void check_room(const FleetGroup& group, const FleetGroup& gateways, const std::string& path, Reader& reader) {
  const SubDeviceSpread spread{group.count, gateways.count};
  if (spread.count_max() <= kSubDevicesMax) return;
  reader.fail_at(path + ".count",
                 fmt::format("{} sub-devices are {} for each of the {} gateways of '{}'; a gateway may have {}",
                             grouped(group.count), grouped(spread.count_max()), grouped(gateways.count), gateways.name,
                             grouped(kSubDevicesMax)));
}

void check_topology(const FleetGroup& group, const FleetGroup& gateways, const std::string& path, Reader& reader) {
  const bool made_later = group.provision == Provision::api || gateways.provision == Provision::api;
  if (group.gateway->topology != Topology::config || !made_later) return;
  reader.fail_at(
      path + ".gateway",
      fmt::format("'{}.gateway' has 'topology: config', but the bridge does not know devices before they are "
                  "registered (provision: api); write topology: api or topology: mqtt",
                  path));
}

void check_gateway(const FleetGroupDraft& draft, FleetGroup& group, Reader& reader, const Scenario& out) {
  const std::string path = "fleet." + group.name;
  const bool is_sub_device = kind_of(out, group) == DeviceKind::sub_device;
  if (draft.gateway.group.empty()) {
    if (is_sub_device) {
      reader.fail_at(path, fmt::format("'{}' are sub-devices, which never connect by themselves; name their gateways: "
                                       "gateway: {{group: GROUP}}",
                                       group.name));
    }
    return;
  }
  if (!is_sub_device) {
    reader.fail_at(path + ".gateway",
                   fmt::format("'{}.gateway' is for sub-devices; product '{}' needs kind: sub-device", path,
                               out.products[group.product].name));
    return;
  }
  refuse_connection_keys(group, path, reader);
  std::vector<std::string_view> names;
  for (const FleetGroup& other : out.fleet) names.push_back(other.name);
  const auto found = std::find(names.begin(), names.end(), draft.gateway.group);
  const std::string group_path = path + ".gateway.group";
  if (found == names.end()) {
    reader.fail_at(group_path, fmt::format("unknown fleet group '{}'{}", shortened(draft.gateway.group),
                                           suggestion(draft.gateway.group, names)));
    return;
  }
  const auto index = static_cast<std::size_t>(found - names.begin());
  const FleetGroup& gateways = out.fleet[index];
  if (kind_of(out, gateways) != DeviceKind::gateway) {
    reader.fail_at(group_path, fmt::format("'{}' are no gateways; product '{}' needs kind: gateway", gateways.name,
                                           out.products[gateways.product].name));
    return;
  }
  group.gateway = GatewayLink{index, draft.gateway.topology, draft.gateway.login};
  refuse_broadcasts(group, path, reader, out);
  check_room(group, gateways, path, reader);
  check_topology(group, gateways, path, reader);
}

// A gateway without sub-devices is a device that somebody called otherwise.
void check_idle_gateways(Reader& reader, const Scenario& out) {
  for (std::size_t i = 0; i < out.fleet.size(); ++i) {
    const FleetGroup& group = out.fleet[i];
    if (kind_of(out, group) != DeviceKind::gateway) continue;
    const bool used = std::any_of(out.fleet.begin(), out.fleet.end(),
                                  [i](const FleetGroup& other) { return other.gateway && other.gateway->group == i; });
    if (used) continue;
    reader.fail_at("fleet." + group.name,
                   fmt::format("'{}' are gateways without sub-devices; no fleet group has gateway: {{group: {}}}",
                               group.name, group.name));
  }
}

// Identities in a file are those of a platform that is there already.
void check_identities(const FleetGroupDraft& draft, std::size_t index, Reader& reader, Scenario& out) {
  FleetGroup& group = out.fleet[index];
  const std::string path = fmt::format("fleet.{}.identities", group.name);
  if (draft.provision != Provision::file) {
    if (!draft.identities.empty()) reader.fail_at(path, fmt::format("'{}' is for provision: file", path));
    return;
  }
  if (draft.identities.empty()) {
    reader.fail_at(
        fmt::format("fleet.{}.provision", group.name),
        fmt::format("fleet group '{}' has no 'identities': the file that provision: file reads", group.name));
    return;
  }
  if (!out.target.bridge) {
    reader.fail_at(fmt::format("fleet.{}.provision", group.name),
                   "'provision: file' needs target.bridge.url: a bridge that is started makes its devices itself");
    return;
  }
  group.identities = settings::beside(reader.source_of(path), draft.identities);
  const auto read = read_identity_file(out, index, [](std::uint32_t, std::string_view) {});
  if (!read) reader.fail({std::make_shared<const std::string>(read.error().where), 0, 0}, read.error().message);
}

// Whatever goes through the API of somebody else's platform needs an account there.
void check_account(Reader& reader, const Scenario& out) {
  if (!out.target.bridge) return;
  for (const FleetGroup& group : out.fleet) {
    const bool registers = group.provision == Provision::api;
    const bool relates = group.gateway && group.gateway->topology == Topology::api;
    if (!registers && !relates) continue;
    const std::string path = fmt::format("fleet.{}.{}", group.name, registers ? "provision" : "gateway.topology");
    if (out.target.dialect != Dialect::aliyun) {
      reader.fail_at(path, fmt::format("'{}: api' needs dialect aliyun; emqx-bcast has no such calls", path));
    } else if (!reader.given("target.bridge.access_key_id") || !reader.given("target.bridge.access_key_secret")) {
      reader.fail_at(path, fmt::format("'{}: api' at {} needs an account: write access_key_id and access_key_secret of "
                                       "target.bridge",
                                       path, out.target.bridge->text()));
    }
  }
}

void check_telemetry(const FleetGroupDraft& draft, FleetGroup& group, Reader& reader, const Scenario& out) {
  for (std::size_t i = 0; i < draft.publish.size(); ++i) {
    const TelemetryDraft& row = draft.publish[i];
    const std::string path = fmt::format("fleet.{}.publish.{}", group.name, i);
    check_publish_topic(out.products[group.product], row.topic, path + ".topic", reader);
    auto payload = parse_payload(row.payload);
    if (!payload) {
      reader.fail_at(path + ".payload", payload.error());
      continue;
    }
    group.publish.push_back({.topic = row.topic,
                             .every = row.every,
                             .jitter = row.jitter,
                             .burst = row.burst,
                             .qos = row.qos,
                             .retain = row.retain,
                             .payload = std::move(*payload)});
  }
}

}  // namespace

void check_publish_topic(const Product& product, const std::string& topic, const std::string& path, Reader& reader) {
  if (product.broadcasts.contains(topic)) {
    reader.fail_at(path, fmt::format("'{}' is a broadcast topic; devices only hear it", topic));
    return;
  }
  const auto found = product.topics.find(topic);
  if (found == product.topics.end()) {
    std::vector<std::string_view> known;
    for (const auto& [name, operation] : product.topics) known.push_back(name);
    reader.fail_at(path, fmt::format("product '{}' has no topic '{}'{}", product.name, shortened(topic),
                                     suggestion(topic, known)));
  } else if (found->second == TopicOperation::subscribe) {
    reader.fail_at(path,
                   fmt::format("devices of product '{}' only subscribe to topic '{}'; publishing needs 'publish' or "
                               "'both' in products.{}.topics",
                               product.name, topic, product.name));
  }
}

void check_fleet(const Draft& draft, Reader& reader, Scenario& out) {
  for (std::size_t i = 0; i < out.fleet.size(); ++i) {
    if (out.fleet[i].kind == FleetKind::consumer) continue;
    check_gateway(draft.fleet[i], out.fleet[i], reader, out);
    check_identities(draft.fleet[i], i, reader, out);
    check_telemetry(draft.fleet[i], out.fleet[i], reader, out);
  }
  if (reader.failed()) return;
  check_idle_gateways(reader, out);
  check_account(reader, out);
}

}  // namespace fleet::sim
