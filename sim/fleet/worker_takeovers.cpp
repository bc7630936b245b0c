// Identities that connect a second time elsewhere, while the broker ends their first connection.
#include <utility>

#include "sim/fleet/worker.h"

namespace fleet::sim {

using wire::TimePoint;
using wire::mqtt::ReasonCode;

// Not through the gate of the ramp: takeovers come at a rate of their own.
void Worker::take_over(Device& device, TimePoint now) {
  if (!device.second) {
    device.second = std::make_unique<SecondLine>(device);
    device.second->other = new_endpoint(device, device.second->events());
  }
  ++behaviour_[device.who().fleet_group].takeover->begun;
  interrupt(device, Interruption::takeover, now, now);
  device.taking_over = true;
  device.act_began = now;
  device.second->other_is_busy = true;
  ++busy_devices_;
  device.second->other->connect(login_of(device));
}

void Worker::second_connected(Device& device, bool session_present) {
  if (!std::exchange(device.taking_over, false)) return;
  std::swap(device.endpoint, device.second->other);
  device.second->swapped = !device.second->swapped;
  // The first connection may have ended before this one was told.
  device.second->other_is_busy = device.state != Device::State::away;
  if (device.state == Device::State::ready) counters_.ready.subtract(1);
  counters_.connected.add(1);
  device.state = Device::State::subscribing;
  device.granted = device.rejected = 0;
  ledger_.return_connected(device.who(), wire::read_clock(), session_present);
  subscribe(device, 0, filters_of(device));
  check_ready(device);
}

void Worker::note_displaced(Device& device, const wire::mqtt::Disconnect& why) {
  TakeoverRecord& record = *behaviour_[device.who().fleet_group].takeover;
  ++(why.reason == ReasonCode::session_taken_over ? record.session_taken_over : record.closed);
  note_lost(why);
}

void Worker::other_disconnected(Device& device, const wire::mqtt::Disconnect& why) {
  device.second->other_is_busy = false;
  --busy_devices_;
  if (!std::exchange(device.taking_over, false)) {
    counters_.connected.subtract(1);
    if (stopping_) return check_stopped();
    return note_displaced(device, why);
  }
  if (stopping_) return check_stopped();
  // The second connection has come to nothing.
  ++behaviour_[device.who().fleet_group].takeover->failed;
  device.act_began = {};
  note_failed_attempt(device, why);
  complain(device, "could not connect elsewhere", why.detail);
  if (device.state == Device::State::away) {
    is_final(why) ? keep_out(device) : try_again_later(device);
    return pump_ramp();
  }
  const TimePoint now = wire::read_clock();
  ledger_.return_connected(device.who(), now, true);
  note_returned(device, now);
}

}  // namespace fleet::sim
