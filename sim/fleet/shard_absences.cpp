// Devices that are away on purpose: what waits for them, and what is written off.
#include <algorithm>

#include "sim/fleet/shard_ledger.h"
#include "wire/error.h"

namespace fleet::sim {

using wire::TimePoint;
using wire::mqtt::Qos;

bool ShardLedger::waits_at_broker(const Route& route) const {
  const Group& group = groups_[route.group->fleet_group];
  return group.keeps_session && route.subscribed &&
         std::min(route.qos, group.asked[route.subscription]) >= Qos::at_least_once;
}

void ShardLedger::leave(const Recipient& device, TimePoint now, TimePoint due_back) {
  Group& group = groups_[device.fleet_group];
  Absence& absence = group.absences[device.place];
  settle(device, absence);
  note_caught_up(group, absence);
  absence = {};
  absence.left = now;
  absence.due_back = due_back;
  absence.index = device.index;
  absence.open = true;
  ++group.absence_record->left;
  for (const Route& route : routes_) {
    if (route.group->deal || route.group->fleet_group != device.fleet_group) continue;
    group.concerned[device.place * group.call_groups + route.rank].first = route.opened_before;
  }
}

void ShardLedger::note_skipped(const Recipient& device) { ++groups_[device.fleet_group].absence_record->skipped; }

TimePoint ShardLedger::due_back(const Recipient& device) const {
  return groups_[device.fleet_group].absences[device.place].due_back;
}

void ShardLedger::return_connected(const Recipient& device, TimePoint now, bool session_present) {
  Group& group = groups_[device.fleet_group];
  Absence& absence = group.absences[device.place];
  absence.connected = now;
  absence.session_lost = group.keeps_session && !session_present;
}

void ShardLedger::return_ready(const Recipient& device, TimePoint now) {
  Group& group = groups_[device.fleet_group];
  Absence& absence = group.absences[device.place];
  absence.ready = now;
  AbsenceRecord& record = *group.absence_record;
  ++record.returned;
  if (group.keeps_session) ++(absence.session_lost ? record.forgotten : record.resumed);
  record.back.record(now - absence.due_back);
  for (const Route& route : routes_) {
    if (route.group->deal || route.group->fleet_group != device.fleet_group) continue;
    group.concerned[device.place * group.call_groups + route.rank].end = route.group->books.calls_opened();
  }
}

void ShardLedger::settle_absence(const Recipient& device, TimePoint ready) {
  Absence& absence = groups_[device.fleet_group].absences[device.place];
  if (absence.ready == ready) settle(device, absence);
}

void ShardLedger::settle(const Recipient& device, Absence& absence) {
  if (!absence.open) return;
  absence.open = false;
  Group& group = groups_[device.fleet_group];
  for (const Route& route : routes_) {
    if (route.group->deal || route.group->fleet_group != device.fleet_group) continue;
    CallRange& calls = group.concerned[device.place * group.call_groups + route.rank];
    // It never came back: everything since then.
    if (absence.ready == TimePoint{}) calls.end = route.group->books.calls_opened();
    if (!waits_at_broker(route)) write_off(device, route, calls);
    calls = {};
  }
}

void ShardLedger::write_off(const Recipient& device, const Route& route, const CallRange& calls) {
  Tally& tally = tallies_[route.group->index];
  for (std::uint64_t call = calls.first; call < calls.end; ++call) {
    const auto position = route.group->pick->position(call, device.index);
    if (position) (void)route.group->books.excuse(call, *position, Excuse::absent, tally);
  }
}

void ShardLedger::note_second() {
  for (Route& route : routes_) {
    route.opened_before = route.opened_now;
    route.opened_now = route.group->books.calls_opened();
  }
}

void ShardLedger::note_backlog(Group& group, const Recipient& device, TimePoint due, TimePoint received) {
  Absence& absence = group.absences[device.place];
  if (due < absence.left || due >= absence.connected || received < absence.due_back) return;
  ++group.absence_record->backlog;
  absence.caught_up = received;
}

void ShardLedger::note_caught_up(Group& group, Absence& absence) {
  if (absence.caught_up != TimePoint{}) group.absence_record->caught_up.record(absence.caught_up - absence.due_back);
  absence.caught_up = {};
}

void ShardLedger::end() {
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    Group& group = groups_[g];
    for (std::size_t place = 0; place < group.absences.size(); ++place) {
      Absence& absence = group.absences[place];
      settle({static_cast<std::uint16_t>(g), absence.index, static_cast<std::uint32_t>(place)}, absence);
      note_caught_up(group, absence);
    }
  }
  ended_ = true;
}

}  // namespace fleet::sim
