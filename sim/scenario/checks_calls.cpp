#include "sim/scenario/checks_calls.h"

#include <fmt/format.h>

#include <string>

#include "settings/spelling.h"
#include "settings/units.h"
#include "sim/scenario/checks.h"
#include "sim/scenario/checks_consumers.h"
#include "sim/scenario/checks_rate.h"
#include "sim/scenario/dialect.h"
#include "sim/scenario/resolve.h"

namespace fleet::sim {

using settings::grouped;
using settings::shortened;

namespace {

// Every device has a word in the books of every call.
constexpr std::uint32_t kBroadcastDevicesMax = 100'000;
constexpr std::uint32_t kBroadcastBytesMax = 64u << 10;  // API page

bool goes_to_all(const CallGroupDraft& draft) { return draft.api == kPubBroadcast || draft.pick == Pick::all; }

// How many devices a call names: what the key says, or what the api and the pick leave no choice about.
void check_batch(const CallGroupDraft& draft, const FleetGroup& group, const std::string& path, Reader& reader,
                 const Scenario& out, CallGroup& call) {
  const std::string at = path + ".batch";
  const std::uint32_t most = draft.api == kPub ? 1 : batch_max(out.target.dialect);
  if (draft.batch == 0 && goes_to_all(draft)) call.batch = group.count;
  if (draft.batch == 0 && draft.api == kPub) call.batch = 1;
  if (call.batch == 0) {
    reader.fail_at(path, fmt::format("call group '{}' has no 'batch': how many devices one call names", draft.name));
  } else if (draft.api != kPubBroadcast && call.batch > most) {
    const bool given = draft.batch > 0;
    reader.fail_at(given ? at : path + ".pick",
                   given ? fmt::format("'{}': '{}' is out of range; allowed is 1 .. {}", at, draft.batch, most)
                         : fmt::format("'{}.pick: all' names {} devices; a call of {} names at most {}", path,
                                       grouped(call.batch), draft.api, most));
  } else if (call.batch > group.count) {
    reader.fail_at(
        at, fmt::format("'{}' is {}, but fleet group '{}' has {} devices", at, draft.batch, group.name, group.count));
  } else if (goes_to_all(draft) && call.batch != group.count) {
    reader.fail_at(at, fmt::format("'{}' is {}, but a call goes to all {} devices of fleet group '{}'; leave it out",
                                   at, draft.batch, grouped(group.count), group.name));
  }
}

// The only group that hears it: what others had of it would be nobody's.
void check_listeners(const CallGroupDraft& draft, const std::string& path, Reader& reader, const Scenario& out,
                     std::size_t to) {
  for (std::size_t i = 0; i < out.fleet.size(); ++i) {
    const FleetGroup& other = out.fleet[i];
    if (i == to || other.kind == FleetKind::consumer || other.product != out.fleet[to].product) continue;
    if (!other.subscribes_to(draft.topic)) continue;
    reader.fail_at(
        path + ".topic",
        fmt::format("fleet group '{}' subscribes to the broadcast topic '{}' too; a broadcast reaches all who "
                    "do, and '{}.to' names one group",
                    other.name, shortened(draft.topic), path));
  }
}

void check_broadcast(const CallGroupDraft& draft, const std::string& path, Reader& reader, const Scenario& out,
                     CallGroup& call) {
  const FleetGroup& group = out.fleet[call.fleet_group];
  for (const char* key : {"pick", "qos"}) {
    const std::string at = fmt::format("{}.{}", path, key);
    if (!reader.given(at)) continue;
    reader.fail_at(at, fmt::format("'{}' is not of PubBroadcast: it goes to all devices of the group, at QoS 0", at));
  }
  if (draft.payload_bytes > kBroadcastBytesMax) {
    reader.fail_at(path + ".payload", fmt::format("'{}.payload' is above 64KB, the most of a broadcast", path));
  }
  if (group.count > kBroadcastDevicesMax) {
    reader.fail_at(path + ".to", fmt::format("fleet group '{}' has {} devices; a broadcast is followed to at most {}",
                                             group.name, grouped(group.count), grouped(kBroadcastDevicesMax)));
  }
  call.pick = Pick::all;
  check_listeners(draft, path, reader, out, call.fleet_group);
}

// A topic that the api can reach, and that the group subscribes to.
void check_call_topic(const CallGroupDraft& draft, const FleetGroup& group, const std::string& path, Reader& reader,
                      const Scenario& out) {
  const Product& product = out.products[group.product];
  const std::string at = path + ".topic";
  check_topic(product, draft.topic, at, reader);
  const bool is_broadcast = product.broadcasts.contains(draft.topic);
  if (is_broadcast && draft.api != kPubBroadcast) {
    reader.fail_at(at, fmt::format("'{}' is a broadcast topic; {} goes to topics of one device", shortened(draft.topic),
                                   draft.api));
  } else if (!is_broadcast && draft.api == kPubBroadcast) {
    reader.fail_at(at, fmt::format("'{}' is no broadcast topic; PubBroadcast needs 'broadcast' in products.{}.topics",
                                   shortened(draft.topic), product.name));
  } else if (!group.subscribes_to(draft.topic)) {
    reader.fail_at(
        at, fmt::format("fleet group '{}' does not subscribe to topic '{}'", group.name, shortened(draft.topic)));
  }
}

// A call group whose messages go to devices.
void check_devices_call(const CallGroupDraft& draft, const std::string& path, Reader& reader, const Scenario& out,
                        CallGroup& call) {
  if (reader.given(path + ".topics")) {
    reader.fail_at_key(path + ".topics", fmt::format("'{}.topics' is for messages; {} has a 'topic'", path, draft.api));
  }
  if (draft.topic.empty()) {
    reader.fail_at(path, fmt::format("call group '{}' has no 'topic': {} goes to one topic of its devices", draft.name,
                                     draft.api));
    return;
  }
  if (draft.to.size() != 1) {
    reader.fail_at(path + ".to",
                   fmt::format("'{}.to' names {} groups; {} goes to one", path, draft.to.size(), draft.api));
    return;
  }
  const auto to = resolve(reader, out.fleet, draft.to.front(), path + ".to", "fleet group");
  if (!to) return;
  const FleetGroup& group = out.fleet[*to];
  if (group.kind == FleetKind::consumer) {
    reader.fail_at(path + ".to",
                   fmt::format("fleet group '{}' holds consumers; {} goes to devices", group.name, draft.api));
    return;
  }
  call.fleet_group = *to;
  if (draft.api == kPub && out.target.dialect != Dialect::aliyun) {
    reader.fail_at(path + ".api", "Pub is not in dialect emqx-bcast; BatchPub with batch: 1 says the same");
  }
  check_call_topic(draft, group, path, reader, out);
  check_batch(draft, group, path, reader, out, call);
  if (draft.api == kPubBroadcast) check_broadcast(draft, path, reader, out, call);
}

}  // namespace

void check_calls(const Draft& draft, Reader& reader, Scenario& out) {
  for (const CallGroupDraft& group : draft.calls) {
    const std::string path = "calls." + group.name;
    CallGroup call = group;
    check_rate(group, path, reader, out, call);
    if (carries_messages(group.api)) {
      check_messages(group, path, reader, out, call);
    } else {
      check_devices_call(group, path, reader, out, call);
    }
    out.calls.push_back(std::move(call));
  }
}

}  // namespace fleet::sim
