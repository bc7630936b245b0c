#include "sim/scenario/checks_behaviour.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "settings/spelling.h"
#include "settings/units.h"
#include "sim/scenario/checks_fleet.h"

namespace fleet::sim {

using settings::duration_text;
using settings::grouped;
using settings::shortened;

namespace {

// Why devices of this group cannot do anything of their own with a connection; empty where they can.
std::string_view whose_connection(const FleetGroup& group, const Scenario& out) {
  if (group.kind == FleetKind::consumer)
    return "consumers share their messages; whose they are while one is away is not told";
  switch (out.products[group.product].kind) {
    case DeviceKind::gateway:
      return "a gateway would take all of its sub-devices with it";
    case DeviceKind::sub_device:
      return "sub-devices have no connection of their own";
    case DeviceKind::device:
      break;
  }
  return {};
}

// The broker forgets a session of MQTT 5 that nobody came back to in time.
void check_session(const FleetGroup& group, wire::Nanos away, const std::string& path, Reader& reader) {
  const ConnectPlan& connect = group.connect;
  if (connect.clean_start || connect.version != wire::mqtt::Version::v5) return;
  if (std::chrono::seconds(connect.session_expiry_s) > away) return;
  reader.fail_at(path, fmt::format("'{}' is {}, and the broker forgets sessions of '{}' after {}; raise "
                                   "connect.session_expiry, or write clean_start: true",
                                   path, duration_text(away), group.name,
                                   duration_text(std::chrono::seconds(connect.session_expiry_s))));
}

// Paho says DISCONNECT whenever it closes.
void check_leave(Leave how, const FleetGroup& group, const std::string& path, Reader& reader) {
  if (how != Leave::abrupt || group.engine != Engine::paho) return;
  reader.fail_at(
      path, fmt::format("'{}': Paho never closes without a DISCONNECT; give '{}' engine: native", path, group.name));
}

void check_windows(const FleetGroupDraft& draft, FleetGroup& group, Reader& reader, const Scenario& out) {
  for (std::size_t i = 0; i < draft.away.size(); ++i) {
    const AwayWindow& window = draft.away[i];
    const std::string path = fmt::format("fleet.{}.away.{}", group.name, i);
    const wire::Nanos end = out.phases.hold + out.phases.drain;
    if (window.at >= out.phases.hold) {
      reader.fail_at(path + ".at", fmt::format("'{}.at' is {}, but the hold is over after {}", path,
                                               duration_text(window.at), duration_text(out.phases.hold)));
    } else if (window.at + window.length > end) {
      reader.fail_at(path + ".for", fmt::format("'{}' ends {} behind the start of the hold, but hold and drain are "
                                                "over after {}, and nobody would be back",
                                                path, duration_text(window.at + window.length), duration_text(end)));
    }
    check_session(group, window.length, path + ".for", reader);
    check_leave(window.how, group, path + ".how", reader);
    group.behaviour.away.push_back(window);
  }
}

// Devices that take turns in something that lasts: at most half of them at once, so that everybody has his.
void check_turns(double per_second, wire::Nanos length, const FleetGroup& group, const std::string& path,
                 std::string_view rate_key, Reader& reader) {
  const double at_once = per_second * std::chrono::duration<double>(length).count();
  if (at_once <= static_cast<double>(group.count) / 2) return;
  reader.fail_at(fmt::format("{}.{}", path, rate_key),
                 fmt::format("'{}' wants {:.0f} devices at once, and '{}' has {}; at most half of them can take turns: "
                             "lower the rate or the time",
                             path, at_once, group.name, grouped(group.count)));
}

void check_churn(const FleetGroupDraft& draft, FleetGroup& group, Reader& reader) {
  if (draft.churn.per_second <= 0) return;
  const std::string path = fmt::format("fleet.{}.churn", group.name);
  check_turns(draft.churn.per_second, draft.churn.away, group, path, "leave", reader);
  check_session(group, draft.churn.away, path + ".away", reader);
  check_leave(draft.churn.how, group, path + ".how", reader);
  group.behaviour.churn = draft.churn;
}

void check_takeover(const FleetGroupDraft& draft, FleetGroup& group, Reader& reader) {
  if (draft.takeover.per_second <= 0) return;
  const std::string path = fmt::format("fleet.{}.takeover", group.name);
  // What the first connection had published and not heard of would wait for its next one.
  const auto waits = std::find_if(group.publish.begin(), group.publish.end(),
                                  [](const Telemetry& row) { return row.qos != wire::mqtt::Qos::at_most_once; });
  if (waits != group.publish.end()) {
    reader.fail_at_key(path,
                       fmt::format("'{}' and telemetry above QoS 0 do not go together: what a connection that is taken "
                                   "over had published would never be acknowledged; publish '{}' at qos: 0",
                                   path, waits->topic));
  }
  const auto reply = std::find_if(draft.reply.begin(), draft.reply.end(),
                                  [](const ReplyDraft& row) { return row.qos != wire::mqtt::Qos::at_most_once; });
  if (reply != draft.reply.end()) {
    reader.fail_at_key(path,
                       fmt::format("'{}' and replies at QoS 1 do not go together, for the same reason as telemetry: "
                                   "reply on '{}' at qos: 0",
                                   path, reply->topic));
  }
  group.behaviour.takeover = draft.takeover;
}

void check_resubscribe(const FleetGroupDraft& draft, FleetGroup& group, Reader& reader) {
  if (draft.resubscribe.per_second <= 0) return;
  const std::string path = fmt::format("fleet.{}.resubscribe", group.name);
  check_turns(draft.resubscribe.per_second, draft.resubscribe.after, group, path, "rate", reader);
  if (group.subscribe.empty()) {
    reader.fail_at_key(path, fmt::format("'{}': '{}' subscribes to nothing", path, group.name));
  }
  group.behaviour.resubscribe = draft.resubscribe;
}

void check_silence(const FleetGroupDraft& draft, FleetGroup& group, Reader& reader, const Scenario& out) {
  for (std::size_t i = 0; i < draft.silence.size(); ++i) {
    const Silence& silence = draft.silence[i];
    const std::string path = fmt::format("fleet.{}.silence.{}", group.name, i);
    const std::chrono::seconds keep_alive = group.connect.keep_alive;
    if (group.engine == Engine::paho) {
      reader.fail_at(path, fmt::format("'{}': Paho pings by itself; give '{}' engine: native", path, group.name));
    } else if (keep_alive.count() == 0) {
      reader.fail_at(path, fmt::format("'{}': '{}' has keep_alive: 0s, and never pings", path, group.name));
    } else if (silence.at >= out.phases.hold) {
      reader.fail_at(path + ".at", fmt::format("'{}.at' is {}, but the hold is over after {}", path,
                                               duration_text(silence.at), duration_text(out.phases.hold)));
    } else if (const wire::Nanos drop = silence.at + wire::Nanos(keep_alive) * 3 / 2;
               drop >= out.phases.hold + out.phases.drain) {
      // MQTT 3.1.1 §3.1.2.10, 5.0 §3.1.2.10.
      reader.fail_at(path + ".at", fmt::format("the broker drops who is silent after one and a half keep-alives, at {} "
                                               "behind the start of the hold, when hold and drain are over; lower "
                                               "connect.keep_alive",
                                               duration_text(drop)));
    }
    group.behaviour.silence.push_back(silence);
  }
}

void check_slow_reading(const FleetGroupDraft& draft, FleetGroup& group, Reader& reader, const Scenario& out) {
  if (draft.slow_reading.bytes_per_second == 0) return;
  const std::string path = fmt::format("fleet.{}.slow_reading", group.name);
  if (group.engine == Engine::paho) {
    reader.fail_at_key(path, fmt::format("'{}': Paho reads as it likes; give '{}' engine: native", path, group.name));
  }
  const Target& target = out.target;
  const bool is_plain =
      target.broker ? target.broker->scheme == "mqtt" : target.broker_tls == BrokerTls::off && !target.broker_websocket;
  if (!is_plain) {
    reader.fail_at_key(path,
                       fmt::format("'{}' is for brokers over plain TCP: TLS and WebSocket read as they like", path));
  }
  group.behaviour.slow_reading = draft.slow_reading;
}

void check_replies(const FleetGroupDraft& draft, FleetGroup& group, Reader& reader, const Scenario& out) {
  for (std::size_t i = 0; i < draft.reply.size(); ++i) {
    const ReplyDraft& row = draft.reply[i];
    const std::string path = fmt::format("fleet.{}.reply.{}", group.name, i);
    const Product& product = out.products[group.product];
    if (!group.subscribes_to(row.to)) {
      reader.fail_at(path + ".to", fmt::format("'{}.to': fleet group '{}' does not subscribe to topic '{}'", path,
                                               group.name, shortened(row.to)));
    } else if (product.broadcasts.contains(row.to)) {
      reader.fail_at(
          path + ".to",
          fmt::format("'{}.to': '{}' is a broadcast topic; replies are to a device's own topics", path, row.to));
    }
    check_publish_topic(product, row.topic, path + ".topic", reader);
    auto payload = parse_payload(row.payload);
    if (!payload) {
      reader.fail_at(path + ".payload", payload.error());
      continue;
    }
    group.behaviour.reply.push_back({row.to, row.topic, row.delay, row.spread, row.qos, std::move(*payload)});
  }
}

void check_will(const FleetGroupDraft& draft, FleetGroup& group, Reader& reader, const Scenario& out) {
  if (draft.will.topic.empty()) return;
  const std::string path = fmt::format("fleet.{}.will", group.name);
  check_publish_topic(out.products[group.product], draft.will.topic, path + ".topic", reader);
  auto payload = parse_payload(draft.will.payload);
  if (!payload) {
    reader.fail_at(path + ".payload", payload.error());
    return;
  }
  group.behaviour.will = WillMessage{draft.will.topic, draft.will.qos, draft.will.retain, std::move(*payload)};
}

void check_back_off(const FleetGroup& group, Reader& reader) {
  const BackOff& rule = group.connect.back_off;
  const std::string path = fmt::format("fleet.{}.connect.back_off", group.name);
  if (rule.model == BackOff::Model::exponential && rule.first > rule.longest) {
    reader.fail_at(path, fmt::format("'{}': 'first' is {} and 'longest' {}; the first wait is the shortest", path,
                                     duration_text(rule.first), duration_text(rule.longest)));
  }
  const bool has_longest = rule.model == BackOff::Model::exponential;
  if (!has_longest && reader.given(path + ".longest")) {
    reader.fail_at_key(path + ".longest", fmt::format("'{}.longest' is for model: exponential", path));
  }
  if (rule.model != BackOff::Model::none) return;
  for (const char* key : {"first", "jitter"}) {
    const std::string whole = fmt::format("{}.{}", path, key);
    if (reader.given(whole)) reader.fail_at_key(whole, fmt::format("'{}' is for a model that waits", whole));
  }
}

}  // namespace

void check_behaviour(const Draft& draft, Reader& reader, Scenario& out) {
  for (std::size_t i = 0; i < out.fleet.size(); ++i) {
    FleetGroup& group = out.fleet[i];
    check_back_off(group, reader);
    const std::string_view refusal = whose_connection(group, out);
    for (const char* key : {"away", "churn", "takeover", "resubscribe", "silence", "slow_reading", "reply", "will"}) {
      const std::string path = fmt::format("fleet.{}.{}", group.name, key);
      if (!refusal.empty() && reader.given(path)) {
        reader.fail_at_key(path,
                           fmt::format("'{}' is for devices that connect and speak for themselves: {}", path, refusal));
      }
    }
    if (!refusal.empty()) continue;
    check_windows(draft.fleet[i], group, reader, out);
    check_churn(draft.fleet[i], group, reader);
    check_takeover(draft.fleet[i], group, reader);
    check_resubscribe(draft.fleet[i], group, reader);
    check_silence(draft.fleet[i], group, reader, out);
    check_slow_reading(draft.fleet[i], group, reader, out);
    check_replies(draft.fleet[i], group, reader, out);
    check_will(draft.fleet[i], group, reader, out);
  }
}

}  // namespace fleet::sim
