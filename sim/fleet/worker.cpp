#include "sim/fleet/worker.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <system_error>
#include <utility>

#include "sim/scenario/dialect.h"
#include "sim/scenario/naming.h"
#include "wire/mqtt/connection.h"
#include "wire/mqtt/paho/paho_endpoint.h"

namespace fleet::sim {

namespace {

using wire::Nanos;
using wire::TimePoint;
using wire::mqtt::Qos;
using wire::mqtt::ReasonCode;

// The other workers hold every handshake that is allowed: ask again after this.
constexpr Nanos kGateRetry = std::chrono::milliseconds(1);

// Time for the broker to take every DISCONNECT; then connections are closed without one, and after as long again the
// loop ends whatever is left.
constexpr Nanos kStopGrace = std::chrono::milliseconds(1'500);

}  // namespace

Worker::Worker(FleetPlan& plan, std::uint32_t index)
    : plan_(plan),
      index_(index),
      loop_(1),
      context_(loop_),
      watch_(loop_, [this](TimePoint now) { on_beat(now); }),
      ramp_timer_(loop_),
      stop_timer_(loop_),
      telemetry_timer_(loop_),
      reply_timer_(loop_),
      ledger_(plan.scenario, plan.groups, plan.run),
      ramp_(plan.ramp_start),
      faults_(plan.faults),
      schedule_(plan.telemetry),
      replies_(plan.replies),
      replies_here_(!plan.replies.empty()) {}

Worker::~Worker() {
  if (!thread_.joinable()) return;
  begin_stop();
  join();
}

// --- the thread -----------------------------------------------------------------------------------------------------

wire::Result<void> Worker::start() {
  try {
    thread_ = std::thread([this] { run_thread(); });
  } catch (const std::system_error& error) {
    return wire::environment_error(std::string("cannot start a worker thread: ") + error.what());
  }
  return {};
}

void Worker::run_thread() {
  name_this_thread("worker " + std::to_string(index_));
  make_devices();
  // Paho's threads post what they received, and that must not wait.
  const auto& fleet = plan_.scenario.fleet;
  if (std::none_of(fleet.begin(), fleet.end(), [](const FleetGroup& group) { return group.engine == Engine::paho; })) {
    context_.readiness().linger();
  }
  watch_.start();
  pump_ramp();
  loop_.run();
  devices_.clear();  // endpoints end on their loop
}

void Worker::make_devices() {
  std::vector<Recipient> all;
  for (std::size_t g = 0; g < plan_.scenario.fleet.size(); ++g) {
    const FleetGroup& group = plan_.scenario.fleet[g];
    shards_.emplace_back();
    if (!group.connects()) continue;
    std::uint32_t first = 0;
    while (first < group.count && plan_.worker_of(g, first) != index_) ++first;
    const auto first_slot = static_cast<std::uint32_t>(all.size());
    std::uint32_t place = 0;
    for (std::uint64_t i = first; i < group.count; i += plan_.workers) {
      all.push_back({static_cast<std::uint16_t>(g), static_cast<std::uint32_t>(i), place++});
    }
    shards_.back() = {first_slot, first, place};
    ledger_.make_room(g, place);
    ramp_.add_group(first_slot, place, first, plan_.workers, group.connect.per_second);
  }
  faults_.make_room(all.size());
  devices_ = std::vector<Device>(all.size());
  for (std::size_t slot = 0; slot < all.size(); ++slot) devices_[slot].place(*this, all[slot]);
  make_sub_device_room();
  make_telemetry();
  make_errands();
  make_replies();
}

void Worker::on_beat(TimePoint now) {
  const std::size_t visits = (devices_.size() + kBeatsARound - 1) / kBeatsARound;
  for (std::size_t i = 0; i < visits; ++i) {
    Device& device = devices_[next_visit_];
    next_visit_ = next_visit_ + 1 == devices_.size() ? 0 : next_visit_ + 1;
    if (device.state != Device::State::away && !device.silent) device.endpoint->on_timer(now);
    if (device.second && device.second->other_is_busy) device.second->other->on_timer(now);
    if (group_of(device).behaviour.slow_reading) pace_reading(device, now);
    if (device.gateway && device.gateway->overdue(now)) give_up_gateway(device);
    // Newcomers for which the platform had no room.
    if (device.gateway && device.state == Device::State::ready && !device.gateway->moves().empty())
      drive_gateway(device);
  }
  if (phases_known_) pump_errands(now);
}

void Worker::announce_phases() {
  boost::asio::post(loop_, [this] { learn_phases(); });
}

void Worker::end_hold() {
  boost::asio::post(loop_, [this] {
    learn_phases();
    watch_.end_hold();
    count_overdue_telemetry();
    hold_ended_ = true;
  });
}

// A delivery may overtake the announcement, so receiving looks too.
void Worker::learn_phases() {
  if (phases_known_) return;
  const PhaseTimes* phases = plan_.phases.load(std::memory_order_acquire);
  if (phases == nullptr) return;
  phases_known_ = true;
  ledger_.set_phases(*phases);
  watch_.set_phases(*phases);
  pump_telemetry();
}

// --- connecting -----------------------------------------------------------------------------------------------------

void Worker::pump_ramp() {
  if (stopping_) return;
  TimePoint now = wire::read_clock();
  while (const std::optional<Ramp::Due> due = ramp_.front()) {
    if (due->when > now) return wake_ramp_at(due->when);
    Device& device = devices_[due->slot];
    const std::uint32_t in_flight_max = std::max(group_of(device).connect.in_flight_max, 1u);
    // The end of one of our own handshakes comes back here.
    if (handshakes_ >= handshake_share(in_flight_max, plan_.workers)) return;
    if (!plan_.gate.try_enter(in_flight_max)) return wake_ramp_at(now + kGateRetry);
    ramp_.pop();
    connect(device, now);
    now = wire::read_clock();
  }
}

void Worker::wake_ramp_at(TimePoint when) {
  if (ramp_timer_.expiry() == when) return;  // armed already, or it has just fired and `when` has passed
  ramp_timer_.expires_at(when);
  ramp_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) pump_ramp();
  });
}

