// Devices that leave on purpose and come back.
#include "sim/fleet/worker.h"

namespace fleet::sim {

namespace {

using wire::TimePoint;

// Connections that are ended before the loop's other handlers get their turn: a few milliseconds.
constexpr std::uint32_t kLeavingsPerBeat = 512;

// Absences that are settled likewise; each looks at all calls that were made meanwhile.
constexpr std::uint32_t kSettledPerBeat = 64;

// What a broker sent to a device that was not there any more, or not yet, is here by then or was lost.
constexpr wire::Nanos kSettleAfter = std::chrono::seconds(1);

}  // namespace

void Worker::make_leave_schedule() {
  const Scenario& scenario = plan_.scenario;
  for (std::size_t g = 0; g < scenario.fleet.size(); ++g) {
    if (!scenario.fleet[g].behaviour.leaves() || shards_[g].devices == 0) continue;
    leavings_.add_group(g, scenario.fleet[g], scenario.seed, shards_[g].first_index, plan_.workers,
                        scenario.phases.hold);
  }
}

void Worker::pump_absences(TimePoint now) {
  if (stopping_ || (leavings_.front() == nullptr && returns_.empty())) return;
  if (now >= next_second_) {
    ledger_.note_second();
    next_second_ = now + std::chrono::seconds(1);
  }
  const PhaseTimes& phases = *plan_.phases.load(std::memory_order_acquire);
  std::uint32_t left = 0;
  while (const LeaveSchedule::Leaving* leaving = leavings_.front()) {
    if (hold_ended_ || phases.hold_begin + leaving->due > now || ++left > kLeavingsPerBeat) break;
    const Shard& shard = shards_[leaving->fleet_group];
    leave(devices_[shard.first_slot + (leaving->index - shard.first_index) / plan_.workers], *leaving, now);
    leavings_.pop();
  }
  for (std::uint32_t settled = 0; settled < kSettledPerBeat && !returns_.empty(); ++settled) {
    const Return& oldest = returns_.front();
    if (oldest.ready + kSettleAfter > now) break;
    ledger_.settle_absence(devices_[oldest.slot].who(), oldest.ready);
    counters_.absent.subtract(1);
    returns_.pop_front();
  }
}

void Worker::leave(Device& device, const LeaveSchedule::Leaving& leaving, TimePoint now) {
  if (device.state != Device::State::ready || device.absent) return ledger_.note_skipped(device.who());
  const PhaseTimes& phases = *plan_.phases.load(std::memory_order_acquire);
  device.absent = true;
  ledger_.leave(device.who(), now, phases.hold_begin + leaving.back);
  counters_.absent.add(1);
  if (leaving.how == Leave::disconnect) {
    device.endpoint->disconnect();
  } else {
    device.endpoint->abort();
  }
}

void Worker::note_returned(Device& device, TimePoint now) {
  device.absent = false;
  ledger_.return_ready(device.who(), now);
  returns_.push_back({now, slot_of(device)});
}

}  // namespace fleet::sim
