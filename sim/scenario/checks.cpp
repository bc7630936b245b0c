#include "sim/scenario/checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "settings/scalar.h"
#include "settings/spelling.h"
#include "settings/tls_keys.h"
#include "settings/units.h"
#include "sim/scenario/checks_behaviour.h"
#include "sim/scenario/checks_calls.h"
#include "sim/scenario/checks_consumers.h"
#include "sim/scenario/checks_faults.h"
#include "sim/scenario/checks_fleet.h"
#include "sim/scenario/checks_transport.h"
#include "sim/scenario/dialect.h"
#include "sim/scenario/naming.h"
#include "sim/scenario/resolve.h"
#include "sim/scenario/thresholds.h"

namespace fleet::sim {

using settings::grouped;
using settings::shortened;
using settings::split_choices;
using settings::suggestion;

namespace {

void check_target(const TargetDraft& draft, Reader& reader, Target& out) {
  if (draft.broker.use && draft.broker.url) {
    reader.fail_at("target.broker.url", "'target.broker' has both 'use' and 'url'; keep one");
  }
  if (draft.bridge.use && draft.bridge.url) {
    reader.fail_at("target.bridge.url", "'target.bridge' has both 'use' and 'url'; keep one");
  }
  for (const char* key : {"persistence", "apart", "auth"}) {
    const std::string path = fmt::format("target.broker.{}", key);
    if (draft.broker.url && reader.given(path)) {
      reader.fail_at(path, fmt::format("'{}' is for a broker that is started; not with 'url'", key));
    }
  }
  for (const char* key : {"publisher", "connections"}) {
    const std::string path = fmt::format("target.bridge.{}", key);
    if (draft.bridge.url && reader.given(path)) {
      reader.fail_at(path, fmt::format("'{}' is for a bridge that is started; not with 'url'", key));
    }
  }
  if (!draft.bridge.url && reader.given("target.bridge.tls")) {
    reader.fail_at("target.bridge.tls", "'target.bridge.tls' is for https://; a bridge that is started has none");
  }
  if (draft.bridge.url) {
    settings::check_tls(reader, "target.bridge.tls", draft.bridge.tls, "https://", draft.bridge.url->scheme == "https");
  }
  if (draft.bridge.url && draft.enforce_api_limits) {
    reader.fail_at("target.limits",
                   "'limits: api' is for a bridge that is started; one behind a URL has its own limits");
  }
  const bool has_secrets = draft.bridge.dialect == Dialect::aliyun;
  const bool by_default = !draft.broker.url && !draft.bridge.url && has_secrets;
  if (draft.broker.auth == 1u && draft.bridge.url) {
    reader.fail_at("target.broker.auth",
                   "'auth: on' reads the registry of a bridge that is started; not with 'target.bridge.url'");
  }
  if (draft.broker.auth == 1u && !has_secrets) {
    reader.fail_at("target.broker.auth", "'auth: on' is for dialect aliyun; devices of emqx-bcast have no password");
  }
  out.broker_auth = draft.broker.auth.value_or(by_default ? 1 : 0) == 1;
  out.broker = draft.broker.url;
  out.broker_persistence = draft.broker.persistence;
  out.broker_apart = draft.broker.apart;
  out.bridge = draft.bridge.url;
  out.bridge_tls = draft.bridge.tls;
  out.dialect = draft.bridge.dialect;
  out.enforce_api_limits = draft.enforce_api_limits;
  out.publisher = draft.bridge.publisher;
  out.publisher_connections = draft.bridge.connections;
  out.access_key_id = draft.bridge.access_key_id;
  out.access_key_secret = draft.bridge.access_key_secret;
  out.app_key = draft.bridge.app_key;
  out.app_secret = draft.bridge.app_secret;
}

// Bytes and slashes that are left to a short name behind "/KEY/NAME/user/" with the longest key and name.
constexpr std::size_t kShortNameBytesMax =
    wire::kTopicBytesMax - wire::kProductKeyBytesMax - wire::kDeviceNameBytesMax - std::string_view("///user/").size();
constexpr std::size_t kShortNameSlashesMax = wire::kTopicSlashesMax - wire::kSlashesBeforeShortName;

bool fits_topic(std::string_view short_name) {
  const auto slashes = static_cast<std::size_t>(std::count(short_name.begin(), short_name.end(), '/'));
  return wire::is_topic_short_name(short_name) && short_name.size() <= kShortNameBytesMax &&
         slashes <= kShortNameSlashesMax;
}

void check_products(const Draft& draft, Reader& reader, Scenario& out) {
  constexpr std::array kOperations{TopicOperation::publish, TopicOperation::subscribe, TopicOperation::both,
                                   TopicOperation::both};
  std::set<std::string> keys;
  for (const ProductDraft& product : draft.products) {
    const std::string path = "products." + product.name;
    Product made;
    made.name = product.name;
    made.kind = product.kind;
    made.key = product.key.empty() ? product_key(product.name, out.seed) : product.key;
    if (!wire::is_product_key(made.key)) {
      reader.fail_at(path + ".key",
                     fmt::format("'{}.key': '{}' is not a product key; allowed are 1 .. {} of [A-Za-z0-9]", path,
                                 shortened(made.key), wire::kProductKeyBytesMax));
    }
    if (!keys.insert(made.key).second) {
      reader.fail_at(path + ".key", fmt::format("the product key '{}' belongs to another product already", made.key));
    }
    for (const auto& [topic, operation] : product.topics) {
      if (!fits_topic(topic)) {
        reader.fail_at_key(fmt::format("{}.topics.{}", path, topic),
                           fmt::format("'{}' is not a topic short name; allowed are segments of [A-Za-z0-9_] with '/' "
                                       "between, at most {} segments and {} characters",
                                       shortened(topic), kShortNameSlashesMax + 1, kShortNameBytesMax));
      }
      if (operation == kBroadcastTopic) {
        made.broadcasts.insert(topic);
      } else {
        made.topics.emplace(topic, kOperations[operation]);
      }
    }
    out.products.push_back(std::move(made));
  }
}

ConnectPlan connect_plan(const ConnectDraft& draft, const std::string& path, Reader& reader) {
  ConnectPlan plan = draft;
  plan.version = split_choices(kProtocols)[draft.protocol] == "5" ? wire::mqtt::Version::v5 : wire::mqtt::Version::v311;
  plan.session_expiry_s = static_cast<std::uint32_t>(draft.session_expiry.count());
  if (plan.version != wire::mqtt::Version::v5 && plan.session_expiry_s > 0) {
    reader.fail_at(
        path + ".session_expiry",
        fmt::format("'{}.session_expiry' needs protocol: 5; MQTT 3.1.1 sessions last while clean_start is false",
                    path));
  }
  return plan;
}

// The name and product of a group of devices, and what they subscribe to.
void check_devices(const FleetGroupDraft& draft, const std::string& path, Reader& reader, const Scenario& out,
                   FleetGroup& group) {
  for (const char* key : {"product", "name"}) {
    if (reader.given(fmt::format("{}.{}", path, key))) continue;
    reader.fail_at(path, fmt::format("fleet group '{}' has no '{}': every device has one", draft.name, key));
    return;
  }
  if (const auto named = check_name_template(draft.name_template, draft.count); !named) {
    reader.fail_at(path + ".name", named.error().message);
  }
  const auto product = resolve(reader, out.products, draft.product, path + ".product", "product");
  if (!product) return;
  group.product = *product;
  std::set<std::string> topics;
  for (std::size_t i = 0; i < draft.subscribe.size(); ++i) {
    const std::string topic_path = fmt::format("{}.subscribe.{}.topic", path, i);
    const std::string& topic = draft.subscribe[i].topic;
    check_topic(out.products[*product], topic, topic_path, reader);
    if (!topics.insert(topic).second)
      reader.fail_at(topic_path, fmt::format("topic '{}' is subscribed to twice", topic));
  }
}

void check_group(const FleetGroupDraft& draft, Reader& reader, Scenario& out) {
  const std::string path = "fleet." + draft.name;
  FleetGroup group;
  group.name = draft.name;
  group.kind = draft.kind;
  group.count = draft.count;
  group.name_template = draft.name_template;
  group.engine = draft.engine;
  group.connect = connect_plan(draft.connect, path + ".connect", reader);
  group.subscribe = draft.subscribe;
  group.provision = draft.provision;
  if (draft.kind == FleetKind::device) check_devices(draft, path, reader, out, group);
  check_consumers(draft, path, reader, out, group);
  out.fleet.push_back(std::move(group));
}

// Goes through the names of the smaller group and asks the other whether it makes them.
void check_distinct(const FleetGroup& earlier, const FleetGroup& later, Reader& reader, const Scenario& out) {
  const bool later_is_smaller = later.count <= earlier.count;
  const FleetGroup& smaller = later_is_smaller ? later : earlier;
  const FleetGroup& other = later_is_smaller ? earlier : later;
  const NameTemplate names(smaller.name_template), others(other.name_template);
  std::string name;
  for (std::uint32_t i = 0; i < smaller.count; ++i) {
    name.clear();
    names.append(i, name);
    const auto clash = others.index_of(name);
    if (!clash || *clash >= other.count) continue;
    reader.fail_at(
        fmt::format("fleet.{}.name", later.name),
        fmt::format("device '{}' of product '{}' is in another group already", name, out.products[later.product].name));
    return;
  }
}

// Two groups of one product must not hold the same device.
void check_distinct(Reader& reader, const Scenario& out) {
  std::uint64_t devices = 0;
  for (const FleetGroup& group : out.fleet) devices += group.count;
  if (devices > kDevicesMax) {
    reader.fail_at("fleet",
                   fmt::format("the fleet has {} devices; at most {}", grouped(devices), grouped(kDevicesMax)));
  }
  if (reader.failed()) return;
  const auto has_devices = [](const FleetGroup& group) { return group.kind == FleetKind::device; };
  for (std::size_t later = 0; later < out.fleet.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      if (!has_devices(out.fleet[earlier]) || !has_devices(out.fleet[later])) continue;
      if (out.fleet[earlier].product == out.fleet[later].product)
        check_distinct(out.fleet[earlier], out.fleet[later], reader, out);
    }
  }
}

void check_thresholds(const Draft& draft, Reader& reader, Scenario& out) {
  std::vector<std::string> groups, call_groups;
  for (const FleetGroup& group : out.fleet) groups.push_back(group.name);
  for (const CallGroup& call : out.calls) call_groups.push_back(call.name);
  for (std::size_t i = 0; i < draft.thresholds.size(); ++i) {
    auto threshold = parse_threshold(draft.thresholds[i], groups, call_groups);
    if (threshold) {
      out.thresholds.push_back(std::move(*threshold));
    } else {
      reader.fail_at(fmt::format("thresholds.{}", i), threshold.error());
    }
  }
}

}  // namespace

