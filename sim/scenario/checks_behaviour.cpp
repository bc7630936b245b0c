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

void check_churn(const FleetGroupDraft& draft, FleetGroup& group, Reader& reader) {
  if (draft.churn.per_second <= 0) return;
  const std::string path = fmt::format("fleet.{}.churn", group.name);
  const double away = draft.churn.per_second * std::chrono::duration<double>(draft.churn.away).count();
  if (away > static_cast<double>(group.count) / 2) {
    reader.fail_at(path + ".leave",
                   fmt::format("'{}' wants {:.0f} devices away at once, and '{}' has {}; at most half of them can take "
                               "turns: lower 'leave' or 'away'",
                               path, away, group.name, grouped(group.count)));
  }
  check_session(group, draft.churn.away, path + ".away", reader);
  group.behaviour.churn = draft.churn;
}

}  // namespace

void check_behaviour(const Draft& draft, Reader& reader, Scenario& out) {
  for (std::size_t i = 0; i < out.fleet.size(); ++i) {
    FleetGroup& group = out.fleet[i];
    const std::string_view refusal = whose_connection(group, out);
    for (const char* key : {"away", "churn"}) {
      const std::string path = fmt::format("fleet.{}.{}", group.name, key);
      if (!refusal.empty() && reader.given(path)) {
        reader.fail_at_key(path,
                           fmt::format("'{}' is for devices that connect and speak for themselves: {}", path, refusal));
      }
    }
    if (!refusal.empty()) continue;
    check_windows(draft.fleet[i], group, reader, out);
    check_churn(draft.fleet[i], group, reader);
  }
}

}  // namespace fleet::sim
