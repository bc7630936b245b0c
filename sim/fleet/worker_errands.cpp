// What a worker's devices do by themselves: leave and come back, unsubscribe and subscribe again, fall silent.
#include <algorithm>

#include "sim/fleet/worker.h"

namespace fleet::sim {

namespace {

using wire::TimePoint;

// Errands that are begun before the loop's other handlers get their turn: a few milliseconds.
constexpr std::uint32_t kErrandsPerBeat = 512;

// Interruptions that are settled likewise; each looks at all calls that were made meanwhile.
constexpr std::uint32_t kSettledPerBeat = 64;

// What a broker sent to a device that was not there any more, or not yet, is here by then or was lost.
constexpr wire::Nanos kSettleAfter = std::chrono::seconds(1);

}  // namespace

void Worker::make_errands() {
  const Scenario& scenario = plan_.scenario;
  for (std::size_t g = 0; g < scenario.fleet.size(); ++g) {
    behaviour_.push_back(empty_record(scenario.fleet[g].behaviour));
    if (!scenario.fleet[g].behaviour.interrupts() || shards_[g].devices == 0) continue;
    errands_.add_group(g, scenario.fleet[g], scenario.seed, shards_[g].first_index, plan_.workers,
                       scenario.phases.hold);
  }
}

void Worker::pump_errands(TimePoint now) {
  if (stopping_ || (errands_.front() == nullptr && returns_.empty() && resubscribes_.empty())) return;
  if (now >= next_second_) {
    ledger_.note_second();
    next_second_ = now + std::chrono::seconds(1);
  }
  const TimePoint hold_begin = plan_.phases.load(std::memory_order_acquire)->hold_begin;
  std::uint32_t begun = 0;
  while (const Errand* errand = errands_.front()) {
    if (hold_ended_ || hold_begin + errand->due > now || ++begun > kErrandsPerBeat) break;
    const Shard& shard = shards_[errand->fleet_group];
    do_errand(devices_[shard.first_slot + (errand->index - shard.first_index) / plan_.workers], *errand, now);
    errands_.pop();
  }
  subscribe_again(now);
  for (std::uint32_t settled = 0; settled < kSettledPerBeat && !returns_.empty(); ++settled) {
    const Return& oldest = returns_.front();
    if (oldest.ready + kSettleAfter > now) break;
    ledger_.settle(devices_[oldest.slot].who(), oldest.ready);
    counters_.unsettled.subtract(1);
    returns_.pop_front();
  }
}

void Worker::do_errand(Device& device, const Errand& errand, TimePoint now) {
  BehaviourRecord& record = behaviour_[device.who().fleet_group];
  const bool is_free = device.state == Device::State::ready && !device.interrupted && !device.silent;
  const TimePoint back = plan_.phases.load(std::memory_order_acquire)->hold_begin + errand.back;
  switch (errand.act) {
    case Act::leave:
      if (!is_free) {
        ++record.absence->skipped;
        return;
      }
      interrupt(device, Interruption::absence, now, back);
      if (errand.how == Leave::disconnect) {
        device.endpoint->disconnect();
      } else {
        device.endpoint->abort();
      }
      return;
    case Act::take_over:
      if (is_free && !(device.second && device.second->other_is_busy)) return take_over(device, now);
      ++record.takeover->skipped;
      return;
    case Act::unsubscribe:
      if (is_free) return unsubscribe(device, now, back);
      ++record.resubscribe->skipped;
      return;
    case Act::fall_silent:
      if (!is_free) {
        ++record.silence->skipped;
        return;
      }
      ++record.silence->begun;
      counters_.unsettled.add(1);
      device.silent = true;
      device.act_began = now;
      return;
  }
}

void Worker::interrupt(Device& device, Interruption why, TimePoint now, TimePoint due_back) {
  device.interrupted = true;
  device.interruption = why;
  ledger_.interrupt(device.who(), why, now, due_back);
  counters_.unsettled.add(1);
}

void Worker::note_returned(Device& device, TimePoint now) {
  BehaviourRecord& record = behaviour_[device.who().fleet_group];
  if (device.interruption == Interruption::takeover && device.act_began != TimePoint{}) {
    ++record.takeover->done;
    record.takeover->time.record(now - device.act_began);
    device.act_began = {};
  }
  if (device.interruption == Interruption::unsubscribed) ++record.resubscribe->again;
  device.interrupted = false;
  ledger_.return_ready(device.who(), now);
  returns_.push_back({now, slot_of(device)});
}

// It will not come back: what it is owed is settled at the end.
void Worker::give_up_return(Device& device) {
  if (!device.interrupted) return;
  device.interrupted = false;
  counters_.unsettled.subtract(1);
}

void Worker::unsubscribe(Device& device, TimePoint now, TimePoint again) {
  ++behaviour_[device.who().fleet_group].resubscribe->unsubscribed;
  interrupt(device, Interruption::unsubscribed, now, again);
  device.granted = device.rejected = 0;
  std::vector<std::string> filters;
  for (const TopicSubscription& row : group_of(device).subscribe) filters.push_back(filter_of(device, row.topic));
  for (std::size_t first = 0; first < filters.size(); first += kFiltersMax) {
    const std::size_t filters_here = std::min(kFiltersMax, filters.size() - first);
    device.endpoint->unsubscribe(std::span(filters).subspan(first, filters_here), first);
  }
  resubscribes_.push_back({again, slot_of(device)});
  std::push_heap(resubscribes_.begin(), resubscribes_.end(), Resubscription::is_later);
}

// A device that has lost its connection meanwhile subscribes when it is back by itself.
void Worker::subscribe_again(TimePoint now) {
  while (!resubscribes_.empty() && resubscribes_.front().when <= now) {
    Device& device = devices_[resubscribes_.front().slot];
    std::pop_heap(resubscribes_.begin(), resubscribes_.end(), Resubscription::is_later);
    resubscribes_.pop_back();
    const bool waits = device.interrupted && device.interruption == Interruption::unsubscribed;
    if (waits && device.state == Device::State::ready) subscribe(device, 0, filters_of(device));
  }
}

// The broker has ended the connection of a device that did not ping, or something else has.
void Worker::end_silence(Device& device, TimePoint now) {
  SilenceRecord& record = *behaviour_[device.who().fleet_group].silence;
  ++record.dropped;
  record.time.record(now - device.act_began);
  device.silent = false;
  device.act_began = {};
  counters_.unsettled.subtract(1);
  interrupt(device, Interruption::silence, now, now);
}

void Worker::pace_reading(Device& device, TimePoint now) {
  if (!phases_known_ || device.state == Device::State::away) return;
  if (hold_ended_ || !ledger_.is_in_hold(now)) {
    (void)device.endpoint->allow_reading(wire::mqtt::Endpoint::kReadAll);
    return;
  }
  const FleetGroup& group = group_of(device);
  if (device.endpoint->is_held_back()) ++behaviour_[device.who().fleet_group].slow_reading->held_back;
  const double bytes =
      group.behaviour.slow_reading->bytes_per_second * std::chrono::duration<double>(kVisitEvery).count();
  (void)device.endpoint->allow_reading(static_cast<std::uint32_t>(std::max(bytes, 1.0)));
}

BehaviourRecord Worker::behaviour(std::size_t fleet_group) {
  BehaviourRecord record = behaviour_[fleet_group];
  if (record.absence) record.absence->merge(*ledger_.absences(fleet_group));
  return record;
}

}  // namespace fleet::sim
