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

RegistryResult<const Product*> Registry::create_product(const NewProduct& product, wire::WallTime wall) {
  if (products_.size() >= kProductsMax) return Fault(RegistryFault::full);
  ProductFacts facts{.index = static_cast<std::uint32_t>(products_.size()),
                     .key = {},
                     .name = std::string(product.name),
                     .secret = random_text(16),
                     .kind = product.kind,
                     .x509 = product.x509,
                     .owner = std::string(product.owner),
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
  const NewDevices group{product_key, devices};
  return register_devices({&group, 1}, wall);
}

RegistryResult<std::vector<const Device*>> Registry::register_devices(std::span<const NewDevices> groups,
                                                                      wire::WallTime wall) {
  Changes changes;
  std::vector<std::string> made(groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const Product* const product = find_product(groups[i].product_key);
    if (product == nullptr) return Fault(RegistryFault::unknown_product);
    if (table_.size() + changes.devices.size() + groups[i].devices.size() > kDevicesMax) {
      return Fault(RegistryFault::full);
    }
    const std::size_t first = changes.devices.size();
    add_rows(*product, groups[i].devices, wall, changes, made[i]);
    std::unordered_set<std::string_view> names;
    names.reserve(groups[i].devices.size());
    for (const DeviceRow& row : std::span(changes.devices).subspan(first)) {
      if (product->device(row.name) != nullptr || !names.insert(row.name).second) {
        return Fault(RegistryFault::name_taken);
      }
    }
  }
  if (!changes.empty() && !commit(changes)) return Fault(RegistryFault::store);
  std::vector<const Device*> out;
  out.reserve(changes.devices.size());
  for (const DeviceRow& row : changes.devices) out.push_back(table_.at(row.index));
  return out;
}

RegistryResult<void> Registry::activate(std::span<const Device* const> devices) {
  Changes changes;
  for (const Device* device : devices) {
    if (device->activated()) continue;
    changes.flags.push_back({.index = device->index(), .activated = true, .disabled = device->disabled()});
  }
  if (!changes.empty() && !commit(changes)) return Fault(RegistryFault::store);
  return {};
}

RegistryResult<bool> Registry::set_disabled(const DeviceName& name, bool disabled) {
  if (find_product(name.product_key) == nullptr) return Fault(RegistryFault::unknown_product);
  const Device* const device = this->device(name);
  if (device == nullptr) return Fault(RegistryFault::unknown_device);
  if (device->disabled() == disabled) return false;
  Changes changes;
  changes.flags.push_back({.index = device->index(), .activated = device->activated(), .disabled = disabled});
  if (!commit(changes)) return Fault(RegistryFault::store);
  return true;
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
