#include "bridge/config/tables.h"

#include <fmt/format.h>

#include <cstdint>

#include "settings/spelling.h"
#include "wire/timestamp.h"

namespace fleet::bridge {

using settings::Form;
using settings::Key;
using settings::kRequired;
using settings::Reader;
using settings::Table;
using settings::Value;
using settings::YamlNode;

namespace {

constexpr double kKilo = 1u << 10;
constexpr double kMega = 1u << 20;
constexpr double kDay = 86'400;

template <auto Table>
const settings::MappingInfo& info_of() {
  return Table().info;
}

// `off`, or a rate for each action.
void read_limits(Reader& reader, const Value& value, Config& out) {
  if (value.node->kind != YamlNode::Kind::scalar) return read_mapping(reader, value, limits_table(), out.limits);
  out.limits.enforced = false;
  if (value.node->text == "off") return;
  reader.fail(value.node->place, fmt::format("'{}' must be off, or a mapping such as BatchPub: 50/s, not {}",
                                             value.path, describe(*value.node)));
}

// `on`, `off`, or a mapping, which stands for on.
void read_devices(Reader& reader, const Value& value, Config& out) {
  if (value.node->kind != YamlNode::Kind::scalar) return read_mapping(reader, value, devices_table(), out.devices);
  out.devices.enabled = value.node->text != "off";
  if (value.node->text == "on" || value.node->text == "off") return;
  reader.fail(value.node->place, fmt::format("'{}' must be on or off, or a mapping such as registration: known, not {}",
                                             value.path, describe(*value.node)));
}

// The end of a temporary key.
void read_expiry(Reader& reader, const Value& value, AccountConfig& out) {
  const auto word = reader.scalar(value);
  if (!word) return;
  out.security_token_expires = wire::parse_timestamp(word->text);
  if (out.security_token_expires) return;
  reader.fail_at(value.path,
                 fmt::format("'{}' is no time such as 2026-01-02T03:04:05Z", settings::shortened(word->text)));
}

}  // namespace

const Table<AccountConfig>& account_table() {
  using Row = Key<AccountConfig>;
  static const Table<AccountConfig> table(
      "account", "A caller of the APIs.",
      {
          Row::field<&AccountConfig::access_key_id>(
              {.name = "access_key_id", .fallback = kRequired, .sentence = "names the key"}),
          Row::field<&AccountConfig::access_key_secret>(
              {.name = "access_key_secret", .fallback = kRequired, .sentence = "signs its calls"}),
          Row::field<&AccountConfig::batch_pub>({.name = "batch_pub",
                                                 .form = Form::flag,
                                                 .fallback = "false",
                                                 .sentence = "on the allow list of BatchPub"}),
          Row::field<&AccountConfig::disabled>(
              {.name = "disabled", .form = Form::flag, .fallback = "false", .sentence = "its calls are refused"}),
          Row::field<&AccountConfig::security_token>(
              {.name = "security_token", .sentence = "must come with every call: the key is a temporary one"}),
          Row{{.name = "security_token_expires", .sentence = "UTC, as 2026-01-02T03:04:05Z; absent: never"},
              read_expiry},
          Row::field<&AccountConfig::account>({.name = "account",
                                               .sentence =
                                                   "the account of the key, whose quotas and products its keys share; "
                                                   "absent: its own, named as the key"}),
      });
  return table;
}

const Table<AppConfig>& app_table() {
  using Row = Key<AppConfig>;
  static const Table<AppConfig> table(
      "app", "An application of the Taobao Open Platform.",
      {
          Row::field<&AppConfig::app_key>(
              {.name = "app_key", .fallback = kRequired, .sentence = "names the application"}),
          Row::field<&AppConfig::app_secret>(
              {.name = "app_secret", .fallback = kRequired, .sentence = "signs its calls"}),
          Row::texts<&AppConfig::topics>({.name = "topics", .sentence = "topics it may use"}),
          Row::texts<&AppConfig::groups>(
              {.name = "groups", .sentence = "groups of its consumers; default is always one"}),
          Row::texts<&AppConfig::sessions>(
              {.name = "sessions", .sentence = "sellers' sessions it may use; absent: any, or none"}),
          Row::field<&AppConfig::per_second>(
              {.name = "calls",
               .form = Form::rate,
               .sentence = "calls allowed of all its methods together; absent: any number",
               .min = 0.0001,
               .max = 1e6}),
      });
  return table;
}

const Table<BcastKeyConfig>& bcast_key_table() {
  using Row = Key<BcastKeyConfig>;
  static const Table<BcastKeyConfig> table(
      "API key", "A caller of the bcast API.",
      {
          Row::field<&BcastKeyConfig::api_key>(
              {.name = "api_key", .fallback = kRequired, .sentence = "names the caller; without ':'"}),
          Row::field<&BcastKeyConfig::api_secret>(
              {.name = "api_secret", .fallback = kRequired, .sentence = "sent along by HTTP Basic"}),
      });
  return table;
}

const Table<BcastConfig>& bcast_table() {
  using Row = Key<BcastConfig>;
  static const Table<BcastConfig> table(
      "bcast", "The batch API of EMQX's bcast plugin.",
      {
          Row::list<&BcastConfig::keys, &bcast_key_table>({.name = "keys", .sentence = "who may call it"}),
          Row::field<&BcastConfig::messages_max>({.name = "messages_max",
                                                  .form = Form::integer,
                                                  .fallback = "10000",
                                                  .sentence = "registered messages at most",
                                                  .min = 1,
                                                  .max = 1e6}),
          // One message of 10 KB must fit.
          Row::field<&BcastConfig::message_bytes_max>({.name = "message_bytes_max",
                                                       .form = Form::size,
                                                       .fallback = "16MB",
                                                       .sentence = "bytes of all of them at most",
                                                       .min = 16 * kKilo,
                                                       .max = 1'024 * kMega}),
          Row::field<&BcastConfig::message_ttl>({.name = "message_ttl",
                                                 .form = Form::whole_seconds,
                                                 .fallback = "360h",
                                                 .sentence = "how long one is kept behind its last use",
                                                 .min = 1,
                                                 .max = 365 * kDay}),
      });
  return table;
}

const Table<DeviceConfig>& device_table() {
  using Row = Key<DeviceConfig>;
  static const Table<DeviceConfig> table(
      "device", "One identity of a product.",
      {
          Row::field<&DeviceConfig::name>(
              {.name = "name", .fallback = kRequired, .sentence = "4 to 32 of A-Z a-z 0-9 _ @ . : -"}),
          Row::field<&DeviceConfig::secret>(
              {.name = "secret", .sentence = "made at start where it is absent", .max = 255}),
          Row::field<&DeviceConfig::gateway>(
              {.name = "gateway", .sentence = "PRODUCT_KEY/DEVICE_NAME of the gateway whose sub-device it is"}),
      });
  return table;
}

const Table<ProductConfig>& product_table() {
  using Row = Key<ProductConfig>;
  static const Table<ProductConfig> table(
      "product", "Devices alike: one product key, the same topics.",
      {
          Row::field<&ProductConfig::key>({.name = "key", .fallback = kRequired, .sentence = "1 to 32 of A-Z a-z 0-9"}),
          Row::field<&ProductConfig::name>({.name = "name", .sentence = "for people"}),
          Row::field<&ProductConfig::account>(
              {.name = "account",
               .sentence = "account that owns it; absent: all may use it, or the one that made it by a call"}),
          Row::field<&ProductConfig::kind>({.name = "kind",
                                            .form = Form::choice,
                                            .fallback = "device",
                                            .sentence = "what its devices are",
                                            .choices = "device|gateway|sub-device"}),
          Row::field<&ProductConfig::x509>({.name = "auth",
                                            .form = Form::choice,
                                            .fallback = "secret",
                                            .sentence = "how its devices prove who they are",
                                            .choices = "secret|x509"}),
          Row::choices_by_name<&ProductConfig::topics>({.name = "topics",
                                                        .sentence = "topic short names, and what a device may do there",
                                                        .choices = "publish|subscribe|both"}),
          Row::list<&ProductConfig::devices, &device_table>(
              {.name = "devices", .sentence = "its devices", .entries_max = kLanguage.values_max}),
      });
  return table;
}

namespace {

// "memory" or "sqlite:PATH".
void read_store(Reader& reader, const Value& value, RegistryConfig& out) {
  constexpr std::string_view kSqlite = "sqlite:";
  const auto word = reader.scalar(value);
  if (!word || word->text == "memory") return;
  if (word->text.starts_with(kSqlite) && word->text.size() > kSqlite.size()) {
    const std::string path = word->text.substr(kSqlite.size());
    // SQLite takes these for something else than a file.
    if (path.front() == ':' || path.front() == ' ' || path.starts_with("file:")) {
      return reader.fail_at(value.path, fmt::format("'{}' is no path of a file; write it like sqlite:./registry.db",
                                                    settings::shortened(path)));
    }
    out.sqlite_path = path;
    return;
  }
  reader.fail_at(value.path,
                 fmt::format("'{}' is no store; write memory or sqlite:PATH", settings::shortened(word->text)));
}

}  // namespace

const Table<RegistryConfig>& registry_table() {
  using Row = Key<RegistryConfig>;
  static const Table<RegistryConfig> table(
      "registry", "Where products, devices, topology, apply batches and apps are kept.",
      {
          Row{{.name = "store",
               .fallback = "memory",
               .sentence = "memory (gone at the end) or sqlite:PATH, for one bridge alone"},
              read_store},
          Row::field<&RegistryConfig::check_delay>({.name = "check_delay",
                                                    .form = Form::duration,
                                                    .fallback = "200ms",
                                                    .sentence = "how long an apply batch is in CHECK",
                                                    .min = 0.001,
                                                    .max = kDay}),
          Row::field<&RegistryConfig::create_delay>({.name = "create_delay",
                                                     .form = Form::duration,
                                                     .fallback = "200ms",
                                                     .sentence = "how long an apply batch is in CREATE",
                                                     .min = 0.001,
                                                     .max = kDay}),
      });
  return table;
}

const Table<DevicesConfig>& devices_table() {
  using Row = Key<DevicesConfig>;
  static const Table<DevicesConfig> table(
      "devices", "The device protocol over MQTT: topology and sub-device login of gateways.",
      {
          Row::field<&DevicesConfig::registration>(
              {.name = "registration",
               .form = Form::choice,
               .fallback = "any",
               .sentence = "sub-devices that a gateway may register: any, those that are known already, or none",
               .choices = "any|known|off"}),
      });
  return table;
}

const Table<Config>& config_table() {
  using Row = Key<Config>;
  static const Table<Config> table(
      "the configuration", "What fleet-bridge serves, and to whom.",
      {
          Row::mapping<&Config::http, &http_table>({.name = "http", .sentence = "where callers are listened to"}),
          Row::mapping<&Config::mqtt, &mqtt_table>({.name = "mqtt", .sentence = "the broker"}),
          Row::mapping<&Config::registry, &registry_table>(
              {.name = "registry", .sentence = "where products, devices and apps are kept"}),
          Row::list<&Config::accounts, &account_table>({.name = "accounts", .sentence = "callers of the APIs"}),
          Row::list<&Config::apps, &app_table>({.name = "apps", .sentence = "applications"}),
          Row::mapping<&Config::bcast, &bcast_table>(
              {.name = "bcast", .sentence = "the batch API of EMQX's bcast plugin"}),
          Row::list<&Config::products, &product_table>({.name = "products", .sentence = "products and their devices"}),
          Row{{.name = "devices",
               .form = Form::mapping,
               .sentence = "on, off, or what gateways may do",
               .inner = info_of<devices_table>},
              read_devices},
          Row{{.name = "limits",
               .form = Form::mapping,
               .sentence = "off, or calls a second by API",
               .inner = info_of<limits_table>},
              read_limits},
      });
  return table;
}

}  // namespace fleet::bridge
