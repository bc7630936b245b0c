// What a worker does when sub-devices move from one gateway to another.
#include <algorithm>
#include <boost/asio/post.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sim/fleet/worker.h"

namespace fleet::sim {

using wire::TimePoint;
using wire::mqtt::Qos;
using wire::mqtt::ReasonCode;
using Newcomer = GatewayMoves::Newcomer;

namespace {

// Cookies of subscriptions for newcomers and of the end of any sub-device's: beyond all numbers of filters. Place of
// the group, index and topic of the sub-device are in the lower bits; topics of a product are fewer than 256.
constexpr std::uint64_t kMoveCookie = std::uint64_t{1} << 63;

std::uint64_t cookie_of(const SubDevice& who, std::size_t topic) {
  return kMoveCookie | (std::uint64_t{who.group} << 40) | (std::uint64_t{who.index} << 8) | topic;
}

SubDevice sub_device_of(std::uint64_t cookie) {
  const std::uint64_t plain = cookie & ~kMoveCookie;
  return {static_cast<std::size_t>(plain >> 40), static_cast<std::uint32_t>(plain >> 8), 0};
}

}  // namespace

bool Worker::is_of_move(std::uint64_t cookie) { return (cookie & kMoveCookie) != 0; }

Recipient Worker::recipient_of(const Device& gateway, const Newcomer& newcomer) const {
  return {gateways_of(gateway).groups()[newcomer.who.group].fleet_group, newcomer.who.index, newcomer.row};
}

std::optional<Recipient> Worker::moved_recipient(Device& gateway, const SubDevice& who) {
  GatewayMoves& moves = gateway.gateway->moves();
  switch (moves.place_of(who, gateways_of(gateway).is_home(who, gateway.who().index))) {
    case GatewayMoves::Place::home:
      return recipient_of(gateway, who);
    case GatewayMoves::Place::newcomer:
      return recipient_of(gateway, *moves.find(who));
    case GatewayMoves::Place::elsewhere:
      break;
  }
  return std::nullopt;
}

void Worker::follow_platform(Device& device, std::string_view topic, std::string_view payload) {
  const GatewayGroup& gateways = gateways_of(device);
  if (topic == gateways.error_topic(device.who().index)) {
    counters_.sub_devices_kicked.add(1);
    return;
  }
  const auto change = read_topology_change(payload);
  if (!change || change->kind == TopologyChange::Kind::other) return;
  for (const std::string& path : change->paths) {
    const auto who = gateways.find("/" + path + "/");
    if (!who) continue;  // none of the scenario's
    change->kind == TopologyChange::Kind::came ? receive_sub_device(device, *who) : drop_sub_device(device, *who);
  }
  if (device.state == Device::State::ready) drive_gateway(device);
}

void Worker::receive_sub_device(Device& device, const SubDevice& who) {
  const GatewayGroup& gateways = gateways_of(device);
  GatewayMoves& moves = device.gateway->moves();
  const bool at_home = gateways.is_home(who, device.who().index);
  if ((at_home && !moves.is_gone(who)) || moves.find(who) != nullptr) return;
  const SubDeviceGroup& group = gateways.groups()[who.group];
  std::uint32_t row = recipient_of(device, who).place;
  if (!at_home) {
    GuestRows& rows = guest_rows_[group.fleet_group];
    if (rows.next == rows.end) return complain(device, "has no room for a sub-device that came to it", "");
    row = rows.next++;
  }
  moves.arrive(who, row, group.fleet->gateway->login);
}

void Worker::drop_sub_device(Device& device, const SubDevice& who) {
  const GatewayGroup& gateways = gateways_of(device);
  GatewayMoves& moves = device.gateway->moves();
  Newcomer* const newcomer = moves.find(who);
  const bool subscribed = newcomer == nullptr || newcomer->state >= Newcomer::State::subscribing;
  if (newcomer == nullptr) {
    if (!gateways.is_home(who, device.who().index) || moves.is_gone(who)) return;
    moves.leave(who);
  } else {
    newcomer->leaving = true;
  }
  const bool was_ready = newcomer == nullptr || newcomer->state == Newcomer::State::ready;
  if (was_ready && device.state == Device::State::ready) counters_.sub_devices_ready.subtract(1);
  const std::vector<wire::mqtt::Subscription> filters = gateways.filters_of(who);
  if (!subscribed || filters.empty() || device.state != Device::State::ready) {
    note_dropped(device, who);
    // Filters of it may have been granted already: the connection begins anew, without them.
    if (newcomer == nullptr && device.state == Device::State::subscribing) {
      device.begins_anew = true;
      give_up_gateway(device);
    }
    return;
  }
  std::vector<std::string> topics;
  for (const wire::mqtt::Subscription& filter : filters) topics.push_back(filter.filter);
  for (std::size_t first = 0; first < topics.size(); first += kFiltersMax) {
    const std::size_t count = std::min(kFiltersMax, topics.size() - first);
    device.endpoint->unsubscribe(std::span(topics).subspan(first, count), cookie_of(who, first));
  }
}

void Worker::note_dropped(Device& device, const SubDevice& who) {
  GatewayMoves& moves = device.gateway->moves();
  const Newcomer* newcomer = moves.find(who);
  if (newcomer != nullptr && newcomer->leaving) moves.forget(who);
  moves.note_left(who);
}

void Worker::device_unsubscribed(Device& device, std::uint64_t cookie) {
  if (!is_of_move(cookie) || !device.gateway) return;
  const SubDevice who = sub_device_of(cookie);
  const bool last = (cookie & 0xFF) + kFiltersMax >= gateways_of(device).filters_of(who).size();
  if (last) note_dropped(device, who);
}

void Worker::subscribe_newcomer(Device& device, const SubDevice& who) {
  const std::vector<wire::mqtt::Subscription> filters = gateways_of(device).filters_of(who);
  for (std::size_t first = 0; first < filters.size(); first += kFiltersMax) {
    const std::size_t count = std::min(kFiltersMax, filters.size() - first);
    device.endpoint->subscribe(std::span(filters).subspan(first, count), cookie_of(who, first));
  }
  Newcomer* const newcomer = device.gateway->moves().find(who);
  if (filters.empty() && newcomer != nullptr) newcomer_ready(device, *newcomer);
}

void Worker::newcomer_subscribed(Device& device, std::uint64_t cookie, std::span<const ReasonCode> granted) {
  const SubDevice who = sub_device_of(cookie);
  Newcomer* const newcomer = device.gateway->moves().find(who);
  if (newcomer == nullptr || newcomer->state != Newcomer::State::subscribing) return;
  const std::size_t first = cookie & 0xFF;
  for (std::size_t i = 0; i < granted.size(); ++i) {
    if (wire::mqtt::is_failure(granted[i])) {
      note_rejected(device, "was refused a topic of a sub-device that came to it", granted[i]);
      continue;
    }
    const Qos qos = wire::mqtt::granted_qos(granted[i]);
    ledger_.note_granted(recipient_of(device, *newcomer), first + i, qos);
    ++newcomer->granted;
  }
  if (newcomer->granted == gateways_of(device).filters_of(who).size()) newcomer_ready(device, *newcomer);
}

void Worker::newcomer_ready(Device& device, Newcomer& newcomer) {
  newcomer.state = Newcomer::State::ready;
  counters_.sub_devices_ready.add(1);
  if (std::exchange(newcomer.was_ready, true)) return;
  const std::size_t fleet_group = gateways_of(device).groups()[newcomer.who.group].fleet_group;
  for (std::size_t fault = handovers_.size(); fault-- > 0;) {
    const auto& handover = handovers_[fault];
    if (!handover || handover->fleet_group() != fleet_group || !handover->moves(newcomer.who.index)) continue;
    if (handover->gateway(newcomer.who.index) != device.who().index) continue;
    return faults_.note_arrived(fault, wire::read_clock());
  }
}

// Of a gateway that is ready, or was until now.
std::uint64_t Worker::sub_devices_of(Device& device) const {
  const GatewayMoves& moves = device.gateway->moves();
  return gateways_of(device).sub_devices(device.who().index) - moves.gone() + moves.ready();
}

void Worker::begin_handover(std::size_t fault) {
  boost::asio::post(loop_, [this, fault] {
    handovers_.resize(plan_.scenario.faults.size());
    handovers_[fault].emplace(plan_.scenario, fault);
    // One of them counts for all.
    if (index_ == 0) faults_.note_moving(fault, handovers_[fault]->moved());
  });
}

}  // namespace fleet::sim
