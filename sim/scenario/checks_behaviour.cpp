#include "sim/scenario/checks_behaviour.h"

#include <fmt/format.h>

#include <algorithm>

#include "settings/units.h"

namespace fleet::sim {

using settings::duration_text;
using settings::grouped;

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
                       fmt::format("'{}' and telemetry at QoS 1 do not go together: what a connection that is taken "
                                   "over had published would never be acknowledged; publish '{}' at qos: 0",
                                   path, waits->topic));
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

}  // namespace

void check_behaviour(const Draft& draft, Reader& reader, Scenario& out) {
  for (std::size_t i = 0; i < out.fleet.size(); ++i) {
    FleetGroup& group = out.fleet[i];
    const std::string_view refusal = whose_connection(group, out);
    for (const char* key : {"away", "churn", "takeover", "resubscribe", "silence"}) {
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
  }
}

}  // namespace fleet::sim
