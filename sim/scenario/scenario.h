// A scenario as plain structs, checked and complete: defaults are filled in, units are resolved, references are
// indexes.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/behaviour.h"
#include "sim/scenario/fault.h"
#include "sim/scenario/payload_template.h"
#include "sim/scenario/rate_shape.h"
#include "wire/clock.h"
#include "wire/error.h"
#include "wire/identifiers.h"
#include "wire/mqtt/tls_context.h"
#include "wire/mqtt/types.h"
#include "wire/url.h"

namespace fleet::sim {

using wire::TopicOperation;

enum class DeviceKind { device, gateway, sub_device };

struct Product {
  std::string name;  // key in the scenario
  std::string key;   // product key: `key:` of the scenario, or made from name and seed
  std::map<std::string, TopicOperation> topics;
  DeviceKind kind = DeviceKind::device;
  std::set<std::string> broadcasts{};  // topics that its devices share: /broadcast/{product key}/{name}
};

enum class Engine { native, paho };

// How long a device waits before it tries to connect again.
struct BackOff {
  enum class Model : std::uint8_t {
    none,         // at once
    constant,     // `first`, each time
    exponential,  // `first`, doubled after each failure in a row, at most `longest`
  };
  enum class Jitter : std::uint8_t {
    none,   // the whole of it
    equal,  // one half to the whole
    full,   // nothing to the whole
  };
  Model model = Model::exponential;
  wire::Nanos first = std::chrono::milliseconds(100);
  wire::Nanos longest = std::chrono::seconds(5);
  Jitter jitter = Jitter::equal;
};

struct ConnectPlan {
  double per_second = 1'000;         // rate of the ramp
  std::uint32_t in_flight_max = 32;  // handshakes at once; Mosquitto's listen backlog is 100
  wire::mqtt::Version version = wire::mqtt::Version::v311;
  std::chrono::seconds keep_alive{60};
  bool clean_start = true;
  std::uint32_t session_expiry_s = 0;
  std::chrono::milliseconds timeout{10'000};  // TCP connect to CONNACK
  bool reconnect = true;                      // with back-off, when the connection is lost
  BackOff back_off;
};

struct TopicSubscription {
  std::string topic;  // short name of the product
  wire::mqtt::Qos qos = wire::mqtt::Qos::at_most_once;
};

enum class FleetKind { device, consumer };

// Where a group's identities come from.
enum class Provision {
  config,  // made from the seed; a started bridge is told in its configuration
  api,     // registered through the API before anybody connects
  file,    // given out by somebody else's platform, and listed in a file
};

// How the platform learns which gateway a sub-device belongs to.
enum class Topology {
  config,  // a started bridge is told in its configuration; any other knows it already
  api,     // BatchAddThingTopo, before anybody connects
  mqtt,    // each gateway asks for it itself: thing/topo/add
};

// What a group of sub-devices has in place of connections. Which gateway speaks for a sub-device is a function of their
// indexes (sub_devices.h).
struct GatewayLink {
  std::size_t group = 0;  // fleet group of gateways
  Topology topology = Topology::config;
  bool login = true;  // combine/batch_login over MQTT before anything else is done for them
};

// Messages that each device of a group publishes by itself.
struct Telemetry {
  std::string topic;  // short name of the product
  wire::Nanos every{};
  double jitter = 0;        // a turn may be early or late by this share of `every`
  std::uint32_t burst = 1;  // messages of one turn
  wire::mqtt::Qos qos = wire::mqtt::Qos::at_most_once;
  bool retain = false;
  PayloadTemplate payload;
};

struct FleetGroup {
  std::string name;
  FleetKind kind = FleetKind::device;
  std::size_t product = 0;  // index; of devices
  std::uint32_t count = 0;
  std::string name_template;  // "lamp-{index:5}"
  Engine engine = Engine::native;
  ConnectPlan connect;
  std::vector<TopicSubscription> subscribe;  // of consumers: the message topics
  std::string consumer_group;                // whose messages they share; empty: devices
  Provision provision = Provision::config;
  std::string identities;              // provision: file: where
  std::optional<GatewayLink> gateway;  // of sub-devices, and only of them
  std::vector<Telemetry> publish;
  Behaviour behaviour;

