#include "bridge/actions/topology_notices.h"

#include <nlohmann/json.hpp>

namespace fleet::bridge {
namespace {

using Json = nlohmann::ordered_json;

// Message numbers of Alink are decimal texts from 0 to 4,294,967,295.
std::string message_id(std::uint64_t id) { return std::to_string(id & 0xFFFF'FFFF); }

std::string topic(std::string_view before, const NamedDevice& device, std::string_view behind) {
  std::string out(before);
  out.append(device.product_key).append("/").append(device.name).append(behind);
  return out;
}

std::string_view message_of(KickCode code) {
  return code == KickCode::device_deleted ? "device deleted" : "topo relation not exist";
}

}  // namespace

Notice topology_change(const NamedDevice& gateway, TopologyStatus status, std::span<const NamedDevice> sub_devices,
                       std::uint64_t id) {
  Json list = Json::array();
  for (const NamedDevice& device : sub_devices) {
    list.push_back({{"productKey", device.product_key}, {"deviceName", device.name}});
  }
  const Json message = {{"id", message_id(id)},
                        {"version", "1.0"},
                        {"params", {{"status", static_cast<int>(status)}, {"subList", std::move(list)}}},
                        {"method", "thing.topo.change"}};
  return {.topic = topic("/sys/", gateway, "/thing/topo/change"), .payload = message.dump()};
}

Notice kick(const NamedDevice& gateway, const NamedDevice& sub_device, KickCode code, std::uint64_t id) {
  const Json message = {{"id", message_id(id)},
                        {"code", static_cast<int>(code)},
                        {"message", message_of(code)},
                        {"data", {{"productKey", sub_device.product_key}, {"deviceName", sub_device.name}}}};
  return {.topic = topic("/ext/error/", gateway, ""),
          .payload = message.dump(),
          .kicked_product_key = sub_device.product_key,
          .kicked_device_name = sub_device.name};
}

}  // namespace fleet::bridge