void Worker::connect(Device& device, TimePoint now) {
  if (!device.endpoint) make_endpoint(device);
  device.in_gate = true;
  ++handshakes_;
  ++busy_devices_;
  device.state = Device::State::connecting;
  device.connect_began = now;
  device.granted = device.rejected = 0;
  if (device.gateway) device.gateway->begin();
  device.endpoint->connect(login_of(device));
}

void Worker::make_endpoint(Device& device) {
  if (plan_.gateways[device.who().fleet_group]) {
    device.gateway = std::make_unique<GatewaySession>(gateways_of(device), plan_.identities, device.who().index,
                                                      group_of(device).connect.timeout);
  }
  device.endpoint = new_endpoint(device, device.events());
}

std::unique_ptr<wire::mqtt::Endpoint> Worker::new_endpoint(const Device& device, wire::mqtt::EndpointEvents& events) {
  const wire::mqtt::EndpointOptions& options = plan_.options[device.who().fleet_group];
  if (group_of(device).engine == Engine::paho) {
    return std::make_unique<wire::mqtt::PahoEndpoint>(loop_, options, plan_.broker, events);
  }
  return std::make_unique<wire::mqtt::Connection>(
      context_, options, plan_.native_of(device.who().fleet_group, device.who().index), events);
}

std::string Worker::name_of(const Device& device) const {
  return device_name(group_of(device).name_template, device.who().index);
}

wire::mqtt::Login Worker::login_of(const Device& device) const {
  const std::string name = name_of(device);
  const Target& target = plan_.scenario.target;
  if (group_of(device).kind == FleetKind::consumer) {
    return consumer_login(target, name, plan_.login_timestamp);
  }
  wire::mqtt::Login login =
      device_login(target.dialect, {.product_key = product_of(device).key, .device_name = name},
                   plan_.identities.secret(device.who().fleet_group, device.who().index), plan_.login_timestamp);
  if (const auto& will = group_of(device).behaviour.will) login.will = will_of(device, *will, name);
  return login;
}

wire::mqtt::LastWill Worker::will_of(const Device& device, const WillMessage& will, const std::string& name) const {
  std::vector<std::byte> payload;
  write_payload(will.payload, {plan_.scenario.seed, device.who().index, 0, name, read_unix_ms()}, payload);
  return {filter_of(device, will.topic),
          {reinterpret_cast<const char*>(payload.data()), payload.size()},
          will.qos,
          will.retain};
}

std::string Worker::filter_of(const Device& device, const std::string& topic) const {
  const FleetGroup& group = group_of(device);
  if (group.kind == FleetKind::consumer) {
    return consumer_filter(plan_.scenario.target.app_key, group.consumer_group, topic);
  }
  const Product& product = product_of(device);
  if (product.broadcasts.contains(topic)) return broadcast_topic(product.key, topic);
  return "/" + product.key + "/" + name_of(device) + "/user/" + topic;
}

void Worker::device_connected(Device& device, bool session_present) {
  if (!device.gateway) leave_gate(device);
  if (device.interrupted) ledger_.return_connected(device.who(), wire::read_clock(), session_present);
  counters_.connected.add(1);
  device.state = Device::State::subscribing;
  const std::uint32_t own = device.gateway ? gateways_of(device).own_filters() : filters_of(device);
  subscribe(device, 0, own);
  if (own == 0 && device.gateway) drive_gateway(device);
  check_ready(device);
  pump_ramp();
}

void Worker::subscribe(Device& device, std::uint32_t first, std::uint32_t end) {
  const std::vector<TopicSubscription>& wanted = group_of(device).subscribe;
  std::vector<wire::mqtt::Subscription> filters;
  for (std::uint32_t i = first; i < end; ++i) {
    if (device.gateway) {
      filters.push_back(gateways_of(device).filter(device.who().index, i));
    } else {
      filters.push_back({filter_of(device, wanted[i].topic), wanted[i].qos});
    }
    if (filters.size() < kFiltersMax && i + 1 < end) continue;
    device.endpoint->subscribe(filters, i + 1 - filters.size());
    filters.clear();
  }
}

