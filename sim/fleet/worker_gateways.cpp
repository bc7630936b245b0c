// What a worker does for gateways: their sub-devices' logins, subscriptions and deliveries.
#include <string>

#include "sim/fleet/worker.h"

namespace fleet::sim {

using wire::mqtt::Qos;

// Rows of a gateway's sub-devices stand together, as many for each as the gateway with the most has.
void Worker::make_sub_device_room() {
  for (std::size_t g = 0; g < plan_.gateways.size(); ++g) {
    if (!plan_.gateways[g]) continue;
    for (const SubDeviceGroup& group : plan_.gateways[g]->groups()) {
      ledger_.make_room(group.fleet_group, shards_[g].devices * group.spread.count_max());
    }
  }
}

Recipient Worker::recipient_of(const Device& gateway, const SubDevice& sub_device) const {
  const SubDeviceGroup& group = gateways_of(gateway).groups()[sub_device.group];
  return {group.fleet_group, sub_device.index, gateway.who().place * group.spread.count_max() + sub_device.rank};
}

void Worker::gateway_received(Device& device, const wire::mqtt::Delivery& delivery, wire::TimePoint received) {
  if (const auto sub_device = gateways_of(device).find(delivery.topic, device.who().index)) {
    ledger_.receive(recipient_of(device, *sub_device), delivery, received);
    return;
  }
  const std::string_view payload(reinterpret_cast<const char*>(delivery.payload.data()), delivery.payload.size());
  switch (device.gateway->receive(delivery.topic, payload)) {
    case GatewaySession::Answer::not_mine:
      ledger_.receive(device.who(), delivery, received);
      return;
    case GatewaySession::Answer::accepted:
      drive_gateway(device);
      check_ready(device);
      return;
    case GatewaySession::Answer::refused:
      if (device.state == Device::State::subscribing) counters_.gateway_refused.add(1);
      break;
    case GatewaySession::Answer::try_again:
      break;
  }
  give_up_gateway(device);
}

void Worker::drive_gateway(Device& device) {
  for (;;) {
    const GatewaySession::Step step = device.gateway->next(wire::read_clock(), read_unix_ms());
    switch (step.kind) {
      case GatewaySession::Step::Kind::none:
        if (device.gateway->done()) leave_gate(device);
        return;
      case GatewaySession::Step::Kind::subscribe:
        subscribe(device, step.first, step.end);
        break;
      case GatewaySession::Step::Kind::request: {
        const std::uint32_t number = messages_.take();
        MessagePool::Message& message = messages_.at(number);
        message.telemetry = message.measured = false;
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
    case GatewayGroup::FilterOwner::Kind::answers:
      return;
  }
}

std::string Worker::filter_text(const Device& device, std::uint32_t filter) const {
  if (!device.gateway) return group_of(device).subscribe[filter].topic;
  return gateways_of(device).filter(device.who().index, filter).filter;
}

}  // namespace fleet::sim
