#include "bridge/devices/notices.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace fleet::bridge {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kErrorTopic = "/ext/error/";

Json list_of(std::span<const NamedDevice> devices) {
  Json list = Json::array();
  for (const NamedDevice& device : devices) {
    list.push_back({{"productKey", device.product_key}, {"deviceName", device.name}});
  }
  return list;
}

Notice system_notice(const NamedDevice& gateway, std::string_view behind, std::string_view method, Json params,
                     std::uint64_t id) {
  const Json message = {{"id", notice_id(id)}, {"version", "1.0"}, {"params", std::move(params)}, {"method", method}};
  return {.topic = "/sys/" + gateway.path() + std::string(behind), .payload = message.dump()};
}

}  // namespace

std::string notice_id(std::uint64_t id) { return std::to_string(id & 0xFFFF'FFFF); }

NamedDevice named(const Registry& registry, const Device& device) {
  return {registry.product_of(device).key(), std::string(device.name())};
}

Notice topology_change(const NamedDevice& gateway, TopologyStatus status, std::span<const NamedDevice> sub_devices,
                       std::uint64_t id) {
  Json params = {{"status", static_cast<int>(status)}, {"subList", list_of(sub_devices)}};
  return system_notice(gateway, "/thing/topo/change", "thing.topo.change", std::move(params), id);
}

Notice topology_request(const NamedDevice& gateway, std::span<const NamedDevice> sub_devices, std::uint64_t id) {
  return system_notice(gateway, "/thing/topo/add/notify", "thing.topo.add.notify", list_of(sub_devices), id);
}

Notice kick(const NamedDevice& gateway, const NamedDevice& sub_device, DeviceCode code, std::uint64_t id) {
  const Json message = {{"id", notice_id(id)},
                        {"code", static_cast<int>(code)},
                        {"message", message_of(code)},
                        {"data", {{"productKey", sub_device.product_key}, {"deviceName", sub_device.name}}}};
  return {.topic = std::string(kErrorTopic) + gateway.path(),
          .payload = message.dump(),
          .kicked_product_key = sub_device.product_key,
          .kicked_device_name = sub_device.name};
}

std::string_view kicked_at(const Notice& kick) { return std::string_view(kick.topic).substr(kErrorTopic.size()); }

Moves moves_of(const Registry& registry, const NamedDevice& gateway, std::span<const TopologyMove> moves) {
  Moves out;
  for (const TopologyMove& move : moves) {
    NamedDevice device = named(registry, *move.device);
    if (move.left != nullptr) {
      NamedDevice left = named(registry, *move.left);
      if (left == gateway) continue;
      auto loss =
          std::find_if(out.losses.begin(), out.losses.end(), [&](const Loss& known) { return known.gateway == left; });
      if (loss == out.losses.end()) loss = out.losses.insert(out.losses.end(), {std::move(left), {}});
      loss->sub_devices.push_back(device);
    }
    out.gained.push_back(std::move(device));
  }
  return out;
}

}  // namespace fleet::bridge
