#include "sim/provision/topology.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "settings/spelling.h"
#include "sim/scenario/naming.h"
#include "sim/scenario/sub_devices.h"
#include "wire/device_sign.h"

namespace fleet::sim {

namespace {

void add_item(std::uint32_t number, const std::string& product_key, const std::string& name, const std::string& secret,
              ApiParameters& out) {
  std::vector<wire::Param> signed_params{{"DeviceName", name}, {"ProductKey", product_key}};
  const std::string content = wire::device_sign_content(signed_params);
  const std::string item = fmt::format("TopoAddItem.{}.", number);
  out.emplace_back(item + "ProductKey", product_key);
  out.emplace_back(item + "DeviceName", name);
  out.emplace_back(item + "SignMethod", "hmacSha256");
  out.emplace_back(item + "Sign", wire::device_sign(wire::SignMethod::hmac_sha256, secret, content));
}

}  // namespace

wire::Result<void> put_under(ApiCaller& api, const Scenario& scenario, std::size_t fleet_group,
                             const Identities& identities, std::uint32_t gateway,
                             std::span<const std::uint32_t> sub_devices) {
  const FleetGroup& group = scenario.fleet[fleet_group];
  const FleetGroup& gateways = scenario.fleet[group.gateway->group];
  const std::string& product_key = scenario.products[group.product].key;
  const std::string gateway_name = device_name(gateways.name_template, gateway);
  for (; !sub_devices.empty();
       sub_devices = sub_devices.subspan(std::min<std::size_t>(kItemsPerCall, sub_devices.size()))) {
    ApiParameters parameters{{"GwProductKey", scenario.products[gateways.product].key}, {"GwDeviceName", gateway_name}};
    std::uint32_t number = 0;
    for (const std::uint32_t index : sub_devices.first(std::min<std::size_t>(kItemsPerCall, sub_devices.size()))) {
      add_item(++number, product_key, device_name(group.name_template, index), identities.secret(fleet_group, index),
               parameters);
    }
    const auto answer = api.call("BatchAddThingTopo", parameters);
    if (!answer) return tl::unexpected(answer.error());
    if (!answer->accepted()) {
      return wire::environment_error(
          fmt::format("cannot put '{}' under gateway {}: BatchAddThingTopo answered {}{}{}", group.name, gateway_name,
                      settings::shortened(answer->code), answer->message.empty() ? "" : ": ",
                      settings::shortened(answer->message)),
          api.where());
    }
  }
  return {};
}

wire::Result<void> add_topology(ApiCaller& api, const Scenario& scenario, std::size_t fleet_group,
                                const Identities& identities, ProvisionWatch& watch) {
  const FleetGroup& group = scenario.fleet[fleet_group];
  const SubDeviceSpread spread{group.count, scenario.fleet[group.gateway->group].count};
  std::uint64_t done = 0;
  for (std::uint32_t gateway = 0; gateway < spread.gateways; ++gateway) {
    for (std::uint32_t rank = 0; rank < spread.count(gateway); rank += kItemsPerCall) {
      std::vector<std::uint32_t> some;
      const std::uint32_t end = std::min(rank + kItemsPerCall, spread.count(gateway));
      for (std::uint32_t r = rank; r < end; ++r) some.push_back(spread.sub_device(gateway, r));
      if (auto put = put_under(api, scenario, fleet_group, identities, gateway, some); !put) return put;
      done += some.size();
      watch.progress("relating " + group.name, done, group.count);
    }
  }
  return {};
}

}  // namespace fleet::sim
