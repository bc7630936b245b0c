// What does the bridge read from its configuration, and what does it refuse?
#include "tests/unit/bridge/config_text.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "bridge/config/document.h"

namespace fleet::bridge {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kExample = R"(http:
  listen: 127.0.0.1:8080              # port 0: any free one
mqtt:
  broker: mqtt://127.0.0.1:1883
  publisher: native                   # native | paho
  connections: 1
registry:
  store: memory
accounts:
  - access_key_id: testid
    access_key_secret: testsecret
    batch_pub: true
apps:
  - app_key: "12345678"
    app_secret: demosecret
    topics: [ taobao_trade_TradeCreate, taobao_jds_TradeTrace ]
    groups: [ default, warehouse, analytics ]
products:
  - key: a1BwAGVdemo
    name: lamp
    kind: device
    auth: secret
    topics: { get: subscribe, update: publish }
    devices:
      - { name: newdevice1, secret: 1234 }
      - { name: newdevice2 }
limits:
  BatchPub: 50/s
  BatchCheckDeviceNames: 10/s
  BatchAddThingTopo: 30/m
)";

TEST(Config, KnowsWhomToTrustBehindMqtts) {
  const Config config =
      config_of("mqtt: { broker: 'mqtts://h', tls: { ca: a, certificate: b, key: c, verify: false } }\n");
  EXPECT_EQ(config.mqtt.broker.port, 8883);
  EXPECT_EQ(config.mqtt.tls, (wire::mqtt::TlsOptions{"a", "b", "c", false}));
}

TEST(Config, ReadsWhoseSubDevicesDevicesAre) {
  std::string text = kExample;
  const std::string device = "{ name: newdevice2 }";
  const std::size_t at = text.find(device);
  const auto with = [&](const std::string& gateway) {
    return std::string(text).replace(at, device.size(), "{ name: newdevice2, gateway: " + gateway + " }");
  };
  EXPECT_EQ(config_of(with("a1hub/gw-01")).products[0].devices[1].gateway, "a1hub/gw-01");
  EXPECT_THAT(error_of(with("gw-01")), EndsWith("'gw-01' is no gateway; write PRODUCT_KEY/DEVICE_NAME"));
  EXPECT_THAT(error_of(with("a1hub/g")), EndsWith("'a1hub/g' is no gateway; write PRODUCT_KEY/DEVICE_NAME"));
}

