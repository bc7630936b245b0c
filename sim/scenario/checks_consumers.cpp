#include "sim/scenario/checks_consumers.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "settings/spelling.h"
#include "settings/units.h"
#include "sim/scenario/naming.h"
#include "sim/scenario/resolve.h"
#include "wire/stamp.h"

namespace fleet::sim {

using settings::grouped;
using settings::shortened;

namespace {

// Of a client identifier without its extension, as devices have it: documentation of MQTT-TCP connections.
constexpr std::size_t kClientIdBytesMax = 64;

void check_tmc_name(const std::string& name, const std::string& path, std::string_view what, Reader& reader) {
  if (wire::is_tmc_name(name)) return;
  reader.fail_at(path, fmt::format("'{}' is not a {}; it must be one level of an MQTT topic: no '/', '+' and '#'",
                                   shortened(name), what));
}

// Says of keys that they are for something else.
void refuse_keys(std::initializer_list<std::string_view> keys, const std::string& path, std::string_view why,
                 Reader& reader) {
  for (const std::string_view key : keys) {
    const std::string whole = fmt::format("{}.{}", path, key);
    if (reader.given(whole)) reader.fail_at_key(whole, fmt::format("'{}' is {}", whole, why));
  }
}

void check_topics(const std::vector<std::string>& topics, const std::string& path, Reader& reader) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < topics.size(); ++i) {
    const std::string place = fmt::format("{}.{}", path, i);
    check_tmc_name(topics[i], place, "topic of messages", reader);
    if (!seen.insert(topics[i]).second) {
      reader.fail_at(place, fmt::format("topic '{}' is named twice", shortened(topics[i])));
    }
  }
}

// One entry of `to`: a group of consumers that gets every topic of the call group.
void check_target_group(const CallGroupDraft& draft, const FleetGroup& group, const std::string& place,
                        const std::string& path, Reader& reader) {
  if (group.kind != FleetKind::consumer) {
    reader.fail_at(place, fmt::format("fleet group '{}' holds devices; {} goes to groups of kind: consumer", group.name,
                                      draft.api));
    return;
  }
  for (std::size_t i = 0; i < draft.topics.size(); ++i) {
    const bool consumed = std::any_of(group.subscribe.begin(), group.subscribe.end(),
                                      [&](const TopicSubscription& row) { return row.topic == draft.topics[i]; });
    if (consumed) continue;
    reader.fail_at(fmt::format("{}.topics.{}", path, i),
                   fmt::format("fleet group '{}' does not consume topic '{}'; every group of '{}.to' gets every topic",
                               group.name, shortened(draft.topics[i]), path));
  }
}

void check_sizes(const CallGroupDraft& draft, const std::string& path, Reader& reader) {
  const std::uint32_t batch_max = draft.api == kProduceMessage ? 1 : kMessagesMax;
  if (draft.batch == 0) {
    reader.fail_at(path, fmt::format("call group '{}' has no 'batch': how many messages one call carries", draft.name));
  }
  if (draft.batch > batch_max) {
    reader.fail_at(path + ".batch", fmt::format("'{}.batch' is {}; a call of {} carries at most {}", path, draft.batch,
                                                draft.api, batch_max));
  }
  if (draft.payload_bytes < wire::kJsonStampBytes) {
    reader.fail_at(path + ".payload",
                   fmt::format("'{}.payload' is {} B; a JSON text with a delivery stamp has at least {} B", path,
                               draft.payload_bytes, wire::kJsonStampBytes));
  }
  if (draft.payload_bytes > kMessageContentMax) {
    reader.fail_at(path + ".payload", fmt::format("'{}.payload' is {} B; the content of a message has at most {} B",
                                                  path, grouped(draft.payload_bytes), grouped(kMessageContentMax)));
  }
}

}  // namespace

bool carries_messages(std::string_view api) { return api == kProduceMessages || api == kProduceMessage; }

void check_consumers(const FleetGroupDraft& draft, const std::string& path, Reader& reader, const Scenario& out,
                     FleetGroup& group) {
  if (draft.kind != FleetKind::consumer) {
    refuse_keys({"consume"}, path, "for kind: consumer", reader);
    return;
  }
  refuse_keys({"product", "name"}, path, "for devices; a consumer has none", reader);
  refuse_keys({"subscribe"}, path, "for devices; consumers have 'consume'", reader);
  refuse_keys({"provision", "identities", "gateway", "publish"}, path, "for devices; consumers only read", reader);
  if (!reader.given(path + ".consume")) {
    reader.fail_at(
        path, fmt::format("fleet group '{}' has no 'consume': the group and the topics of its consumers", draft.name));
    return;
  }
  group.name_template = consumer_name_template(draft.name);
  if (const std::string last = device_name(group.name_template, draft.count - 1); last.size() > kClientIdBytesMax) {
    reader.fail_at(path, fmt::format("consumers of fleet group '{}' are called by its name, like '{}': more than {} "
                                     "bytes; shorten it",
                                     draft.name, last, kClientIdBytesMax));
  }
  group.consumer_group = draft.consume.group;
  for (const std::string& topic : draft.consume.topics) group.subscribe.push_back({topic, draft.consume.qos});
  check_tmc_name(draft.consume.group, path + ".consume.group", "group of consumers", reader);
  check_topics(draft.consume.topics, path + ".consume.topics", reader);
  for (const FleetGroup& other : out.fleet) {
    if (other.consumer_group != group.consumer_group) continue;
    reader.fail_at(path + ".consume.group",
                   fmt::format("fleet group '{}' has all consumers of '{}' already; raise its count", other.name,
                               shortened(group.consumer_group)));
  }
}

void check_messages(const CallGroupDraft& draft, const std::string& path, Reader& reader, const Scenario& out,
                    CallGroup& call) {
  refuse_keys({"topic"}, path, "for messages to devices; messages to consumers have 'topics'", reader);
  refuse_keys({"pick"}, path, "for messages to devices; messages to consumers go to the groups of 'to' in turn",
              reader);
  refuse_keys({"qos"}, path, "for messages to devices; messages to consumers are published at QoS 1", reader);
  if (draft.topics.empty()) {
    reader.fail_at(path, fmt::format("call group '{}' has no 'topics': the topics of its messages", draft.name));
  }
  if (out.target.dialect != Dialect::aliyun) {
    reader.fail_at(path + ".api", fmt::format("{} is not in dialect emqx-bcast", draft.api));
  }
  check_tmc_name(out.target.app_key, "target.bridge.app_key", "key of an app", reader);
  check_topics(draft.topics, path + ".topics", reader);
  check_sizes(draft, path, reader);
  call.qos = wire::mqtt::Qos::at_least_once;
  for (std::size_t i = 0; i < draft.to.size(); ++i) {
    // A list, or one name in its place.
    const std::string in_list = fmt::format("{}.to.{}", path, i);
    const std::string place = reader.given(in_list) ? in_list : path + ".to";
    const auto to = resolve(reader, out.fleet, draft.to[i], place, "fleet group");
    if (!to) continue;
    if (std::find(call.targets.begin(), call.targets.end(), *to) != call.targets.end()) {
      reader.fail_at(place, fmt::format("fleet group '{}' is named twice", draft.to[i]));
    }
    check_target_group(draft, out.fleet[*to], place, path, reader);
    call.targets.push_back(*to);
  }
  if (!call.targets.empty()) call.fleet_group = call.targets.front();
}

}  // namespace fleet::sim
