// The bridge's configuration (bridge.yaml) as plain structs. Its tables of keys are in tables.cpp.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/clock.h"
#include "wire/error.h"
#include "wire/identifiers.h"
#include "wire/mqtt/tls_context.h"
#include "wire/url.h"

namespace fleet::bridge {

enum class PublisherEngine { native, paho };

// PEM files; both empty: plain HTTP.
struct TlsConfig {
  std::string certificate{};  // and the chain behind it
  std::string key{};          // its private key, not encrypted

  [[nodiscard]] bool enabled() const { return !certificate.empty(); }
};

struct HttpConfig {
  wire::Address listen{"127.0.0.1", 8'080};  // port 0: any free one, told in the ready line
  TlsConfig tls{};
  std::uint32_t connections_max = 4'096;  // further ones are answered 503 and closed
  std::uint32_t header_bytes_max = 16u << 10;
  std::uint32_t body_bytes_max = 4u << 20;  // 10,000 device names with nicknames of 32 Chinese characters
  std::uint32_t params_max = 40'000;        // twice what those need: further names are dropped, not refused
  // Whole header and body, from the first byte; the handshake of TLS, from the connection.
  std::chrono::milliseconds header_timeout{10'000};
  std::chrono::milliseconds idle_timeout{60'000};    // between requests
  std::chrono::milliseconds answer_timeout{60'000};  // a QoS 1 call not acknowledged by then is answered as an error
};

struct MqttConfig {
  wire::Url broker{"mqtt", "127.0.0.1", 1'883};
  PublisherEngine publisher = PublisherEngine::native;
  std::uint32_t connections = 1;  // publishes of one device always take the same one
  std::chrono::milliseconds backlog_wait{1'000};
  std::uint32_t backlog_bytes = 16u << 20;   // a connection
  std::uint32_t backlog_publishes = 65'535;  // a connection
  std::chrono::seconds keep_alive{15};       // longest silence; then PINGREQ, and as long again for an answer
  wire::mqtt::TlsOptions tls{};              // of mqtts:// and wss://
  std::string client_id;                     // prefix; empty: a random one
  std::string username;
  std::string password;
};

// One access key. Quotas and products belong to the account behind it, which several keys may share.
struct AccountConfig {
  std::string access_key_id;
  std::string access_key_secret;
  bool batch_pub = false;                                  // on the allow list of BatchPub
  bool disabled = false;                                   // known, and refused
  std::string security_token{};                            // of a temporary key (STS); empty: not temporary
  std::optional<wire::WallTime> security_token_expires{};  // absent: never
  std::string account{};                                   // empty: an account of its own, named as the key

  [[nodiscard]] const std::string& owner() const { return account.empty() ? access_key_id : account; }
};

struct AppConfig {  // Taobao Open Platform
  std::string app_key{};
  std::string app_secret{};
  std::vector<std::string> topics{};
  std::vector<std::string> groups{};
  std::vector<std::string> sessions{};  // empty: any session will do, or none
  double per_second = 0;                // calls a second of all methods together; 0: no limit
};

// EMQX's bcast plugin: who may call, and how much is kept of what they register.
struct BcastKeyConfig {
  std::string api_key{};
  std::string api_secret{};
};

struct BcastConfig {
  std::vector<BcastKeyConfig> keys{};             // none: nobody is let in
  std::uint32_t messages_max = 10'000;            // registered messages
  std::uint32_t message_bytes_max = 16u << 20;    // of all of them, with some hundred bytes for each
  std::chrono::seconds message_ttl{15 * 86'400};  // behind the last use; the plugin's default
};

enum class DeviceKind { device, gateway, sub_device };
inline constexpr std::array<std::string_view, 3> kDeviceKinds = {"device", "gateway", "sub-device"};  // in that order
[[nodiscard]] constexpr std::string_view kind_name(DeviceKind kind) {
  return kDeviceKinds[static_cast<std::size_t>(kind)];
}
using wire::TopicOperation;

struct DeviceConfig {
  std::string name{};
  std::string secret{};   // empty: made at start
  std::string gateway{};  // PRODUCT_KEY/DEVICE_NAME of the gateway whose sub-device it is; empty: not told
};

struct ProductConfig {
  std::string key{};
  std::string name{};
  std::string account{};  // account whose keys alone may use it; empty: any
  DeviceKind kind = DeviceKind::device;
  bool x509 = false;
  std::map<std::string, TopicOperation, std::less<>> topics{};  // topic short name -> operation
  std::vector<DeviceConfig> devices{};
};

// Calls a second by the name of an action or method.
using CallRates = std::map<std::string, double, std::less<>>;

// The limits of the APIs. `limits: off` leaves the maps empty and enforced false.
struct LimitsConfig {
  bool enforced = true;
  CallRates per_second{};              // of an account or app; absent: the API's own number
  CallRates per_second_of_all_apps{};  // of a TOP method, all apps together; absent: no limit
  double messages_to_a_device = 50;    // a second, by BatchPub and Pub; the platform's own number
};

// Where products, devices, topology, apply batches and apps are kept, and how long the asynchronous steps take.
struct RegistryConfig {
  std::string sqlite_path{};                    // empty: in memory, gone when the bridge ends
  std::chrono::milliseconds check_delay{200};   // BatchCheckDeviceNames -> CHECK_SUCCESS or CHECK_FAILED
  std::chrono::milliseconds create_delay{200};  // registration asked for -> CREATE_SUCCESS or CREATE_FAILED
};

// What thing/sub/register of a gateway does for sub-devices.
enum class SubRegistration {
  any,    // registers those that their product lacks, and answers with the secrets of all
  known,  // answers for devices that are registered already
  off,    // nothing
};

// The device protocol over MQTT: topology and sub-device login of gateways.
struct DevicesConfig {
  bool enabled = true;
  SubRegistration registration = SubRegistration::any;
};

struct Config {
  HttpConfig http;
  MqttConfig mqtt;
  std::vector<AccountConfig> accounts;
  std::vector<AppConfig> apps;
  BcastConfig bcast;
  std::vector<ProductConfig> products;
  LimitsConfig limits;
  RegistryConfig registry;
  DevicesConfig devices;
};

// Reads and checks a file. Errors carry file:line:col and what to change.
[[nodiscard]] wire::Result<Config> load_config(const std::string& path);
// The same from text; `name` stands for the file in errors.
[[nodiscard]] wire::Result<Config> parse_config(const std::string& text, const std::string& name);

}  // namespace fleet::bridge