std::uint32_t Worker::filters_wanted(const Device& device) const {
  return device.gateway ? device.gateway->filters() : filters_of(device);
}

std::uint32_t Worker::filters_of(const Device& device) const {
  if (device.gateway) return gateways_of(device).filters(device.who().index);
  return static_cast<std::uint32_t>(group_of(device).subscribe.size());
}

void Worker::device_subscribed(Device& device, std::uint64_t first_filter, std::span<const ReasonCode> granted) {
  if (is_of_move(first_filter)) return newcomer_subscribed(device, first_filter, granted);
  const std::uint32_t wanted = filters_of(device);
  for (std::size_t i = 0; i < granted.size() && first_filter + i < wanted; ++i) {
    const auto filter = static_cast<std::uint32_t>(first_filter + i);
    if (wire::mqtt::is_failure(granted[i])) {
      note_rejected(device, "was refused topic " + filter_text(device, filter), granted[i]);
      ++device.rejected;
      continue;
    }
    const Qos qos = wire::mqtt::granted_qos(granted[i]);
    if (qos < qos_wanted(device, filter)) counters_.subscribe_lowered.add(1);
    note_granted(device, filter, qos);
    ++device.granted;
  }
  const std::uint32_t answered = device.granted + device.rejected;
  if (device.gateway && answered >= gateways_of(device).own_filters()) {
    // Without what the platform answers on nothing can be asked for.
    if (device.rejected > 0 && answered == gateways_of(device).own_filters()) return stay_half_subscribed(device);
    drive_gateway(device);
  }
  if (device.state == Device::State::ready && device.interrupted && device.granted == wanted) {
    note_returned(device, wire::read_clock());
  }
  check_ready(device);
}

void Worker::leave_gate(Device& device) {
  if (!std::exchange(device.in_gate, false)) return;
  --handshakes_;
  plan_.gate.leave();
}

void Worker::check_ready(Device& device) {
  if (device.state != Device::State::subscribing) return;
  if (device.granted + device.rejected != filters_wanted(device)) return;
  if (device.gateway && !device.gateway->done()) return;
  device.rejected == 0 ? become_ready(device) : stay_half_subscribed(device);
}

void Worker::stay_half_subscribed(Device& device) {
  if (device.state != Device::State::subscribing || std::exchange(device.kept_out, true)) return;
  counters_.half_subscribed.add(1);
  leave_gate(device);
  pump_ramp();
}

void Worker::note_rejected(const Device& device, std::string_view what, ReasonCode reason) {
  counters_.subscribe_refused.add(1);
  plan_.subscriptions_refused.count(reason_name(reason));
  complain(device, what, reason_name(reason));
}

void Worker::become_ready(Device& device) {
  device.state = Device::State::ready;
  device.failures = 0;
  counters_.ready.add(1);
  if (device.gateway) counters_.sub_devices_ready.add(sub_devices_of(device));
  if (device.was_ready) {
    counters_.reconnects.add(1);
    if (device.interrupted) note_returned(device, wire::read_clock());
    faults_.note_ready(slot_of(device), wire::read_clock());
    return;
  }
  device.was_ready = true;
  const std::uint64_t ready = plan_.became_ready.fetch_add(1, std::memory_order_relaxed) + 1;
  if (plan_.phases.load(std::memory_order_relaxed) != nullptr) return;  // late: the ramp is over
  last_ready_ = wire::read_clock();
  connect_times_.record(last_ready_ - device.connect_began);
  if (ready == plan_.devices) plan_.heap_ready.store(heap_in_use(), std::memory_order_relaxed);
}

// --- the end --------------------------------------------------------------------------------------------------------

void Worker::begin_stop() {
  boost::asio::post(loop_, [this] { disconnect_all(); });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::disconnect_all() {
  if (stopping_) return;
  stopping_ = true;
  learn_phases();
  watch_.end_hold();
  if (!hold_ended_) count_overdue_telemetry();
  ledger_.end();
  ramp_timer_.cancel();
  telemetry_timer_.cancel();
  reply_timer_.cancel();
  for (Device& device : devices_) {
    if (device.state == Device::State::connecting) {
      device.endpoint->abort();
    } else if (device.state != Device::State::away) {
      device.endpoint->disconnect();
    }
    if (device.second && device.second->other_is_busy) device.second->other->abort();
  }
  stop_timer_.expires_after(kStopGrace);
  stop_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    for (Device& device : devices_) {
      if (device.state != Device::State::away) device.endpoint->abort();
    }
    stop_timer_.expires_after(kStopGrace);
    stop_timer_.async_wait([this](const boost::system::error_code& again) {
      if (!again) finish();
    });
  });
  check_stopped();
}

void Worker::check_stopped() {
  if (busy_devices_ == 0) finish();
}

void Worker::finish() {
  watch_.stop();
  stop_timer_.cancel();
  loop_.stop();
}

}  // namespace fleet::sim
