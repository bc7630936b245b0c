// What a worker does for gateways: their sub-devices' logins, subscriptions and deliveries.
#include <string>

#include "sim/fleet/worker.h"

namespace fleet::sim {

using wire::mqtt::Qos;

namespace {

// Sub-devices that may come to the gateways of one worker without the timetable's doing: others call the API too.
constexpr std::uint32_t kOtherGuests = 1'000;

std::uint32_t guests_max(const Scenario& scenario, std::size_t fleet_group) {
  std::uint32_t guests = kOtherGuests;
  for (const Fault& fault : scenario.faults) {
    if (fault.kind != FaultKind::handover || fault.fleet_group != fleet_group) continue;
    guests += devices_meant(fault.share, scenario.fleet[fleet_group].count);
  }
  return guests;
}

// Topics of thing/topo/change and of /ext/error.
bool is_told_by_platform(std::string_view topic) {
  return topic.starts_with("/ext/error/") || (topic.starts_with("/sys/") && topic.ends_with("/thing/topo/change"));
}

}  // namespace

// Rows of a gateway's sub-devices stand together, as many for each as the gateway with the most has.
void Worker::make_sub_device_room() {
  guest_rows_.resize(plan_.scenario.fleet.size());
  for (std::size_t g = 0; g < plan_.gateways.size(); ++g) {
    if (!plan_.gateways[g]) continue;
    for (const SubDeviceGroup& group : plan_.gateways[g]->groups()) {
      const std::uint32_t at_home = shards_[g].devices * group.spread.count_max();
      const std::uint32_t guests = guests_max(plan_.scenario, group.fleet_group);
      ledger_.make_room(group.fleet_group, at_home + guests);
      guest_rows_[group.fleet_group] = {at_home, at_home + guests};
    }
  }
}

Recipient Worker::recipient_of(const Device& gateway, const SubDevice& sub_device) const {
  const SubDeviceGroup& group = gateways_of(gateway).groups()[sub_device.group];
  return {group.fleet_group, sub_device.index, gateway.who().place * group.spread.count_max() + sub_device.rank};
}

void Worker::gateway_received(Device& device, const wire::mqtt::Delivery& delivery, wire::TimePoint received) {
  if (device.gateway->moves().empty()) {
    if (const auto sub_device = gateways_of(device).find(delivery.topic, device.who().index)) {
      return ledger_.receive(recipient_of(device, *sub_device), delivery, received);
    }
  } else if (const auto sub_device = gateways_of(device).find(delivery.topic)) {
    // What comes for one that is elsewhere has reached this gateway, and was not meant for it.
    return ledger_.receive(moved_recipient(device, *sub_device).value_or(device.who()), delivery, received);
  }
  const std::string_view payload(reinterpret_cast<const char*>(delivery.payload.data()), delivery.payload.size());
  switch (device.gateway->receive(delivery.topic, payload)) {
    case GatewaySession::Answer::not_mine:
      if (is_told_by_platform(delivery.topic)) return follow_platform(device, delivery.topic, payload);
      ledger_.receive(device.who(), delivery, received);
      return;
    case GatewaySession::Answer::accepted:
      note_refused_newcomers(device);
      drive_gateway(device);
      check_ready(device);
      return;
    case GatewaySession::Answer::refused:
      if (!device.was_ready) return stay_without_sub_devices(device);
      break;
    case GatewaySession::Answer::try_again:
      break;
  }
  give_up_gateway(device);
}

// Trying again would not change the answer. Who was ready before is another matter: a platform that was started again
// may have to be told first.
void Worker::stay_without_sub_devices(Device& device) {
  if (device.state != Device::State::subscribing || device.kept_out) return;
  device.sub_devices_refused = true;
  counters_.gateway_refused.add(1);
  counters_.connect_failed.add(1);
  plan_.failures.count(kSubDevicesRefused);
  complain(device, "stays without its sub-devices", device.gateway->failure());
  stay_half_subscribed(device);
}

void Worker::note_refused_newcomers(Device& device) {
  const GatewaySession::Refusal refusal = device.gateway->take_refusal();
  if (refusal.sub_devices == 0) return;
  counters_.newcomers_refused.add(refusal.sub_devices);
  complain(device, "could not log in sub-devices that came to it", refusal.why);
}

void Worker::drive_gateway(Device& device) {
  for (;;) {
    const GatewaySession::Step step = device.gateway->next(wire::read_clock(), read_unix_ms());
    switch (step.kind) {
      case GatewaySession::Step::Kind::none:
        if (!device.in_gate || !device.gateway->done()) return;
        leave_gate(device);
        pump_ramp();
        return;
      case GatewaySession::Step::Kind::subscribe:
        subscribe(device, step.first, step.end);
        break;
      case GatewaySession::Step::Kind::welcome:
        subscribe_newcomer(device, step.newcomer);
        break;
      case GatewaySession::Step::Kind::request: {
        const std::uint32_t number = messages_.take();
        MessagePool::Message& message = messages_.at(number);
        message.kind = MessagePool::Kind::request;
        message.measured = false;
        message.batch->add_topic(step.topic);
        message.batch->qos = Qos::at_most_once;
        const auto bytes = std::as_bytes(std::span<const char>(step.payload));
        message.payload->assign(bytes.begin(), bytes.end());
        // Where the connection does not take it the answer is overdue in the end.
        if (device.endpoint->publish(message.batch, number) != wire::mqtt::Offer::queued) messages_.give_back(number);
        break;
      }
    }
  }
}

void Worker::give_up_gateway(Device& device) {
  if (device.state != Device::State::away) device.endpoint->abort();
}

void Worker::note_granted(Device& device, std::uint32_t filter, Qos qos) {
  if (!device.gateway) return ledger_.note_granted(device.who(), filter, qos);
  const GatewayGroup::FilterOwner owner = gateways_of(device).owner(device.who().index, filter);
  switch (owner.kind) {
    case GatewayGroup::FilterOwner::Kind::gateway:
      return ledger_.note_granted(device.who(), owner.subscription, qos);
    case GatewayGroup::FilterOwner::Kind::sub_device:
      return ledger_.note_granted(recipient_of(device, owner.sub_device), owner.subscription, qos);
    case GatewayGroup::FilterOwner::Kind::platform:
      return;
  }
}

Qos Worker::qos_wanted(const Device& device, std::uint32_t filter) const {
  if (!device.gateway) return group_of(device).subscribe[filter].qos;
  return gateways_of(device).filter(device.who().index, filter).qos;
}

std::string Worker::filter_text(const Device& device, std::uint32_t filter) const {
  if (!device.gateway) return group_of(device).subscribe[filter].topic;
  return gateways_of(device).filter(device.who().index, filter).filter;
}

}  // namespace fleet::sim
