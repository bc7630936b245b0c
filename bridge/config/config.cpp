#include "bridge/config/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "bridge/config/tables.h"
#include "settings/file.h"
#include "settings/reader.h"
#include "settings/spelling.h"
#include "settings/tls_keys.h"
#include "wire/mqtt/native_options.h"

namespace fleet::bridge {

namespace {

using settings::Reader;
using settings::shortened;

// The entries of a list must differ in their `id`; `list` is its path and `key` the name of the member.
template <class T>
void check_distinct(Reader& reader, const std::vector<T>& entries, std::string T::*id, std::string_view what,
                    std::string_view list, std::string_view key) {
  std::unordered_set<std::string_view> ids;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (ids.insert(entries[i].*id).second) continue;
    reader.fail_at(fmt::format("{}.{}.{}", list, i, key),
                   fmt::format("{} '{}' is given twice", what, shortened(entries[i].*id)));
  }
}

bool is_gateway_path(std::string_view text) {
  const std::size_t slash = text.find('/');
  return slash != std::string_view::npos && wire::is_product_key(text.substr(0, slash)) &&
         wire::is_device_name(text.substr(slash + 1));
}

void check_product(Reader& reader, const Config& config, const ProductConfig& product, const std::string& path) {
  const auto is_owner = [&product](const AccountConfig& account) { return account.owner() == product.account; };
  if (!product.account.empty() && std::none_of(config.accounts.begin(), config.accounts.end(), is_owner)) {
    reader.fail_at(path + ".account", fmt::format("'{}' is none of the accounts", shortened(product.account)));
  }
  if (!wire::is_product_key(product.key)) {
    reader.fail_at(path + ".key", fmt::format("'{}' is no product key: 1 to {} of A-Z a-z 0-9", shortened(product.key),
                                              wire::kProductKeyBytesMax));
  }
  for (const auto& [topic, operation] : product.topics) {
    if (wire::is_topic_short_name(topic)) continue;
    reader.fail_at_key(
        fmt::format("{}.topics.{}", path, topic),
        fmt::format("'{}' is no topic short name: words of A-Z a-z 0-9 _ with / between them", shortened(topic)));
  }
  for (std::size_t i = 0; i < product.devices.size(); ++i) {
    if (wire::is_device_name(product.devices[i].name)) continue;
    reader.fail_at(
        fmt::format("{}.devices.{}.name", path, i),
        fmt::format("'{}' is no device name: {} to {} of A-Z a-z 0-9 _ @ . : -", shortened(product.devices[i].name),
                    wire::kDeviceNameBytesMin, wire::kDeviceNameBytesMax));
  }
  for (std::size_t i = 0; i < product.devices.size(); ++i) {
    const std::string& gateway = product.devices[i].gateway;
    if (gateway.empty() || is_gateway_path(gateway)) continue;
    reader.fail_at(fmt::format("{}.devices.{}.gateway", path, i),
                   fmt::format("'{}' is no gateway; write PRODUCT_KEY/DEVICE_NAME", shortened(gateway)));
  }
  check_distinct(reader, product.devices, &DeviceConfig::name, "device", path + ".devices", "name");
}

// App keys, groups and topics become levels of the MQTT topic tmc/{app_key}/{group}/{topic}.
void check_app(Reader& reader, const AppConfig& app, const std::string& path) {
  const auto check = [&reader](const std::string& name, const std::string& where) {
    if (wire::is_tmc_name(name)) return;
    reader.fail_at(where, fmt::format("'{}' must be 1 to {} bytes without / + # and control characters",
                                      shortened(name), wire::kTmcNameBytesMax));
  };
  check(app.app_key, path + ".app_key");
  for (std::size_t i = 0; i < app.topics.size(); ++i) check(app.topics[i], fmt::format("{}.topics.{}", path, i));
  for (std::size_t i = 0; i < app.groups.size(); ++i) check(app.groups[i], fmt::format("{}.groups.{}", path, i));
}

// What a table row cannot say: names, and what may stand there once only.
void check_config(Reader& reader, const Config& config) {
  const wire::mqtt::BrokerPlace broker{config.mqtt.broker, config.mqtt.tls};
  if (!config.mqtt.password.empty() && config.mqtt.username.empty()) {
    reader.fail_at("mqtt.password", "'mqtt.password' needs 'mqtt.username' beside it");
  }
  settings::check_tls(reader, "mqtt.tls", config.mqtt.tls, "mqtts://", broker.uses_tls());
  check_distinct(reader, config.accounts, &AccountConfig::access_key_id, "account", "accounts", "access_key_id");
  check_distinct(reader, config.apps, &AppConfig::app_key, "app", "apps", "app_key");
  check_distinct(reader, config.bcast.keys, &BcastKeyConfig::api_key, "API key", "bcast.keys", "api_key");
  for (std::size_t i = 0; i < config.bcast.keys.size(); ++i) {
    if (config.bcast.keys[i].api_key.find(':') == std::string::npos) continue;
    reader.fail_at(fmt::format("bcast.keys.{}.api_key", i), "an API key must have no ':' (RFC 7617)");
  }
  check_distinct(reader, config.products, &ProductConfig::key, "product", "products", "key");
  for (std::size_t i = 0; i < config.apps.size(); ++i) check_app(reader, config.apps[i], fmt::format("apps.{}", i));
  for (std::size_t i = 0; i < config.products.size(); ++i) {
    check_product(reader, config, config.products[i], fmt::format("products.{}", i));
  }
}

}  // namespace

wire::Result<Config> parse_config(const std::string& text, const std::string& name) {
  const auto tree = settings::parse_yaml(text, kLanguage, name);
  if (!tree) return tl::unexpected(tree.error());
  if ((*tree)->kind == settings::YamlNode::Kind::empty) {
    return wire::usage_error("the configuration is empty", (*tree)->place.text());
  }
  Reader reader(*tree, kLanguage);
  Config config;
  read_mapping(reader, reader.root(), config_table(), config);
  if (!reader.failed()) check_config(reader, config);
  if (reader.failed()) return tl::unexpected(reader.first_error());
  return config;
}

wire::Result<Config> load_config(const std::string& path) {
  auto text = settings::read_file(path, kLanguage);
  if (!text) return tl::unexpected(text.error());
  return parse_config(*text, path);
}

}  // namespace fleet::bridge
