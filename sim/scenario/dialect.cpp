#include "sim/scenario/dialect.h"

#include <fmt/format.h>

#include <string>
#include <unordered_set>

#include "sim/scenario/naming.h"

namespace fleet::sim {

namespace {

constexpr std::uint32_t kBcastPayloadBytesMax = 10u << 10;  // the plugin's default, and what fleet-bridge takes

// Client ids are device names alone, so that equal ones would take each other's session over.
void check_client_ids(const Scenario& scenario, Reader& reader) {
  if (scenario.products.size() < 2) return;
  std::unordered_set<std::string> names;
  for (const FleetGroup& group : scenario.fleet) {
    if (group.kind == FleetKind::consumer || !group.connects()) continue;
    for (std::uint32_t i = 0; i < group.count; ++i) {
      std::string name = device_name(group.name_template, i);
      if (names.insert(name).second) continue;
      reader.fail_at(fmt::format("fleet.{}.name", group.name),
                     fmt::format("device '{}' is in another group already, of another product; with dialect "
                                 "emqx-bcast device names are client ids",
                                 name));
      return;
    }
  }
}

}  // namespace

std::uint32_t batch_max(Dialect dialect) { return dialect == Dialect::emqx_bcast ? 10'000 : 100; }

void check_dialect(const Scenario& scenario, Reader& reader) {
  if (scenario.target.dialect != Dialect::emqx_bcast) return;
  if (scenario.target.enforce_api_limits) {
    reader.fail_at("target.limits", "'limits: api' is for dialect aliyun; emqx-bcast has no quotas");
  }
  if (scenario.target.access_key_id.find(':') != std::string::npos) {
    reader.fail_at("target.bridge.access_key_id", "an API key must have no ':' (RFC 7617)");
  }
  for (const CallGroup& call : scenario.calls) {
    if (call.api == kPubBroadcast) continue;  // has a bound of its own in both dialects
    if (scenario.target.bridge || call.payload_bytes <= kBcastPayloadBytesMax) continue;
    reader.fail_at(fmt::format("calls.{}.payload", call.name),
                   fmt::format("'calls.{}.payload' is above 10KB, the most that dialect emqx-bcast takes", call.name));
  }
  check_client_ids(scenario, reader);
}

wire::mqtt::Login device_login(Dialect dialect, const wire::DeviceId& device, std::string_view secret,
                               std::string_view timestamp) {
  if (dialect == Dialect::emqx_bcast) {
    return {std::string(device.device_name), fmt::format("{}-{}", device.product_key, device.device_name), ""};
  }
  return wire::device_login(device, secret, timestamp);
}

wire::mqtt::Login consumer_login(const Target& target, std::string_view name, std::string_view timestamp) {
  return wire::consumer_login(target.app_key, target.app_secret, name, timestamp);
}

}  // namespace fleet::sim