TEST(Config, ReadsTemporaryKeys) {
  const Config config = config_of(
      "accounts:\n- { access_key_id: a, access_key_secret: b, security_token: t/o+k=, security_token_expires: "
      "'2026-01-02T03:04:05Z' }\n- { access_key_id: c, access_key_secret: d }\n");
  EXPECT_EQ(config.accounts[0].security_token, "t/o+k=");
  EXPECT_EQ(config.accounts[0].security_token_expires, wire::WallTime(std::chrono::seconds(1'767'323'045)));
  EXPECT_EQ(config.accounts[1].security_token, "");
  EXPECT_FALSE(config.accounts[1].security_token_expires);
}

TEST(Config, EveryActionHasALimit) {
  const Config config =
      config_of("limits: { DeleteDevice: 2/s, PubBroadcast: 1/m, taobao.tmc.messages.confirm: 9/s }\n");
  EXPECT_EQ(config.limits.per_second.size(), 3u);
}

TEST(Config, MethodsHaveALimitOfAllAppsToo) {
  const Config config =
      config_of("limits: { taobao.tmc.messages.produce: 5/s, all_apps: { taobao.tmc.messages.produce: 50/s } }\n");
  EXPECT_TRUE(config.limits.enforced);
  EXPECT_EQ(config.limits.per_second.at("taobao.tmc.messages.produce"), 5);
  EXPECT_EQ(config.limits.per_second_of_all_apps.at("taobao.tmc.messages.produce"), 50);
}

TEST(Config, ReadsTheFileThatCallersWereGiven) {
  const auto read = load_config(std::string(FLEET_SOURCE_DIR) + "/tests/scenarios/contract/bridge.yaml");
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->http.listen.port, 8080);
  EXPECT_EQ(read->mqtt.connections, 1);
  EXPECT_EQ(read->accounts.at(0).access_key_id, "testid");
  EXPECT_TRUE(read->accounts[0].batch_pub);
  EXPECT_THAT(read->apps.at(0).topics, ElementsAre("taobao_trade_TradeCreate", "taobao_jds_TradeTrace"));
  EXPECT_EQ(read->products.at(0).key, "a1BwAGVdemo");
  EXPECT_EQ(read->products[0].devices.size(), 2u);
  EXPECT_TRUE(read->limits.enforced);
  EXPECT_EQ(read->limits.per_second.at("BatchAddThingTopo"), 10);
}

TEST(Config, ReadsTheExample) {
  const Config config = config_of(kExample);
  EXPECT_EQ(config.http.listen.host, "127.0.0.1");
  EXPECT_EQ(config.http.listen.port, 8080);
  EXPECT_EQ(config.mqtt.broker.port, 1883);
  EXPECT_EQ(config.mqtt.publisher, PublisherEngine::native);
  ASSERT_EQ(config.accounts.size(), 1u);
  EXPECT_EQ(config.accounts[0].access_key_secret, "testsecret");
  EXPECT_TRUE(config.accounts[0].batch_pub);
  ASSERT_EQ(config.apps.size(), 1u);
  EXPECT_EQ(config.apps[0].app_key, "12345678");
  EXPECT_THAT(config.apps[0].groups, ElementsAre("default", "warehouse", "analytics"));
  ASSERT_EQ(config.products.size(), 1u);
  const ProductConfig& product = config.products[0];
  EXPECT_EQ(product.key, "a1BwAGVdemo");
  EXPECT_EQ(product.kind, DeviceKind::device);
  EXPECT_FALSE(product.x509);
  EXPECT_EQ(product.topics.at("get"), TopicOperation::subscribe);
  EXPECT_EQ(product.topics.at("update"), TopicOperation::publish);
  ASSERT_EQ(product.devices.size(), 2u);
  EXPECT_EQ(product.devices[0].secret, "1234");
  EXPECT_EQ(product.devices[1].secret, "");
  EXPECT_TRUE(config.limits.enforced);
  EXPECT_EQ(config.limits.per_second.at("BatchPub"), 50);
  EXPECT_EQ(config.limits.per_second.at("BatchAddThingTopo"), 0.5);
}

TEST(Config, ReadsEveryKey) {
  const Config config = config_of(R"(
http: { listen: "[::1]:0", connections_max: 10, header_bytes_max: 8KB, body_bytes_max: 2MB, params_max: 500,
        header_timeout: 1500ms, idle_timeout: 2m, answer_timeout: 5s }
mqtt: { broker: mqtt://broker.example, publisher: paho, connections: 4, backlog_wait: 250ms, backlog_bytes: 1MB,
        backlog_publishes: 1000, keep_alive: 5s, client_id: bridge, username: u, password: p }
products:
  - { key: gw, kind: gateway, auth: x509 }
  - { key: sub, kind: sub-device, topics: { a/b: both }, devices: [] }
limits: off
)");
  EXPECT_EQ(config.http.listen.host, "::1");
  EXPECT_EQ(config.http.listen.port, 0);
  EXPECT_EQ(config.http.connections_max, 10u);
  EXPECT_EQ(config.http.header_bytes_max, 8u << 10);
  EXPECT_EQ(config.http.body_bytes_max, 2u << 20);
  EXPECT_EQ(config.http.params_max, 500u);
  EXPECT_EQ(config.http.header_timeout, std::chrono::milliseconds(1'500));
  EXPECT_EQ(config.http.idle_timeout, std::chrono::minutes(2));
  EXPECT_EQ(config.http.answer_timeout, std::chrono::seconds(5));
  EXPECT_EQ(config.mqtt.broker.host, "broker.example");
  EXPECT_EQ(config.mqtt.broker.port, 1883);
  EXPECT_EQ(config.mqtt.publisher, PublisherEngine::paho);
  EXPECT_EQ(config.mqtt.connections, 4u);
  EXPECT_EQ(config.mqtt.backlog_wait, std::chrono::milliseconds(250));
  EXPECT_EQ(config.mqtt.backlog_bytes, 1u << 20);
  EXPECT_EQ(config.mqtt.backlog_publishes, 1'000u);
  EXPECT_EQ(config.mqtt.keep_alive, std::chrono::seconds(5));
  EXPECT_EQ(config.mqtt.client_id, "bridge");
  EXPECT_EQ(config.mqtt.username, "u");
  EXPECT_EQ(config.mqtt.password, "p");
  EXPECT_EQ(config.products[0].kind, DeviceKind::gateway);
  EXPECT_TRUE(config.products[0].x509);
  EXPECT_EQ(config.products[1].kind, DeviceKind::sub_device);
  EXPECT_EQ(config.products[1].topics.at("a/b"), TopicOperation::both);
  EXPECT_FALSE(config.limits.enforced);
}

TEST(Config, ReadsTheFilesOfHttps) {
  const Config config = config_of("http: { tls: { certificate: /etc/bridge/chain.pem, key: key.pem } }\n");
  EXPECT_TRUE(config.http.tls.enabled());
  EXPECT_EQ(config.http.tls.certificate, "/etc/bridge/chain.pem");
  EXPECT_EQ(config.http.tls.key, "key.pem");
  EXPECT_FALSE(config_of("http: { listen: 127.0.0.1:0 }\n").http.tls.enabled());
  EXPECT_THAT(error_of("http: { tls: { certificate: a.pem } }\n"), HasSubstr("'key'"));
  EXPECT_THAT(error_of("http: { tls: { key: a.pem } }\n"), HasSubstr("'certificate'"));
  EXPECT_THAT(error_of("http: { tls: { certificate: '', key: a.pem } }\n"), HasSubstr("empty"));
  EXPECT_THAT(error_of("http: { tls: on }\n"), StartsWith("bridge.yaml:1:"));
}

TEST(Config, ReadsWhatAnAppMayHave) {
  const Config config = config_of(R"(
apps:
  - { app_key: "1", app_secret: s, sessions: [ "61000", "61001" ], calls: 30/m, topics: [ a.b ], groups: [ 向阳 ] }
  - { app_key: "2", app_secret: s }
limits: { taobao.tmc.messages.produce: 50/s }
)");
  EXPECT_THAT(config.apps[0].sessions, ElementsAre("61000", "61001"));
  EXPECT_EQ(config.apps[0].per_second, 0.5);
  EXPECT_TRUE(config.apps[1].sessions.empty());
  EXPECT_EQ(config.apps[1].per_second, 0);
  EXPECT_EQ(config.limits.per_second.at("taobao.tmc.messages.produce"), 50);
}

TEST(Config, NamesOfAnAppMustBeLevelsOfATopic) {
  for (const char* bad : {"'a/b'", "'+'", "'a#'", "\"a\\tb\""}) {
    EXPECT_THAT(error_of(fmt::format("apps: [ {{ app_key: {}, app_secret: s }} ]\n", bad)),
                HasSubstr("must be 1 to 256 bytes without / + # and control characters"));
  }
  EXPECT_THAT(error_of("apps: [ { app_key: k, app_secret: s, topics: [ ok, 'not/ok' ] } ]\n"),
              StartsWith("bridge.yaml:1:52: 'not/ok' must be"));
  EXPECT_THAT(error_of("apps: [ { app_key: k, app_secret: s, groups: [ '#' ] } ]\n"),
              StartsWith("bridge.yaml:1:48: '#' must be"));
}

TEST(Config, WhatIsLeftOutHasItsDefault) {
  const Config config = config_of(
      "accounts: [ { access_key_id: a, access_key_secret: b } ]\nproducts: [ { key: p } ]\nhttp: {}\nmqtt: {}\n"
      "registry: {}\nbcast: {}\ndevices: {}\nlimits: {}\n");
  const Config defaults;
  EXPECT_EQ(config.http.listen, defaults.http.listen);
  EXPECT_EQ(config.http.connections_max, defaults.http.connections_max);
  EXPECT_EQ(config.http.header_bytes_max, defaults.http.header_bytes_max);
  EXPECT_EQ(config.http.body_bytes_max, defaults.http.body_bytes_max);
  EXPECT_EQ(config.http.params_max, defaults.http.params_max);
  EXPECT_EQ(config.http.header_timeout, defaults.http.header_timeout);
  EXPECT_EQ(config.http.idle_timeout, defaults.http.idle_timeout);
  EXPECT_EQ(config.http.answer_timeout, defaults.http.answer_timeout);
  EXPECT_EQ(config.mqtt.broker, defaults.mqtt.broker);
  EXPECT_EQ(config.mqtt.publisher, defaults.mqtt.publisher);
  EXPECT_EQ(config.mqtt.connections, defaults.mqtt.connections);
  EXPECT_EQ(config.mqtt.backlog_wait, defaults.mqtt.backlog_wait);
  EXPECT_EQ(config.mqtt.backlog_bytes, defaults.mqtt.backlog_bytes);
  EXPECT_EQ(config.mqtt.backlog_publishes, defaults.mqtt.backlog_publishes);
  EXPECT_EQ(config.mqtt.keep_alive, defaults.mqtt.keep_alive);
  EXPECT_EQ(config.registry.sqlite_path, defaults.registry.sqlite_path);
  EXPECT_EQ(config.registry.check_delay, defaults.registry.check_delay);
  EXPECT_EQ(config.registry.create_delay, defaults.registry.create_delay);
  EXPECT_EQ(config.bcast.messages_max, defaults.bcast.messages_max);
  EXPECT_EQ(config.bcast.message_bytes_max, defaults.bcast.message_bytes_max);
  EXPECT_EQ(config.bcast.message_ttl, defaults.bcast.message_ttl);
  EXPECT_EQ(config.devices.enabled, defaults.devices.enabled);
  EXPECT_EQ(config.devices.registration, defaults.devices.registration);
  EXPECT_EQ(config.limits.enforced, defaults.limits.enforced);
  EXPECT_EQ(config.limits.messages_to_a_device, defaults.limits.messages_to_a_device);
  EXPECT_EQ(config.accounts[0].batch_pub, AccountConfig{}.batch_pub);
  EXPECT_EQ(config.accounts[0].disabled, AccountConfig{}.disabled);
  EXPECT_EQ(config.products[0].kind, ProductConfig{}.kind);
  EXPECT_EQ(config.products[0].x509, ProductConfig{}.x509);
}

TEST(Config, TheDocumentIsWhatTheTablesSay) {
  std::ifstream file(FLEET_SOURCE_DIR "/docs/configuration.md", std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), config_document()) << "make it anew: fleet-bridge keys > docs/configuration.md";
}

TEST(Config, SaysWhereTheRegistryIsKept) {
  const Config absent = config_of("accounts: []\n");
  EXPECT_EQ(absent.registry.sqlite_path, "");
  EXPECT_EQ(absent.registry.check_delay, std::chrono::milliseconds(200));
  const Config given = config_of("registry: { store: sqlite:/var/lib/fleet.db, check_delay: 1s, create_delay: 5ms }\n");
  EXPECT_EQ(given.registry.sqlite_path, "/var/lib/fleet.db");
  EXPECT_EQ(given.registry.check_delay, std::chrono::seconds(1));
  EXPECT_EQ(given.registry.create_delay, std::chrono::milliseconds(5));
}

TEST(Config, SaysWhoSpeaksBcast) {
  const Config absent = config_of("accounts: []\n");
  EXPECT_TRUE(absent.bcast.keys.empty());
  EXPECT_EQ(absent.bcast.messages_max, 10'000u);
  const Config given = config_of(
      "bcast: { keys: [ { api_key: k, api_secret: 's:t' } ], messages_max: 5, message_bytes_max: 16KB,"
      " message_ttl: 1h }\n");
  ASSERT_EQ(given.bcast.keys.size(), 1u);
  EXPECT_EQ(given.bcast.keys[0].api_key, "k");
  EXPECT_EQ(given.bcast.keys[0].api_secret, "s:t");
  EXPECT_EQ(given.bcast.messages_max, 5u);
  EXPECT_EQ(given.bcast.message_bytes_max, 16u << 10);
  EXPECT_EQ(given.bcast.message_ttl, std::chrono::hours(1));
  EXPECT_THAT(error_of("bcast: { keys: [ { api_key: 'a:b', api_secret: s } ] }\n"),
              EndsWith("an API key must have no ':' (RFC 7617)"));
  EXPECT_THAT(error_of("bcast: { keys: [ { api_key: k, api_secret: s }, { api_key: k, api_secret: t } ] }\n"),
              EndsWith("API key 'k' is given twice"));
}

TEST(Config, SaysWhatGatewaysMayDo) {
  const Config absent = config_of("accounts: []\n");
  EXPECT_TRUE(absent.devices.enabled);
  EXPECT_EQ(absent.devices.registration, SubRegistration::any);
  EXPECT_TRUE(config_of("devices: on\n").devices.enabled);
  EXPECT_FALSE(config_of("devices: off\n").devices.enabled);
  for (const auto& [word, meant] :
       {std::pair{"any", SubRegistration::any}, {"known", SubRegistration::known}, {"off", SubRegistration::off}}) {
    const Config given = config_of(fmt::format("devices: {{ registration: {} }}\n", word));
    EXPECT_TRUE(given.devices.enabled);
    EXPECT_EQ(given.devices.registration, meant);
  }
}

struct ErrorRow {
  std::string text;
  std::string error;  // whole
};

TEST(Config, ErrorsNameThePlaceAndWhatToChange) {
  const ErrorRow rows[] = {
      {"mqtt:\n  brokr: x\n", "bridge.yaml:2:3: unknown key 'brokr' in mqtt; did you mean 'broker'?"},
      {"htpt: {}\n", "bridge.yaml:1:1: unknown key 'htpt' in the configuration; did you mean 'http'?"},
      {"accounts: [ { access_key_id: a, access_key_secret: b, security_token_expires: soon } ]\n",
       "bridge.yaml:1:79: 'soon' is no time such as 2026-01-02T03:04:05Z"},
      {"registry:\n  store: sqlite\n", "bridge.yaml:2:10: 'sqlite' is no store; write memory or sqlite:PATH"},
      {"registry:\n  store: 'sqlite:'\n", "bridge.yaml:2:10: 'sqlite:' is no store; write memory or sqlite:PATH"},
      {"registry:\n  store: 'sqlite::memory:'\n",
       "bridge.yaml:2:10: ':memory:' is no path of a file; write it like sqlite:./registry.db"},
      {"registry:\n  store: 'sqlite:file:x?mode=memory'\n",
       "bridge.yaml:2:10: 'file:x?mode=memory' is no path of a file; write it like sqlite:./registry.db"},
      {"mqtt: { password: secret }\n", "bridge.yaml:1:19: 'mqtt.password' needs 'mqtt.username' beside it"},
      {"registry: { check_delay: 0ms }\n",
       "bridge.yaml:1:26: 'registry.check_delay': '0ms' is out of range; allowed is 1ms .. 24h"},
      {"http:\n  listen: 127.0.0.1\n",
       "bridge.yaml:2:11: 'http.listen': '127.0.0.1' has no port of 0 .. 65535; write it like 127.0.0.1:8080"},
      {"http:\n  listen: 127.0.0.1:65536\n",
       "bridge.yaml:2:11: 'http.listen': '127.0.0.1:65536' has no port of 0 .. 65535; write it like 127.0.0.1:8080"},
      {"http: { idle_timeout: 10 }\n",
       "bridge.yaml:1:23: 'http.idle_timeout': '10' has no unit; write 10us, 10ms, 10s, 10m or 10h"},
      {"http: { idle_timeout: soon }\n",
       "bridge.yaml:1:23: 'http.idle_timeout': 'soon' is not a duration; write it like 250ms, 10s, 5m or 1h"},
      {"http: { body_bytes_max: 100 }\n",
       "bridge.yaml:1:25: 'http.body_bytes_max': '100' has no unit; write 100B, 100KB, 100MB or 100GB"},
      {"http: { body_bytes_max: 1GB }\n",
       "bridge.yaml:1:25: 'http.body_bytes_max': '1GB' is out of range; allowed is 1KB .. 64MB"},
      {"http: []\n", "bridge.yaml:1:7: 'http' must be a mapping, not a list"},
      {"http: { params_max: [1] }\n", "bridge.yaml:1:21: 'http.params_max' must be a value, not a list"},
      {"mqtt: { connections: 0 }\n", "bridge.yaml:1:22: 'mqtt.connections': '0' is out of range; allowed is 1 .. 64"},
      {"mqtt: { connections: two }\n", "bridge.yaml:1:22: 'mqtt.connections': 'two' is not a whole number"},
      {"mqtt: { publisher: pahoo }\n",
       "bridge.yaml:1:20: 'mqtt.publisher': 'pahoo' is not possible here; did you mean 'paho'?"},
      {"mqtt: { broker: localhost }\n",
       "bridge.yaml:1:17: 'mqtt.broker': 'localhost' is not a URL; write it like mqtt://127.0.0.1:1883"},
      {"mqtt: { broker: 'mqtt://me:hunter2@h' }\n",
       "bridge.yaml:1:17: 'mqtt.broker': 'mqtt://***@h' holds a login, which has keys of its own; write it like "
       "mqtt://127.0.0.1:1883"},
      {"mqtt: { broker: 'mqtt://h:0' }\n",
       "bridge.yaml:1:17: 'mqtt.broker': 'mqtt://h:0' has no port of 1 .. 65535; write it like mqtt://127.0.0.1:1883"},
      {"mqtt: { broker: 'http://h' }\n",
       "bridge.yaml:1:17: 'mqtt.broker': 'http://h' has a scheme that is not supported (allowed: mqtt:// mqtts:// "
       "ws:// wss://); "
       "write it like mqtt://127.0.0.1:1883"},
      {"mqtt: { tls: { ca: a.pem } }\n", "bridge.yaml:1:9: 'mqtt.tls' is for mqtts://; this URL has no TLS"},
      {"mqtt: { broker: 'mqtts://h', tls: { certificate: a.pem } }\n",
       "bridge.yaml:1:50: 'mqtt.tls.certificate' needs 'mqtt.tls.key' beside it"},
      {"mqtt: { broker: 'mqtts://h', tls: { key: a.pem } }\n",
       "bridge.yaml:1:42: 'mqtt.tls.key' needs 'mqtt.tls.certificate' beside it"},
      {"accounts:\n- access_key_secret: x\n", "bridge.yaml:2:3: account has no 'access_key_id': names the key"},
      {"accounts:\n- { access_key_id: a, access_key_secret: b }\n- { access_key_id: a, access_key_secret: c }\n",
       "bridge.yaml:3:20: account 'a' is given twice"},
      {"accounts: [ { access_key_id: a, access_key_secret: b, batch_pub: yes } ]\n",
       "bridge.yaml:1:66: 'accounts.0.batch_pub': 'yes' is not possible here; allowed: false, true"},
      {"products: [ { key: a, devices: [ { name: dev1 }, { name: dev1 } ] } ]\n",
       "bridge.yaml:1:58: device 'dev1' is given twice"},
      {"products: [ { key: a }, { key: a } ]\n", "bridge.yaml:1:32: product 'a' is given twice"},
      {"products: [ { key: a-b } ]\n", "bridge.yaml:1:20: 'a-b' is no product key: 1 to 32 of A-Z a-z 0-9"},
      {"products: [ { key: a, devices: [ { name: abc } ] } ]\n",
       "bridge.yaml:1:42: 'abc' is no device name: 4 to 32 of A-Z a-z 0-9 _ @ . : -"},
      {"products: [ { key: a, devices: [ { nam: abcd } ] } ]\n",
       "bridge.yaml:1:36: unknown key 'nam' in device; did you mean 'name'?"},
      {"products: [ { key: a, topics: { get/+: subscribe } } ]\n",
       "bridge.yaml:1:33: 'get/+' is no topic short name: words of A-Z a-z 0-9 _ with / between them"},
      {"products: [ { key: a, topics: { get: subscrib } } ]\n",
       "bridge.yaml:1:38: 'products.0.topics.get': 'subscrib' is not possible here; did you mean 'subscribe'?"},
      {"products: [ { key: a, kind: subdevice } ]\n",
       "bridge.yaml:1:29: 'products.0.kind': 'subdevice' is not possible here; did you mean 'sub-device'?"},
      {"products: [ { key: a, account: nobody } ]\n", "bridge.yaml:1:32: 'nobody' is none of the accounts"},
      {"products: {}\n", "bridge.yaml:1:11: 'products' must be a list, not a mapping"},
      {"devices: yes\n",
       "bridge.yaml:1:10: 'devices' must be on or off, or a mapping such as registration: known, not 'yes'"},
      {"devices: { registration: some }\n",
       "bridge.yaml:1:26: 'devices.registration': 'some' is not possible here; allowed: any, known, off"},
      {"limits: on\n", "bridge.yaml:1:9: 'limits' must be off, or a mapping such as BatchPub: 50/s, not 'on'"},
      {"limits: { BatchPub: 50 }\n", "bridge.yaml:1:21: 'limits.BatchPub': '50' has no unit; write 50/s, 50/m or 50/h"},
      {"limits: { BatchPub: 0/s }\n",
       "bridge.yaml:1:21: 'limits.BatchPub': '0/s' is out of range; allowed is 0.0001/s .. 1000000/s"},
      {"limits: { all_apps: { BatchPub: 50/s } }\n",
       "bridge.yaml:1:23: unknown key 'BatchPub' in limits.all_apps; allowed: taobao.tmc.messages.produce, "
       "taobao.tmc.message.produce, taobao.tmc.messages.consume, taobao.tmc.messages.confirm"},
      {"limits: { BatchPubs: 50/s }\n",
       "bridge.yaml:1:11: unknown key 'BatchPubs' in limits; did you mean 'BatchPub'?"},
      {"products:\n", "bridge.yaml:1:1: 'products' has no value"},
      {"http: !!map {}\n",
       "bridge.yaml:1:7: the tag 'tag:yaml.org,2002:map' has no meaning in a configuration; leave it out"},
      {"http: {}\nhttp: {}\n", "bridge.yaml:2:1: the key 'http' is given twice"},
      {"", "bridge.yaml:1:1: the configuration is empty"},
      {"# only a comment\n", "bridge.yaml:1:1: the configuration is empty"},
      {"just a word\n", "bridge.yaml:1:1: a configuration must be a mapping, not 'just a word'"},
      {"a: 1\n---\nb: 2\n", "bridge.yaml:2:1: a second document begins here; a configuration is one document"},
      {std::string("http:\0", 6), "bridge.yaml:1:6: the byte 0x00 is not text; a configuration is YAML in UTF-8"},
  };
  for (const ErrorRow& row : rows) EXPECT_EQ(error_of(row.text), row.error);
}

}  // namespace
}  // namespace fleet::bridge