void check_topic(const Product& product, const std::string& topic, const std::string& path, Reader& reader) {
  if (product.broadcasts.contains(topic)) return;
  const auto found = product.topics.find(topic);
  if (found == product.topics.end()) {
    std::vector<std::string_view> known(product.broadcasts.begin(), product.broadcasts.end());
    for (const auto& [name, operation] : product.topics) known.push_back(name);
    reader.fail_at(path, fmt::format("product '{}' has no topic '{}'{}", product.name, shortened(topic),
                                     suggestion(topic, known)));
  } else if (found->second == TopicOperation::publish) {
    reader.fail_at(path,
                   fmt::format("devices of product '{}' only publish to topic '{}'; subscribing needs 'subscribe' "
                               "or 'both' in products.{}.topics",
                               product.name, topic, product.name));
  }
}

void check_draft(const Draft& draft, Reader& reader, Scenario& out) {
  out.name = draft.name;
  out.seed = draft.seed;
  out.workers = draft.workers;
  out.phases = draft.phases;
  out.health = draft.health;
  check_target(draft.target, reader, out.target);
  check_transport(draft, reader, out.target);
  check_products(draft, reader, out);
  for (const FleetGroupDraft& group : draft.fleet) check_group(group, reader, out);
  // Calls refer to groups, thresholds to both by name: a fault further up would only be repeated.
  if (reader.failed()) return;
  check_fleet(draft, reader, out);
  check_behaviour(draft, reader, out);
  check_distinct(reader, out);
  check_calls(draft, reader, out);
  check_faults(draft, reader, out);
  check_proxied(out, reader);
  check_thresholds(draft, reader, out);
  if (!reader.failed()) check_dialect(out, reader);
}

}  // namespace fleet::sim
