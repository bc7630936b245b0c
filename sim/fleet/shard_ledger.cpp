#include "sim/fleet/shard_ledger.h"

#include <algorithm>
#include <optional>

#include "wire/stamp.h"

namespace fleet::sim {

using wire::mqtt::Qos;

ShardLedger::ShardLedger(const Scenario& scenario, const std::vector<std::unique_ptr<GroupBooks>>& groups,
                         std::uint32_t run)
    : run_(run), groups_(scenario.fleet.size()), tallies_(groups.size()) {
  for (std::size_t i = 0; i < scenario.fleet.size(); ++i) groups_[i].subscriptions = scenario.fleet[i].subscribe.size();
  for (const auto& group : groups) {
    const CallGroup& calls = scenario.calls.at(group->index);
    const auto& subscriptions = scenario.fleet.at(group->fleet_group).subscribe;
    Route route;
    route.group = group.get();
    route.rank = groups_[group->fleet_group].call_groups++;
    const auto found = std::find_if(subscriptions.begin(), subscriptions.end(),
                                    [&calls](const TopicSubscription& s) { return s.topic == calls.topic; });
    route.subscribed = found != subscriptions.end();
    route.subscription = static_cast<std::size_t>(found - subscriptions.begin());
    route.qos = calls.qos;
    routes_.push_back(route);
  }
}

void ShardLedger::make_room(std::size_t fleet_group, std::uint32_t devices) {
  Group& group = groups_[fleet_group];
  group.newest.assign(group.call_groups * devices, 0);
  group.granted.assign(group.subscriptions * devices, Qos::at_most_once);
}

void ShardLedger::set_phases(const PhaseTimes& phases) {
  hold_begin_ = phases.hold_begin;
  hold_end_ = phases.hold_end;
  timeline_.start(phases.hold_begin);
}

void ShardLedger::note_granted(const Recipient& device, std::size_t subscription, Qos qos) {
  Group& group = groups_[device.fleet_group];
  group.granted[device.place * group.subscriptions + subscription] = qos;
}

void ShardLedger::note_stranger(std::uint64_t& count, wire::TimePoint received) const {
  if (received >= hold_begin_) ++count;
}

// Promised is the lower of the call's QoS and what the broker granted (MQTT 3.1.1 §3.8.4).
bool ShardLedger::is_downgraded(const Route& route, const Recipient& device, Qos arrived) const {
  if (arrived >= route.qos || !route.subscribed) return false;
  const Group& group = groups_[device.fleet_group];
  return arrived < group.granted[device.place * group.subscriptions + route.subscription];
}

void ShardLedger::receive(const Recipient& device, const wire::mqtt::Delivery& delivery, wire::TimePoint received) {
  if (ended_) return;
  wire::Stamp stamp;
  const wire::StampCheck check = wire::read_stamp(delivery.payload, stamp);
  if (check == wire::StampCheck::corrupt) return note_stranger(strangers_.corrupt, received);
  if (check == wire::StampCheck::foreign || stamp.run != run_ || stamp.call_group >= routes_.size()) {
    return note_stranger(strangers_.foreign, received);
  }

  deliveries_.add(1);
  const Route& route = routes_[stamp.call_group];
  Tally& tally = tallies_[stamp.call_group];
  const bool measured = stamp.due >= hold_begin_ && stamp.due < hold_end_;
  std::optional<std::uint32_t> position;
  if (route.group->fleet_group == device.fleet_group) position = route.group->pick.position(stamp.call, device.index);
  if (!position) {
    if (measured) ++tally.deliveries.misdelivered;
    return;
  }

  if (route.group->books.receive(stamp.call, *position, received, tally) != Receipt::received) return;
  first_copies_.add(1);
  Group& group = groups_[device.fleet_group];
  std::uint64_t& newest = group.newest[device.place * group.call_groups + route.rank];
  const bool overtaken = stamp.call + 1 < newest;
  newest = std::max(newest, stamp.call + 1);
  if (!measured) return;
  if (overtaken) ++tally.deliveries.out_of_order;
  if (is_downgraded(route, device, delivery.qos)) ++tally.deliveries.downgraded;
  timeline_.delivered(received, received - stamp.due);
}

}  // namespace fleet::sim
