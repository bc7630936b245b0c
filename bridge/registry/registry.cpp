#include "bridge/registry/registry.h"

#include <random>
#include <utility>

namespace fleet::bridge {
namespace {

std::string make_secret() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::random_device entropy;
  std::string secret;
  for (int word = 0; word < 4; ++word) {
    const std::uint32_t bits = entropy();
    for (int shift = 28; shift >= 0; shift -= 4) secret.push_back(kDigits[(bits >> shift) & 15]);
  }
  return secret;
}

}  // namespace

Product::Product(ProductConfig config)
    : key_(std::move(config.key)), kind_(config.kind), topics_(std::move(config.topics)) {
  devices_.reserve(config.devices.size());
  for (DeviceConfig& device : config.devices) {
    const auto index = static_cast<std::uint32_t>(devices_.size());
    if (device.secret.empty()) device.secret = make_secret();
    devices_.emplace(std::move(device.name), Device{.secret = std::move(device.secret), .index = index});
  }
}

const Device* Product::device(std::string_view name) const {
  const auto found = devices_.find(name);
  return found == devices_.end() ? nullptr : &found->second;
}

const TopicOperation* Product::topic_class(std::string_view short_name) const {
  const auto found = topics_.find(short_name);
  return found == topics_.end() ? nullptr : &found->second;
}

Registry::Registry(std::vector<ProductConfig> products) {
  products_.reserve(products.size());
  for (ProductConfig& product : products) {
    std::string key = product.key;
    products_.emplace(std::move(key), Product(std::move(product)));
  }
}

const Product* Registry::product(std::string_view key) const {
  const auto found = products_.find(key);
  return found == products_.end() ? nullptr : &found->second;
}

}  // namespace fleet::bridge
