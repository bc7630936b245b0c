// What a scenario file says, before references are resolved, and the tables of keys that read it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "settings/keys.h"
#include "sim/scenario/scenario.h"

namespace fleet::sim {

using settings::Form;
using settings::Key;
using settings::kRequired;
using settings::Reader;
using settings::Table;

// A scenario of people has some hundred values; aliases can make a small file large.
inline constexpr settings::Language kLanguage{"scenario", 4u << 20, 200'000};

// `use: on` for a started broker, files for one behind a URL.
struct BrokerTlsDraft : wire::mqtt::TlsOptions {
  std::optional<BrokerTls> use;
};

// `use: mosquitto` or `url: mqtt://...`
struct BrokerDraft {
  std::optional<std::size_t> use;
  std::optional<Url> url;
  bool persistence = false;
  bool apart = true;
  std::optional<std::size_t> auth;  // off, on
  BrokerTlsDraft tls;
  bool websocket = false;
  std::string source_addresses;  // empty: not given
};

// `use: local` or `url: http://...`
struct BridgeDraft {
  std::optional<std::size_t> use;
  std::optional<Url> url;
  wire::mqtt::TlsOptions tls;
  Dialect dialect = Dialect::aliyun;
  std::string access_key_id;
  std::string access_key_secret;
  std::string app_key;
  std::string app_secret;
  Engine publisher = Engine::native;
  std::uint32_t connections = 1;
};

struct TargetDraft {
  BrokerDraft broker;
  BridgeDraft bridge;
  bool enforce_api_limits = false;
};

struct ProductDraft {
  std::string name;
  DeviceKind kind = DeviceKind::device;
  std::string key;                            // empty: made from name and seed
  std::map<std::string, std::size_t> topics;  // short name -> place in kTopicOperations
};

// Order of the values of a product's `topics`; `both` and `publish-subscribe` are the same.
inline constexpr std::string_view kTopicOperations = "publish|subscribe|both|publish-subscribe|broadcast";
inline constexpr std::size_t kBroadcastTopic = 4;  // its place

struct ConnectDraft : ConnectPlan {
  std::size_t protocol = 0;  // place in kProtocols
  std::chrono::seconds session_expiry{};
};
inline constexpr std::string_view kProtocols = "3.1.1|4|5";

// What the consumers of a group share.
struct ConsumeDraft {
  std::string group;
  std::vector<std::string> topics;
  wire::mqtt::Qos qos = wire::mqtt::Qos::at_least_once;
};

struct GatewayDraft {
  std::string group;  // empty: not given
  Topology topology = Topology::config;
  bool login = true;
};

struct TelemetryDraft {
  std::string topic;
  wire::Nanos every{};
  double jitter = 0;
  std::uint32_t burst = 1;
  wire::mqtt::Qos qos = wire::mqtt::Qos::at_most_once;
  bool retain = false;
  std::string payload;
};

struct ReplyDraft {
  std::string to;
  std::string topic;
  wire::Nanos delay{};
  Spread spread = Spread::constant;
  wire::mqtt::Qos qos = wire::mqtt::Qos::at_most_once;
  std::string payload;
};

struct WillDraft {
  std::string topic;
  wire::mqtt::Qos qos = wire::mqtt::Qos::at_most_once;
  bool retain = false;
  std::string payload;
};

struct FleetGroupDraft {
  std::string name;
  FleetKind kind = FleetKind::device;
  std::string product;  // empty: not given; of devices
  std::uint32_t count = 0;
  std::string name_template;
  Engine engine = Engine::native;
  ConnectDraft connect;
  std::vector<TopicSubscription> subscribe;
  ConsumeDraft consume;  // of consumers
  Provision provision = Provision::config;
  std::string identities;  // empty: not given
  GatewayDraft gateway;
  std::vector<TelemetryDraft> publish;
  std::vector<AwayWindow> away;
  Churn churn;              // no rate: not given
  Takeover takeover;        // likewise
  Resubscribe resubscribe;  // likewise
  std::vector<Silence> silence;
  SlowReading slow_reading;  // no bytes: not given
  std::vector<ReplyDraft> reply;
  WillDraft will;  // no topic: not given
};

// What `api` may be.
inline constexpr std::string_view kApis =
    "BatchPub|Pub|PubBroadcast|taobao.tmc.messages.produce|taobao.tmc.message.produce";

struct RampDraft {
  double from = 0, to = 0;
  wire::Nanos over{};  // 0: not given
};

struct StepDraft {
  double per_second = 0;
  wire::Nanos length{};
};

struct BurstDraft {
  std::uint32_t calls = 0;  // 0: not given
  wire::Nanos every{};
};

// One of them is given.
struct RateDraft {
  std::optional<double> constant;  // negative: max
  RampDraft ramp;
  std::vector<StepDraft> steps;
  BurstDraft burst;
  std::string replay;
  std::vector<std::string> due;
};

struct CallGroupDraft : CallGroup {
  CallGroupDraft() { batch = 0; }  // not given

  std::vector<std::string> to;
  RateDraft rate;
};

// Which connections a cut ends.
struct CutDraft {
  std::string group;
  double share = 1;
  CutKind how = CutKind::reset;
};

// Which sub-devices a hand-over moves.
struct HandoverDraft {
  std::string group;
  double share = 1;
};

struct FaultDraft {
  FaultKind kind = FaultKind::broker_stop;
  wire::Nanos at{};
  wire::Nanos length{};
  Between between = Between::fleet_broker;
  wire::Nanos delay{}, jitter{};
  std::uint64_t bandwidth = 0;
  CutDraft connections;
  HandoverDraft sub_devices;
};

// Some of the keys of fleet groups and call groups, which are read in the groups that inherit them.
struct DefaultsDraft {};

struct Draft {
  std::vector<std::string> include;
  DefaultsDraft defaults;
  std::string name;
  std::uint64_t seed = 1;
  std::uint32_t workers = 0;
  TargetDraft target;
  std::vector<ProductDraft> products;
  std::vector<FleetGroupDraft> fleet;
  std::vector<CallGroupDraft> calls;
  Phases phases;
  std::vector<FaultDraft> faults;
  HealthLimits health;
  std::vector<std::string> thresholds;
};

[[nodiscard]] const Table<BrokerTlsDraft>& broker_tls_table();
[[nodiscard]] const Table<BrokerDraft>& broker_table();
[[nodiscard]] const Table<BridgeDraft>& bridge_table();
[[nodiscard]] const Table<TargetDraft>& target_table();
[[nodiscard]] const Table<ProductDraft>& product_table();
[[nodiscard]] const Table<ConnectDraft>& connect_table();
[[nodiscard]] const Table<TopicSubscription>& subscription_table();
[[nodiscard]] const Table<ConsumeDraft>& consume_table();
[[nodiscard]] const Table<GatewayDraft>& gateway_table();
[[nodiscard]] const Table<TelemetryDraft>& telemetry_table();
[[nodiscard]] const Table<AwayWindow>& away_table();
[[nodiscard]] const Table<Churn>& churn_table();
[[nodiscard]] const Table<Takeover>& takeover_table();
[[nodiscard]] const Table<Resubscribe>& resubscribe_table();
[[nodiscard]] const Table<Silence>& silence_table();
[[nodiscard]] const Table<SlowReading>& slow_reading_table();
[[nodiscard]] const Table<ReplyDraft>& reply_table();
[[nodiscard]] const Table<WillDraft>& will_table();
[[nodiscard]] const Table<BackOff>& back_off_table();
[[nodiscard]] const Table<FleetGroupDraft>& fleet_table();
[[nodiscard]] const Table<RampDraft>& ramp_table();
[[nodiscard]] const Table<StepDraft>& step_table();
[[nodiscard]] const Table<BurstDraft>& burst_table();
[[nodiscard]] const Table<RateDraft>& rate_table();
[[nodiscard]] const Table<CallGroupDraft>& call_table();
[[nodiscard]] const Table<DefaultsDraft>& defaults_table();
[[nodiscard]] const Table<Phases>& phases_table();
[[nodiscard]] const Table<CutDraft>& cut_table();
[[nodiscard]] const Table<HandoverDraft>& handover_table();
[[nodiscard]] const Table<FaultDraft>& fault_table();
[[nodiscard]] const Table<HealthLimits>& health_table();
[[nodiscard]] const Table<Draft>& scenario_table();

}  // namespace fleet::sim
