// Registry: products and devices that are made and deleted at run time.
#include <unordered_set>

#include "bridge/registry/iot_id.h"
#include "bridge/registry/random_text.h"
#include "bridge/registry/registry.h"
#include "bridge/registry/store.h"

namespace fleet::bridge {

const Device* Registry::device_of_iot_id(std::string_view iot_id) const {
  const auto index = index_in(iot_id);
  const Device* const device = index ? table_.at(*index) : nullptr;
  return device != nullptr && device->iot_id() == iot_id ? device : nullptr;
}

using Fault = tl::unexpected<RegistryFault>;

RegistryResult<const Product*> Registry::create_product(std::string_view name, DeviceKind kind, bool x509,
                                                        wire::WallTime wall) {
  if (products_.size() >= kProductsMax) return Fault(RegistryFault::full);
  ProductFacts facts{.index = static_cast<std::uint32_t>(products_.size()),
                     .key = {},
                     .name = std::string(name),
                     .secret = random_text(16),
                     .kind = kind,
                     .x509 = x509,
                     .created = wall,
                     .topics = {{next_topic_id_, "update", TopicOperation::publish},
                                {next_topic_id_ + 1, "update/error", TopicOperation::publish},
                                {next_topic_id_ + 2, "get", TopicOperation::subscribe}}};
  do {
    facts.key = "a1" + random_text(9);  // shape of the API pages' samples
  } while (find_product(facts.key) != nullptr);
  Changes changes;
  next_topic_id_ += facts.topics.size();
  changes.products.push_back(std::move(facts));
  if (!commit(changes)) return Fault(RegistryFault::store);
  return products_.back().get();
}

RegistryResult<const Device*> Registry::register_device(std::string_view product_key, const NewDevice& device,
                                                        wire::WallTime wall) {
  return register_devices(product_key, {&device, 1}, wall).map([](const std::vector<const Device*>& made) {
    return made.front();
  });
}

RegistryResult<std::vector<const Device*>> Registry::register_devices(std::string_view product_key,
                                                                      std::span<const NewDevice> devices,
                                                                      wire::WallTime wall) {
  const Product* const product = find_product(product_key);
  if (product == nullptr) return Fault(RegistryFault::unknown_product);
  if (table_.size() + devices.size() > kDevicesMax) return Fault(RegistryFault::full);
  Changes changes;
  std::string made;
  add_rows(*product, devices, wall, changes, made);
  std::unordered_set<std::string_view> names;
  names.reserve(devices.size());
  for (const DeviceRow& row : changes.devices) {
    if (product->device(row.name) != nullptr || !names.insert(row.name).second) return Fault(RegistryFault::name_taken);
  }
  if (!changes.empty() && !commit(changes)) return Fault(RegistryFault::store);
  std::vector<const Device*> out;
  out.reserve(devices.size());
  for (const DeviceRow& row : changes.devices) out.push_back(table_.at(row.index));
  return out;
}

RegistryResult<Registry::Deletion> Registry::delete_device(const DeviceName& name) {
  if (find_product(name.product_key) == nullptr) return Fault(RegistryFault::unknown_product);
  const Device* const device = this->device(name);
  if (device == nullptr) return Fault(RegistryFault::unknown_device);
  Changes changes;
  Deletion deletion{.gateway = gateway_of(*device),
                    .former_sub_devices = sub_device_page(*device, 0, sub_device_count(*device))};
  if (deletion.gateway != nullptr) changes.gateways.emplace_back(device->index(), kNoDevice);
  for (const Device* sub : deletion.former_sub_devices) changes.gateways.emplace_back(sub->index(), kNoDevice);
  changes.removed_devices.push_back(device->index());
  if (!commit(changes)) return Fault(RegistryFault::store);
  return deletion;
}

}  // namespace fleet::bridge
