#include "bridge/config/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>

#include "bridge/config/reader.h"

namespace fleet::bridge {
namespace {

// The APIs that have a quota of their own, as their pages name them.
constexpr std::string_view kLimitedActions[] = {"BatchPub",
                                                "BatchCheckDeviceNames",
                                                "QueryBatchRegisterDeviceStatus",
                                                "BatchRegisterDeviceWithApplyId",
                                                "BatchRegisterDevice",
                                                "QueryPageByApplyId",
                                                "QueryProductTopic",
                                                "BatchAddThingTopo"};

void read_listen(ConfigReader& reader, std::string_view name, const YamlNode& node, HttpConfig& out) {
  const std::string word = reader.text(name, node);
  auto address = wire::parse_address(word);
  if (!address) return reader.fail(node, fmt::format("{}: '{}' {}", name, word, address.error()));
  out.listen = *std::move(address);
}

constexpr ConfigKey<HttpConfig> kHttpKeys[] = {
    {"listen", read_listen},
    {"connections_max",
     [](auto& r, auto name, auto& node, auto& out) { out.connections_max = r.whole(name, node, 1, 1'000'000); }},
    {"header_bytes_max",
     [](auto& r, auto name, auto& node, auto& out) { out.header_bytes_max = r.bytes(name, node, 1u << 10, 1u << 20); }},
    {"body_bytes_max",
     [](auto& r, auto name, auto& node, auto& out) { out.body_bytes_max = r.bytes(name, node, 1u << 10, 64u << 20); }},
    {"params_max",
     [](auto& r, auto name, auto& node, auto& out) { out.params_max = r.whole(name, node, 16, 100'000); }},
    {"header_timeout", [](auto& r, auto name, auto& node, auto& out) { out.header_timeout = r.duration(name, node); }},
    {"idle_timeout", [](auto& r, auto name, auto& node, auto& out) { out.idle_timeout = r.duration(name, node); }},
    {"answer_timeout", [](auto& r, auto name, auto& node, auto& out) { out.answer_timeout = r.duration(name, node); }},
};

void read_broker(ConfigReader& reader, std::string_view name, const YamlNode& node, MqttConfig& out) {
  const std::string word = reader.text(name, node);
  auto url = wire::parse_url(word, "mqtt");
  if (!url) return reader.fail(node, fmt::format("{}: '{}' {}", name, word, url.error()));
  out.broker = *std::move(url);
}

constexpr std::pair<std::string_view, PublisherEngine> kPublishers[] = {{"native", PublisherEngine::native},
                                                                        {"paho", PublisherEngine::paho}};

// A publish of 256 KB to 100 devices must fit into the backlog; packet identifiers end at 65,535.
constexpr ConfigKey<MqttConfig> kMqttKeys[] = {
    {"broker", read_broker},
    {"publisher", [](auto& r, auto name, auto& node, auto& out) { out.publisher = r.choice(name, node, kPublishers); }},
    {"connections", [](auto& r, auto name, auto& node, auto& out) { out.connections = r.whole(name, node, 1, 64); }},
    {"backlog_wait", [](auto& r, auto name, auto& node, auto& out) { out.backlog_wait = r.duration(name, node); }},
    {"backlog_bytes",
     [](auto& r, auto name, auto& node, auto& out) { out.backlog_bytes = r.bytes(name, node, 512u << 10, 1u << 30); }},
    {"backlog_publishes",
     [](auto& r, auto name, auto& node, auto& out) { out.backlog_publishes = r.whole(name, node, 100, 65'535); }},
    {"client_id", [](auto& r, auto name, auto& node, auto& out) { out.client_id = r.text(name, node); }},
    {"username", [](auto& r, auto name, auto& node, auto& out) { out.username = r.text(name, node); }},
    {"password", [](auto& r, auto name, auto& node, auto& out) { out.password = r.text(name, node); }},
};

struct RegistryKeys {};
constexpr ConfigKey<RegistryKeys> kRegistryKeys[] = {
    {"store", [](auto& r, auto name, auto& node, auto&) {
       const std::string word = r.text(name, node);
       if (word != "memory") r.fail(node, fmt::format("{} can only be memory, not '{}'", name, word));
     }}};

constexpr ConfigKey<AccountConfig> kAccountKeys[] = {
    {"access_key_id", [](auto& r, auto name, auto& node, auto& out) { out.access_key_id = r.text(name, node); }, true},
    {"access_key_secret", [](auto& r, auto name, auto& node, auto& out) { out.access_key_secret = r.text(name, node); },
     true},
    {"batch_pub", [](auto& r, auto name, auto& node, auto& out) { out.batch_pub = r.boolean(name, node); }},
};

void read_words(ConfigReader& reader, std::string_view name, const YamlNode& node, std::vector<std::string>& out) {
  reader.read_list(name, node, [&](const YamlNode& item) { out.push_back(reader.text(name, item)); });
}

constexpr ConfigKey<AppConfig> kAppKeys[] = {
    {"app_key", [](auto& r, auto name, auto& node, auto& out) { out.app_key = r.text(name, node); }, true},
    {"app_secret", [](auto& r, auto name, auto& node, auto& out) { out.app_secret = r.text(name, node); }, true},
    {"topics", [](auto& r, auto name, auto& node, auto& out) { read_words(r, name, node, out.topics); }},
    {"groups", [](auto& r, auto name, auto& node, auto& out) { read_words(r, name, node, out.groups); }},
};

void read_device_name(ConfigReader& reader, std::string_view name, const YamlNode& node, DeviceConfig& out) {
  out.name = reader.text(name, node);
  if (!wire::is_device_name(out.name)) {
    reader.fail(node, fmt::format("'{}' is no device name: 4 to 32 of A-Z a-z 0-9 _ @ . : -", out.name));
  }
}

constexpr ConfigKey<DeviceConfig> kDeviceKeys[] = {
    {"name", read_device_name, true},
    {"secret", [](auto& r, auto name, auto& node, auto& out) { out.secret = r.text(name, node); }},
};

void read_product_key(ConfigReader& reader, std::string_view name, const YamlNode& node, ProductConfig& out) {
  out.key = reader.text(name, node);
  if (!wire::is_product_key(out.key)) {
    reader.fail(node, fmt::format("'{}' is no product key: 1 to 32 of A-Z a-z 0-9", out.key));
  }
}

constexpr std::pair<std::string_view, DeviceKind> kKinds[] = {
    {"device", DeviceKind::device}, {"gateway", DeviceKind::gateway}, {"sub-device", DeviceKind::sub_device}};
constexpr std::pair<std::string_view, bool> kAuths[] = {{"secret", false}, {"x509", true}};
constexpr std::pair<std::string_view, TopicOperation> kOperations[] = {
    {"publish", TopicOperation::publish}, {"subscribe", TopicOperation::subscribe}, {"both", TopicOperation::both}};

void read_topics(ConfigReader& reader, std::string_view name, const YamlNode& node, ProductConfig& out) {
  reader.read_pairs(name, node, [&](const YamlNode& key, const YamlNode& value) {
    if (!wire::is_topic_short_name(key.text)) {
      return reader.fail(
          key, fmt::format("'{}' is no topic short name: words of A-Z a-z 0-9 _ with / between them", key.text));
    }
    out.topics.emplace(key.text, reader.choice(key.text, value, kOperations));
  });
}

void read_devices(ConfigReader& reader, std::string_view name, const YamlNode& node, ProductConfig& out) {
  std::set<std::string_view> names;
  out.devices.reserve(node.children.size());  // the names must not move
  reader.read_list(name, node, [&](const YamlNode& item) {
    DeviceConfig& device = out.devices.emplace_back();
    reader.read_map(item, "device", kDeviceKeys, device);
    if (!names.insert(device.name).second) reader.fail(item, fmt::format("device '{}' is given twice", device.name));
  });
}

constexpr ConfigKey<ProductConfig> kProductKeys[] = {
    {"key", read_product_key, true},
    {"name", [](auto& r, auto name, auto& node, auto& out) { out.name = r.text(name, node); }},
    {"kind", [](auto& r, auto name, auto& node, auto& out) { out.kind = r.choice(name, node, kKinds); }},
    {"auth", [](auto& r, auto name, auto& node, auto& out) { out.x509 = r.choice(name, node, kAuths); }},
    {"topics", read_topics},
    {"devices", read_devices},
};

// Reads a list of maps whose `id` member must differ.
template <class T, std::size_t N>
void read_all(ConfigReader& reader, std::string_view name, std::string_view what, const YamlNode& node,
              const ConfigKey<T> (&keys)[N], std::string T::*id, std::vector<T>& out) {
  std::set<std::string> ids;
  reader.read_list(name, node, [&](const YamlNode& item) {
    T& entry = out.emplace_back();
    reader.read_map(item, what, keys, entry);
    if (!ids.insert(entry.*id).second) reader.fail(item, fmt::format("{} '{}' is given twice", what, entry.*id));
  });
}

void read_limits(ConfigReader& reader, std::string_view name, const YamlNode& node, Config& out) {
  if (node.kind == YamlKind::scalar) {
    const std::string word = reader.text(name, node);
    if (word != "off")
      reader.fail(node, fmt::format("{} is off, or a map such as BatchPub: 50/s, not '{}'", name, word));
    out.limits.enforced = false;
    return;
  }
  reader.read_pairs(name, node, [&](const YamlNode& key, const YamlNode& value) {
    if (std::find(std::begin(kLimitedActions), std::end(kLimitedActions), key.text) == std::end(kLimitedActions)) {
      return reader.fail(key,
                         fmt::format("unknown key '{}' in limits{}", key.text, suggestion(key.text, kLimitedActions)));
    }
    const std::string word = reader.text(key.text, value);
    const auto rate = parse_rate(word);
    if (!rate)
      return reader.fail(value, fmt::format("{} must be a rate such as 50/s or 30/m, not '{}'", key.text, word));
    out.limits.per_second.emplace(key.text, *rate);
  });
}

constexpr ConfigKey<Config> kConfigKeys[] = {
    {"http", [](auto& r, auto name, auto& node, auto& out) { r.read_map(node, name, kHttpKeys, out.http); }},
    {"mqtt", [](auto& r, auto name, auto& node, auto& out) { r.read_map(node, name, kMqttKeys, out.mqtt); }},
    {"registry",
     [](auto& r, auto name, auto& node, auto&) {
       RegistryKeys none;
       r.read_map(node, name, kRegistryKeys, none);
     }},
    {"accounts",
     [](auto& r, auto name, auto& node, auto& out) {
       read_all(r, name, "account", node, kAccountKeys, &AccountConfig::access_key_id, out.accounts);
     }},
    {"apps", [](auto& r, auto name, auto& node,
                auto& out) { read_all(r, name, "app", node, kAppKeys, &AppConfig::app_key, out.apps); }},
    {"products",
     [](auto& r, auto name, auto& node, auto& out) {
       read_all(r, name, "product", node, kProductKeys, &ProductConfig::key, out.products);
     }},
    {"limits", read_limits},
};

}  // namespace

wire::Result<Config> parse_config(const std::string& text, const std::string& name) {
  const auto tree = parse_yaml(text, name);
  if (!tree) return tl::unexpected(tree.error());
  Config config;
  ConfigReader reader(*tree);
  reader.read_map(tree->at(tree->root), "the configuration", kConfigKeys, config);
  if (reader.error()) return tl::unexpected(*reader.error());
  return config;
}

wire::Result<Config> load_config(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text;
  char chunk[64 << 10];
  while (file && text.size() <= kYamlBytesMax) {
    file.read(chunk, sizeof chunk);
    text.append(chunk, static_cast<std::size_t>(file.gcount()));
  }
  // The end of the file sets failbit too; a directory or a missing file never reaches it.
  if (!file && !file.eof()) {
    return wire::usage_error(fmt::format("cannot read the file: {}", std::strerror(errno)), path);
  }
  return parse_config(text, path);
}

}  // namespace fleet::bridge
