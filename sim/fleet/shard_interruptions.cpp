// Devices that cannot be reached for a while, on purpose: what waits for them, and what is written off.
#include <algorithm>

#include "sim/fleet/shard_ledger.h"

namespace fleet::sim {

using wire::TimePoint;
using wire::mqtt::Qos;

bool ShardLedger::waits_at_broker(const Route& route) const {
  const Group& group = groups_[route.group->fleet_group];
  return group.keeps_session && route.subscribed &&
         std::min(route.qos, group.asked[route.subscription]) >= Qos::at_least_once;
}

void ShardLedger::interrupt(const Recipient& device, Interruption why, TimePoint now, TimePoint due_back) {
  Group& group = groups_[device.fleet_group];
  Interrupted& interrupted = group.interrupted[device.place];
  settle(device, interrupted);
  note_caught_up(group, interrupted);
  interrupted = {};
  interrupted.begin = now;
  interrupted.due_back = due_back;
  interrupted.index = device.index;
  interrupted.why = why;
  interrupted.open = true;
  if (why == Interruption::absence) ++group.absence_record->left;
  for (const Route& route : routes_) {
    if (route.group->deal || route.group->fleet_group != device.fleet_group) continue;
    group.concerned[device.place * group.call_groups + route.rank].first = route.opened_before;
  }
}

TimePoint ShardLedger::due_back(const Recipient& device) const {
  return groups_[device.fleet_group].interrupted[device.place].due_back;
}

void ShardLedger::return_connected(const Recipient& device, TimePoint now, bool session_present) {
  Group& group = groups_[device.fleet_group];
  Interrupted& interrupted = group.interrupted[device.place];
  interrupted.connected = now;
  interrupted.session_lost = group.keeps_session && !session_present;
}

void ShardLedger::return_ready(const Recipient& device, TimePoint now) {
  Group& group = groups_[device.fleet_group];
  Interrupted& interrupted = group.interrupted[device.place];
  interrupted.ready = now;
  for (const Route& route : routes_) {
    if (route.group->deal || route.group->fleet_group != device.fleet_group) continue;
    group.concerned[device.place * group.call_groups + route.rank].end = route.group->books.calls_opened();
  }
  if (interrupted.why != Interruption::absence) return;
  AbsenceRecord& record = *group.absence_record;
  ++record.returned;
  if (group.keeps_session) ++(interrupted.session_lost ? record.forgotten : record.resumed);
  record.back.record(now - interrupted.due_back);
}

void ShardLedger::settle(const Recipient& device, TimePoint ready) {
  Interrupted& interrupted = groups_[device.fleet_group].interrupted[device.place];
  if (interrupted.ready == ready) settle(device, interrupted);
}

void ShardLedger::settle(const Recipient& device, Interrupted& interrupted) {
  if (!interrupted.open) return;
  interrupted.open = false;
  Group& group = groups_[device.fleet_group];
  const bool unsubscribed = interrupted.why == Interruption::unsubscribed;
  for (const Route& route : routes_) {
    if (route.group->deal || route.group->fleet_group != device.fleet_group) continue;
    CallRange& calls = group.concerned[device.place * group.call_groups + route.rank];
    // It never came back: everything since then.
    if (interrupted.ready == TimePoint{}) calls.end = route.group->books.calls_opened();
    if (unsubscribed) write_off(device, route, calls, Excuse::unsubscribed);
    if (!unsubscribed && !waits_at_broker(route)) write_off(device, route, calls, Excuse::absent);
    calls = {};
  }
}

void ShardLedger::write_off(const Recipient& device, const Route& route, const CallRange& calls, Excuse why) {
  Tally& tally = tallies_[route.group->index];
  for (std::uint64_t call = calls.first; call < calls.end; ++call) {
    const auto position = route.group->pick->position(call, device.index);
    if (position) (void)route.group->books.excuse(call, *position, why, tally);
  }
}

void ShardLedger::note_second() {
  for (Route& route : routes_) {
    route.opened_before = route.opened_now;
    route.opened_now = route.group->books.calls_opened();
  }
}

void ShardLedger::note_backlog(Group& group, const Recipient& device, TimePoint due, TimePoint received) {
  Interrupted& absence = group.interrupted[device.place];
  if (absence.why != Interruption::absence || due < absence.begin || due >= absence.connected) return;
  if (received < absence.due_back) return;
  ++group.absence_record->backlog;
  absence.caught_up = received;
}

void ShardLedger::note_caught_up(Group& group, Interrupted& absence) {
  if (absence.caught_up != TimePoint{}) group.absence_record->caught_up.record(absence.caught_up - absence.due_back);
  absence.caught_up = {};
}

void ShardLedger::end() {
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    Group& group = groups_[g];
    for (std::size_t place = 0; place < group.interrupted.size(); ++place) {
      Interrupted& interrupted = group.interrupted[place];
      settle({static_cast<std::uint16_t>(g), interrupted.index, static_cast<std::uint32_t>(place)}, interrupted);
      note_caught_up(group, interrupted);
    }
  }
  ended_ = true;
}

}  // namespace fleet::sim
