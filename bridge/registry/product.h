// A product: devices alike, their topic classes, and how to find them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/config/config.h"
#include "bridge/registry/device.h"
#include "wire/clock.h"

namespace fleet::bridge {

class DeviceTable;

// One topic class, /{ProductKey}/${deviceName}/user/{short name}.
struct TopicClass {
  std::uint64_t id = 0;  // unique in the registry, kept for good
  std::string short_name{};
  TopicOperation operation = TopicOperation::subscribe;
};

// What a product is, without its devices.
struct ProductFacts {
  std::uint32_t index = 0;
  std::string key{};
  std::string name{};
  std::string secret{};  // 16 letters and digits
  DeviceKind kind = DeviceKind::device;
  bool x509 = false;
  std::string owner{};  // account that made it by a call; empty: the configuration did
  wire::WallTime created{};
  std::vector<TopicClass> topics{};  // by id
};

// Owned by the registry; lives as long as it does, at the same address.
class Product {
 public:
  Product(ProductFacts facts, const DeviceTable& table) : facts_(std::move(facts)), table_(table) {}

  [[nodiscard]] const std::string& key() const { return facts_.key; }
  [[nodiscard]] const std::string& name() const { return facts_.name; }
  [[nodiscard]] const std::string& secret() const { return facts_.secret; }
  [[nodiscard]] DeviceKind kind() const { return facts_.kind; }
  [[nodiscard]] bool x509() const { return facts_.x509; }
  [[nodiscard]] wire::WallTime created() const { return facts_.created; }
  // The account that alone may use it: the one that the configuration names now, which is not stored, or else the one
  // that made it. Empty: any.
  [[nodiscard]] const std::string& owner() const { return owner_.empty() ? facts_.owner : owner_; }
  [[nodiscard]] bool is_open_to(std::string_view account) const { return owner().empty() || owner() == account; }
  // Its place among Registry::products(), kept for good.
  [[nodiscard]] std::uint32_t index() const { return facts_.index; }

  [[nodiscard]] std::span<const TopicClass> topics() const { return facts_.topics; }
  // Null where the product has no topic class of that short name.
  [[nodiscard]] const TopicClass* topic_class(std::string_view short_name) const;

  [[nodiscard]] std::size_t device_count() const { return devices_.size(); }
  // Null where the product has no device of that name. No allocation.
  [[nodiscard]] const Device* device(std::string_view name) const;
  // The same for many names, their memory fetched side by side: out[i] belongs to names[i]. Replaces what `out` held.
  void find_devices(std::span<const std::string_view> names, std::vector<const Device*>& out) const;
  // Devices `first` to `first + count`, cut to those that there are, in the order of their index.
  [[nodiscard]] std::vector<const Device*> device_page(std::size_t first, std::size_t count) const;

 private:
  friend class Registry;

  ProductFacts facts_;
  std::string owner_;  // by the configuration
  const DeviceTable& table_;
  std::vector<std::uint32_t> devices_;  // indexes, ascending
};

}  // namespace fleet::bridge
