// Products, their topic classes and their devices, found by name without allocation. In memory, from the configuration.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bridge/config/config.h"

namespace fleet::bridge {

struct Device {
  std::string secret;
  std::uint32_t index = 0;  // within its product, from 0 without gaps
};

// Hashes std::string and std::string_view alike, so that a look-up by view makes no string.
struct NameHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>{}(name); }
};

// Owned by the registry; const after start.
class Product {
 public:
  explicit Product(ProductConfig config);

  [[nodiscard]] const std::string& key() const { return key_; }
  [[nodiscard]] DeviceKind kind() const { return kind_; }
  [[nodiscard]] std::size_t device_count() const { return devices_.size(); }
  // Null where the product has no device of that name. About 50 ns, no allocation.
  [[nodiscard]] const Device* device(std::string_view name) const;
  // Null where the product has no topic class of that short name.
  [[nodiscard]] const TopicOperation* topic_class(std::string_view short_name) const;

 private:
  std::string key_;
  DeviceKind kind_;
  std::map<std::string, TopicOperation, std::less<>> topics_;
  std::unordered_map<std::string, Device, NameHash, std::equal_to<>> devices_;
};

// Owned by the API; lives on its loop.
class Registry {
 public:
  // Product keys differ, and device names within a product: the configuration has checked it. A device without a secret
  // is given 32 random hexadecimal digits.
  explicit Registry(std::vector<ProductConfig> products);

  // Null where there is no such product.
  [[nodiscard]] const Product* product(std::string_view key) const;

 private:
  std::unordered_map<std::string, Product, NameHash, std::equal_to<>> products_;
};

}  // namespace fleet::bridge
