#include "bridge/registry/registry.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "bridge/registry/iot_id.h"
#include "bridge/registry/random_text.h"
#include "bridge/registry/store.h"

namespace fleet::bridge {
namespace {

constexpr std::size_t kProductSecretSize = 16;  // samples of the API pages

// The topic classes of the store with those of the configuration on top. True: something is new.
bool merge_topics(std::vector<TopicClass>& topics, const ProductConfig& config, std::uint64_t& next_id) {
  bool changed = false;
  for (const auto& [short_name, operation] : config.topics) {
    const auto found = std::find_if(topics.begin(), topics.end(),
                                    [&name = short_name](const TopicClass& known) { return known.short_name == name; });
    if (found == topics.end()) {
      topics.push_back({.id = next_id++, .short_name = short_name, .operation = operation});
      changed = true;
    } else if (found->operation != operation) {
      found->operation = operation;
      changed = true;
    }
  }
  return changed;
}

std::string_view auth_name(bool x509) { return x509 ? "x509" : "secret"; }

tl::unexpected<wire::Error> differs(std::string_view product_key, std::string_view key, std::string_view stored) {
  return wire::usage_error(fmt::format(
      "products: the registry's store has product {0} with {1}: {2}, which cannot change; write {1}: {2}, or "
      "give the new product a key of its own",
      product_key, key, stored));
}

DeviceRow row_of(const Device& device) {
  return {.index = device.index(),
          .product = device.product_index(),
          .gateway = device.gateway_index(),
          .created_s = device.created().time_since_epoch().count(),
          .name = device.name(),
          .iot_id = device.iot_id(),
          .secret = device.secret(),
          .nickname = device.nickname(),
          .activated = device.activated(),
          .disabled = device.disabled()};
}

}  // namespace

Registry::Registry(std::unique_ptr<Store> store, const RegistryConfig& config)
    : store_(std::move(store)), config_(config) {}

Registry::Registry(const std::vector<ProductConfig>& products) : Registry(make_memory_store(), RegistryConfig{}) {
  const auto merged = merge(products, {}, wire::read_wall_clock());
  FLEET_CHECK(merged.has_value() && merge_topology(products).has_value());
}

Registry::~Registry() = default;

wire::Result<std::unique_ptr<Registry>> Registry::open(const RegistryConfig& config,
                                                       const std::vector<ProductConfig>& products, wire::WallTime wall,
                                                       const std::vector<AppConfig>& apps) {
  if (config.sqlite_path.empty()) return open(make_memory_store(), config, products, wall, apps);
  auto store = open_sqlite_store(config.sqlite_path);
  if (!store) return tl::unexpected<wire::Error>(std::move(store.error()));
  return open(std::move(*store), config, products, wall, apps);
}

wire::Result<std::unique_ptr<Registry>> Registry::open(std::unique_ptr<Store> store, const RegistryConfig& config,
                                                       const std::vector<ProductConfig>& products, wire::WallTime wall,
                                                       const std::vector<AppConfig>& apps) {
  std::unique_ptr<Registry> registry(new Registry(std::move(store), config));
  if (auto loaded = registry->load(); !loaded) return tl::unexpected<wire::Error>(std::move(loaded.error()));
  if (auto merged = registry->merge(products, apps, wall); !merged) {
    return tl::unexpected<wire::Error>(std::move(merged.error()));
  }
  if (auto merged = registry->merge_topology(products); !merged) {
    return tl::unexpected<wire::Error>(std::move(merged.error()));
  }
  return registry;
}

// Everything that a file could hold and the registry could not is refused here, so that what runs later need not ask.
wire::Result<void> Registry::load() {
  Changes row;
  const auto take_product = [this, &row](ProductFacts&& facts) {
    if (facts.index != products_.size() || facts.key.empty() || by_key_.contains(facts.key)) return false;
    for (const TopicClass& topic_class : facts.topics) next_topic_id_ = std::max(next_topic_id_, topic_class.id + 1);
    row.products.push_back(std::move(facts));
    apply(row);
    row.products.clear();
    return true;
  };
  const auto take_device = [this](const DeviceRow& device) {
    if (device.index < table_.limit() || device.index >= kDevicesMax || device.product >= products_.size())
      return false;
    if (device.name.empty() || device.name.size() > Device::kNameBytesMax) return false;
    if (device.iot_id.size() != Device::kIotIdBytes || device.secret.size() > Device::kSecretBytesMax) return false;
    if (device.nickname.size() > Device::kNicknameBytesMax) return false;
    if (table_.find(device.product, device.name) != nullptr) return false;
    table_.put(device);
    products_[device.product]->devices_.push_back(device.index);
    if (device.gateway != kNoDevice) link(device.index, device.gateway);
    return true;
  };
  const auto take_batch = [this](ApplyBatch&& batch) {
    if (batch.id < next_apply_id_ || batch.product >= products_.size()) return false;
    if (batch.marks.size() != batch.names.size()) return false;
    next_apply_id_ = batch.id + 1;
    if (batch.running()) resumed_.push_back(batch.id);
    keep(std::move(batch));
    return true;
  };
  const auto take_app = [this](AppFacts&& app) { apps_.push_back(std::move(app)); };
  auto loaded = store_->load({.product = take_product, .device = take_device, .batch = take_batch, .app = take_app});
  if (!loaded) return loaded;
  for (const auto& [gateway, subs] : sub_devices_) {
    if (table_.at(gateway) == nullptr) {
      return wire::environment_error(
          fmt::format("device {} of the registry has a gateway that is not there: the store "
                      "is damaged; put a copy in its place, or begin with an empty one",
                      table_.at(subs.front())->name()));
    }
  }
  return {};
}

wire::Result<void> Registry::merge(const std::vector<ProductConfig>& products, const std::vector<AppConfig>& apps,
                                   wire::WallTime wall) {
  Changes changes;
  std::vector<std::string> made(products.size());
  auto next_index = static_cast<std::uint32_t>(products_.size());
  for (std::size_t i = 0; i < products.size(); ++i) {
    const ProductConfig& config = products[i];
    const Product* const known = find_product(config.key);
    if (known != nullptr && known->kind() != config.kind) return differs(config.key, "kind", kind_name(known->kind()));
    if (known != nullptr && known->x509() != config.x509) return differs(config.key, "auth", auth_name(known->x509()));
    ProductFacts facts = known != nullptr ? known->facts_
                                          : ProductFacts{.index = next_index++,
                                                         .key = config.key,
                                                         .secret = random_text(kProductSecretSize),
                                                         .kind = config.kind,
                                                         .x509 = config.x509,
                                                         .created = wall};
    bool changed = known == nullptr;
    if (!config.name.empty() && facts.name != config.name) {
      facts.name = config.name;
      changed = true;
    }
    changed |= merge_topics(facts.topics, config, next_topic_id_);

    std::vector<NewDevice> added;
    for (const DeviceConfig& device : config.devices) {
      if (device.secret.size() > Device::kSecretBytesMax) {
        return wire::usage_error(
            fmt::format("the secret of device {} is longer than {} bytes", device.name, Device::kSecretBytesMax));
      }
      const Device* const stored = table_.find(facts.index, device.name);
      if (stored == nullptr) {
        added.push_back({.name = device.name, .secret = device.secret});
      } else if (!device.secret.empty() && device.secret != stored->secret()) {
        changes.devices.push_back(row_of(*stored));
        changes.devices.back().secret = device.secret;
      }
    }
    add_rows(Product(facts, table_), added, wall, changes, made[i]);
    if (changed) changes.products.push_back(std::move(facts));
  }
  if (table_.size() + changes.devices.size() > kDevicesMax || next_index > kProductsMax) {
    return wire::usage_error(
        fmt::format("the registry holds at most {} products and {} devices", kProductsMax, kDevicesMax));
  }
  if (auto facts = facts_of(apps); facts != apps_) changes.apps = std::move(facts);
  if (!changes.empty()) {
    if (auto kept = store_->commit(changes); !kept) return kept;
    apply(changes);
  }
  for (const ProductConfig& config : products) find_product(config.key)->owner_ = config.account;
  return {};
}

void Registry::add_rows(const Product& product, std::span<const NewDevice> devices, wire::WallTime wall,
                        Changes& changes, std::string& made) const {
  constexpr std::size_t kName = 20;    // samples of the API pages
  constexpr std::size_t kSecret = 32;  // the same
  constexpr std::string_view kIotIdEnd = "000100";
  constexpr std::size_t kIotIdRandom = Device::kIotIdBytes - kIotIdEnd.size();
  constexpr std::size_t kEach = kName + kSecret + Device::kIotIdBytes;
  made = random_text(devices.size() * kEach);
  // Rows that were added before have taken the first free indexes.
  std::size_t taken = 0;
  for (const DeviceRow& row : changes.devices) taken += table_.at(row.index) == nullptr ? 1 : 0;
  const std::vector<std::uint32_t> indexes = table_.free_indexes(taken + devices.size());
  changes.devices.reserve(changes.devices.size() + devices.size());
  for (std::size_t i = 0; i < devices.size(); ++i) {
    char* const text = made.data() + i * kEach;
    std::copy(kIotIdEnd.begin(), kIotIdEnd.end(), text + kName + kSecret + kIotIdRandom);
    write_index(indexes[taken + i], text + kName + kSecret);
    const NewDevice& device = devices[i];
    changes.devices.push_back(
        {.index = indexes[taken + i],
         .product = product.index(),
         .created_s = wall.time_since_epoch().count(),
         .name = device.name.empty() ? std::string_view(text, kName) : device.name,
         .iot_id = {text + kName + kSecret, Device::kIotIdBytes},
         .secret = device.secret.empty() ? std::string_view(text + kName, kSecret) : device.secret,
         .nickname = device.nickname});
  }
}

bool Registry::commit(Changes& changes) {
  const auto kept = store_->commit(changes);
  if (kept) {
    if (store_failed_) spdlog::info("the registry's store can be written again");
    store_failed_ = false;
    apply(changes);
    return true;
  }
  if (!store_failed_) spdlog::error("the registry's store cannot be written: {}", kept.error().text());
  store_failed_ = true;
  return false;
}

void Registry::apply(Changes& changes) {
  for (ProductFacts& facts : changes.products) {
    if (facts.index < products_.size()) {
      products_[facts.index]->facts_ = std::move(facts);  // the key stays, and so does by_key_'s view of it
      continue;
    }
    products_.push_back(std::make_unique<Product>(std::move(facts), table_));
    by_key_.emplace(products_.back()->key(), products_.back().get());
  }
  apply_devices(changes);
  for (const auto& [device, gateway] : changes.gateways) {
    unlink(device);
    if (gateway != kNoDevice) link(device, gateway);
  }
  for (const DeviceFlags& flags : changes.flags) table_.set_flags(flags.index, flags.activated, flags.disabled);
  for (const std::uint32_t index : changes.removed_devices) {
    std::vector<std::uint32_t>& devices = products_[table_.at(index)->product_index()]->devices_;
    devices.erase(std::lower_bound(devices.begin(), devices.end(), index));
    table_.remove(index);
  }
  for (ApplyBatch& batch : changes.batches) keep(std::move(batch));
  for (const std::uint64_t id : changes.forgotten_batches) forget(id);
  if (changes.apps) apps_ = std::move(*changes.apps);
}

// The lists of the products are sorted once, not at each device: indexes that are used again belong into the middle.
void Registry::apply_devices(const Changes& changes) {
  std::map<std::uint32_t, std::size_t> sorted_before;  // product -> devices that it had
  for (const DeviceRow& row : changes.devices) {
    const bool is_new = table_.at(row.index) == nullptr;
    table_.put(row);
    if (!is_new) continue;
    std::vector<std::uint32_t>& devices = products_[row.product]->devices_;
    sorted_before.try_emplace(row.product, devices.size());
    devices.push_back(row.index);
  }
  for (const auto& [product, count] : sorted_before) {
    std::vector<std::uint32_t>& devices = products_[product]->devices_;
    const auto middle = devices.begin() + static_cast<std::ptrdiff_t>(count);
    std::sort(middle, devices.end());
    std::inplace_merge(devices.begin(), middle, devices.end());
  }
}

Product* Registry::find_product(std::string_view key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? nullptr : found->second;
}

const Product* Registry::product(std::string_view key) const { return find_product(key); }

const Device* Registry::device(const DeviceName& name) const {
  const Product* const product = find_product(name.product_key);
  return product == nullptr ? nullptr : product->device(name.name);
}

std::uint32_t Registry::index_limit() const { return table_.limit(); }

std::size_t Registry::device_count() const { return table_.size(); }

}  // namespace fleet::bridge
