// How a worker's connections end: by the broker, by a fault of the timetable, or on purpose; and who tries again when.
#include <algorithm>
#include <boost/asio/post.hpp>
#include <limits>
#include <string>
#include <utility>

#include "sim/fleet/worker.h"
#include "sim/ledger/pick.h"

namespace fleet::sim {

namespace {

using wire::mqtt::ReasonCode;

// Connections that are cut before the loop's other handlers get their turn: about a millisecond.
constexpr std::size_t kCutsPerTurn = 64;
// Devices that are looked at for it: likewise.
constexpr std::size_t kLooksPerTurn = 8'192;

// It has left on purpose.
bool is_absent(const Device& device) { return device.interrupted && device.interruption == Interruption::absence; }

}  // namespace

// Reasons of MQTT 5.0 §3.2.2.2; some brokers give them in a DISCONNECT, in place of a SUBACK.
bool Worker::is_final(const wire::mqtt::Disconnect& why) {
  if (why.by_us) return false;
  switch (why.reason) {
    case ReasonCode::unsupported_protocol_version:
    case ReasonCode::client_identifier_not_valid:
    case ReasonCode::bad_user_name_or_password:
    case ReasonCode::not_authorized:
    case ReasonCode::banned:
    case ReasonCode::bad_authentication_method:
      return true;
    default:
      return false;
  }
}

void Worker::device_disconnected(Device& device, const wire::mqtt::Disconnect& why) {
  const Device::State was = std::exchange(device.state, Device::State::away);
  --busy_devices_;
  leave_gate(device);
  if (was != Device::State::connecting) counters_.connected.subtract(1);
  const bool half_subscribed = !stopping_ && std::exchange(device.kept_out, false);
  if (half_subscribed) counters_.half_subscribed.subtract(1);
  if (std::exchange(device.sub_devices_refused, false)) counters_.gateway_refused.subtract(1);
  if (was == Device::State::ready) {
    counters_.ready.subtract(1);
    if (device.gateway) counters_.sub_devices_ready.subtract(sub_devices_of(device));
  }
  if (stopping_) return check_stopped();

  if (device.taking_over) return note_displaced(device, why);
  if (was == Device::State::ready && is_absent(device)) {
    ramp_.add_retry(slot_of(device), std::max(ledger_.due_back(device.who()), wire::read_clock()));
    return pump_ramp();
  }
  if (was == Device::State::ready) {
    note_lost(why);
    if (device.silent) {
      end_silence(device, wire::read_clock());
    } else {
      faults_.note_lost(slot_of(device), group_of(device).connect.reconnect);
      complain(device, "lost its connection", why.detail);
    }
  } else if (std::exchange(device.begins_anew, false)) {
    // Nothing was lost.
  } else if (half_subscribed) {
    note_lost(why);
    complain(device, "lost its connection", why.detail);
  } else {
    if (wire::mqtt::is_lasting(why.cause)) counters_.handshake_refused.add(1);
    note_failed_attempt(device, why);
    complain(device, "could not connect",
             has_given_up(device) ? std::string_view(device.gateway->failure()) : why.detail);
  }
  const bool for_good = was != Device::State::ready && is_final(why);
  for_good ? keep_out(device) : try_again_later(device);
  pump_ramp();
}

void Worker::keep_out(Device& device) {
  device.kept_out = true;
  counters_.login_refused.add(1);
  if (group_of(device).connect.reconnect) faults_.note_gone(slot_of(device));
  give_up_return(device);
}

void Worker::try_again_later(Device& device) {
  // Until it has been ready once a device belongs to the ramp, which does not give up; and who left on purpose returns.
  if (!device.was_ready || is_absent(device) || group_of(device).connect.reconnect) {
    if (device.failures < std::numeric_limits<std::uint8_t>::max()) ++device.failures;
    const std::uint32_t slot = slot_of(device);
    const std::uint64_t salt = (plan_.scenario.seed << 32) + (std::uint64_t{slot} * plan_.workers + index_) * 256;
    ramp_.add_retry(slot, wire::read_clock() + back_off(group_of(device).connect.back_off, device.failures, salt));
  } else {
    give_up_return(device);
  }
}

void Worker::note_lost(const wire::mqtt::Disconnect& why) {
  const bool said = why.reason != ReasonCode::success && why.reason != ReasonCode::unspecified_error;
  plan_.lost.count(said ? reason_name(why.reason) : "connection closed");
}

// Under one name: what went wrong on the way has a cause, what the broker says in a CONNACK or a DISCONNECT a reason.
void Worker::note_failed_attempt(const Device& device, const wire::mqtt::Disconnect& why) {
  counters_.connect_failed.add(1);
  if (has_given_up(device)) return plan_.failures.count(kSubDevicesRefused);
  if (why.cause != wire::mqtt::Cause::none) return plan_.failures.count(cause_name(why.cause));
  if (why.by_us || why.reason == ReasonCode::success) return;
  why.was_connected ? note_lost(why) : plan_.refused.count(reason_name(why.reason));
}

// --- faults ---------------------------------------------------------------------------------------------------------

void Worker::cut(std::size_t fault) {
  boost::asio::post(loop_, [this, fault] {
    const Fault& what = plan_.scenario.faults[fault];
    const std::uint32_t count = plan_.scenario.fleet[what.fleet_group].count;
    // Every fault draws from a sequence of its own, and call groups from others.
    const std::uint32_t meant = devices_meant(what.share, count);
    cut_from(fault, PickPlan(Pick::random, count, meant, fault_seed(plan_.scenario, fault)), 0);
  });
}

// A turn's worth; what came in meanwhile goes before the rest.
void Worker::cut_from(std::size_t fault, const PickPlan& pick, std::size_t first_slot) {
  if (stopping_) return;
  const Fault& what = plan_.scenario.faults[fault];
  std::size_t slot = first_slot;
  const std::size_t end = std::min(devices_.size(), first_slot + kLooksPerTurn);
  for (std::size_t cuts = 0; slot < end && cuts < kCutsPerTurn; ++slot) {
    Device& device = devices_[slot];
    if (device.state != Device::State::ready || is_absent(device) || device.who().fleet_group != what.fleet_group)
      continue;
    if (!pick.position(0, device.who().index)) continue;
    faults_.note_cut(slot, fault, group_of(device).connect.reconnect);
    ++cuts;
    // One that has just ended by itself has told nobody yet, and does nothing here.
    if (what.cut == CutKind::reset) {
      device.endpoint->reset();
    } else {
      static_cast<void>(device.endpoint->fall_silent());
    }
  }
  if (slot == devices_.size()) return;
  boost::asio::post(loop_, [this, fault, pick, slot] { cut_from(fault, pick, slot); });
}

void Worker::complain(const Device& device, std::string_view what, std::string_view detail) {
  std::string sentence = name_of(device);
  sentence += ' ';
  sentence += what;
  if (!detail.empty()) sentence.append(": ").append(detail);
  plan_.last_error.write(std::move(sentence));
}

}  // namespace fleet::sim