  [[nodiscard]] bool connects() const { return !gateway; }
  // `topic`: a short name
  [[nodiscard]] bool subscribes_to(std::string_view topic) const {
    return std::any_of(subscribe.begin(), subscribe.end(),
                       [topic](const TopicSubscription& row) { return row.topic == topic; });
  }
};

enum class Pick { round_robin, random, zipf, same, all };

struct CallGroup {
  std::string name;
  std::string api;              // "BatchPub"
  std::size_t fleet_group = 0;  // index: recipients; of messages: the first of `targets`
  std::string topic;            // short name
  // Calls that carry messages to consumers; both are empty for others:
  std::vector<std::size_t> targets;  // index: fleet groups whose consumer groups the messages go to, in turn
  std::vector<std::string> topics;   // in turn
  std::uint32_t batch = 1;           // devices a call
  Pick pick = Pick::round_robin;
  wire::mqtt::Qos qos = wire::mqtt::Qos::at_most_once;
  std::uint32_t payload_bytes = 256;          // stamp included
  bool closed_loop = false;                   // rate: max
  double per_second = 0;                      // open loop with one rate; 0: its shape says more
  RateShape shape{};                          // open loop
  Arrivals arrivals = Arrivals::even;         // open loop
  std::uint32_t in_flight = 8;                // closed loop: calls at once
  std::uint32_t connections_max = 256;        // open loop: caller connections, opened on demand
  std::chrono::milliseconds timeout{10'000};  // written to answered; then the outcome is unknown: failed
};

// The APIs of messages to devices: some, one, all that share a topic.
inline constexpr std::string_view kBatchPub = "BatchPub";
inline constexpr std::string_view kPub = "Pub";
inline constexpr std::string_view kPubBroadcast = "PubBroadcast";

// The APIs of messages to consumers.
inline constexpr std::string_view kProduceMessages = "taobao.tmc.messages.produce";
inline constexpr std::string_view kProduceMessage = "taobao.tmc.message.produce";
inline constexpr std::uint32_t kMessagesMax = 50;             // of one call: API page
inline constexpr std::uint32_t kMessageContentMax = 122'880;  // bytes: page of the single call

struct Phases {
  wire::Nanos warm_up{};
  wire::Nanos hold{};
  wire::Nanos drain{};
  std::optional<wire::Nanos> ready_within{};  // of the fleet, before all others; none: made of what it has to do
};

// What the run's own health may be at most before its numbers are called INVALID.
struct HealthLimits {
  std::chrono::microseconds send_lag_p99{10'000};
  std::chrono::microseconds hiccup{200'000};
};

enum class Comparison { less, less_equal, equal, not_equal, greater_equal, greater };

struct Threshold {
  std::string expression;  // as written
  std::string metric;      // path in result.json
  Comparison comparison = Comparison::equal;
  double value = 0;  // durations in µs
};

using wire::Url;

// The protocol of the batch API.
enum class Dialect { aliyun, emqx_bcast };

// How a started broker is spoken to.
enum class BrokerTls { off, on, mutual };  // mutual: it wants a certificate of everybody, too

// IPv4 addresses that follow each other.
struct AddressRange {
  std::uint32_t first = 0;  // in host byte order
  std::uint32_t count = 0;  // 0: the kernel chooses the one
};

struct Target {
  std::optional<Url> broker;     // none: Mosquitto is started for this run
  wire::mqtt::TlsOptions tls{};  // of a broker behind a URL with TLS
  BrokerTls broker_tls = BrokerTls::off;
  bool broker_websocket = false;        // a started broker speaks MQTT over WebSocket
  AddressRange source_addresses{};      // that the fleet connects from, in turn
  bool broker_persistence = false;      // started Mosquitto keeps sessions and messages on disk
  bool broker_apart = true;             // a started Mosquitto has a core alone, where there are two
  bool broker_auth = false;             // a started Mosquitto lets in whom the started bridge's registry knows
  std::optional<Url> bridge;            // none: fleet-bridge is started for this run
  wire::mqtt::TlsOptions bridge_tls{};  // of a bridge behind https://
  Dialect dialect = Dialect::aliyun;    // of either
  bool enforce_api_limits = false;      // limits: api
  Engine publisher = Engine::native;    // of a started bridge
  std::uint32_t publisher_connections = 1;
  std::string access_key_id = "testid";  // of dialect emqx-bcast: API key and its secret
  std::string access_key_secret = "testsecret";
  std::string app_key = "12345678";  // of the Taobao message service
  std::string app_secret = "helloworld";
};

struct Scenario {
  std::string file;
  std::vector<std::string> includes;  // files that it includes, and those that they do
  std::string sha256;                 // of the bytes of all files, hex
  std::string name;
  std::string question;  // comment on line 1, may be empty
  std::uint64_t seed = 1;
  std::uint32_t workers = 0;  // 0: one for each core but one, at least one
  Target target;
  std::vector<Product> products;
  std::vector<FleetGroup> fleet;
  std::vector<CallGroup> calls;
  Phases phases;
  std::vector<Fault> faults;  // by time
  HealthLimits health;
  std::vector<Threshold> thresholds;
};

// One --set: a path of mapping keys and list indexes, and a YAML value.
struct Override {
  std::string path;
  std::string value;
};

// Reads and checks a scenario. Errors carry file:line:col (or --set path) and what to change.
[[nodiscard]] wire::Result<Scenario> load_scenario(const std::string& path, const std::vector<Override>& overrides,
                                                   std::optional<std::uint64_t> seed);
[[nodiscard]] wire::Result<Scenario> parse_scenario(const std::string& text, const std::string& name,
                                                    const std::vector<Override>& overrides,
                                                    std::optional<std::uint64_t> seed);

}  // namespace fleet::sim
