#include "sim/fleet/shard_ledger.h"

#include <algorithm>
#include <string>
#include <utility>

#include "wire/error.h"

namespace fleet::sim {

using wire::mqtt::Qos;

namespace {

// Place of a topic among subscriptions, their number where it is not there.
std::size_t subscription_to(const std::string& topic, const std::vector<TopicSubscription>& subscriptions) {
  const auto found = std::find_if(subscriptions.begin(), subscriptions.end(),
                                  [&topic](const TopicSubscription& s) { return s.topic == topic; });
  return static_cast<std::size_t>(found - subscriptions.begin());
}

}  // namespace

ShardLedger::ShardLedger(const Scenario& scenario, const std::vector<std::unique_ptr<GroupBooks>>& groups,
                         std::uint32_t run)
    : run_(run), groups_(scenario.fleet.size()), tallies_(groups.size()) {
  for (std::size_t i = 0; i < scenario.fleet.size(); ++i) {
    groups_[i].subscriptions = scenario.fleet[i].subscribe.size();
    groups_[i].consumers = scenario.fleet[i].kind == FleetKind::consumer;
    if (const auto& will = scenario.fleet[i].behaviour.will) groups_[i].will_suffix = "/user/" + will->topic;
    groups_[i].keeps_session = !scenario.fleet[i].connect.clean_start;
    groups_[i].interrupts = scenario.fleet[i].behaviour.interrupts();
    if (scenario.fleet[i].behaviour.leaves()) groups_[i].absence_record = std::make_unique<AbsenceRecord>();
    for (const TopicSubscription& row : scenario.fleet[i].subscribe) groups_[i].asked.push_back(row.qos);
  }
  for (const auto& group : groups) {
    const CallGroup& calls = scenario.calls.at(group->index);
    Route route;
    route.group = group.get();
    route.qos = calls.qos;
    if (group->deal) {
      add_messages(scenario, calls, route);
      tallies_[group->index].targets.resize(calls.targets.size() > 1 ? calls.targets.size() : 0);
    } else {
      const auto& subscriptions = scenario.fleet.at(group->fleet_group).subscribe;
      route.rank = groups_[group->fleet_group].call_groups++;
      route.subscription = subscription_to(calls.topic, subscriptions);
      route.subscribed = route.subscription < subscriptions.size();
    }
    routes_.push_back(std::move(route));
  }
  if (scenario.faults.empty()) return;
  for (Tally& tally : tallies_) tally.losses.keep();
}

void ShardLedger::add_messages(const Scenario& scenario, const CallGroup& calls, Route& route) const {
  route.targets = calls.targets;
  route.topics = calls.topics.size();
  for (const std::size_t target : calls.targets) {
    for (const std::string& topic : calls.topics) {
      route.subscriptions.push_back(subscription_to(topic, scenario.fleet.at(target).subscribe));
      FLEET_CHECK(route.subscriptions.back() < groups_[target].subscriptions);
    }
  }
}

void ShardLedger::make_room(std::size_t fleet_group, std::uint32_t devices) {
  Group& group = groups_[fleet_group];
  group.newest.assign(group.call_groups * devices, 0);
  group.granted.assign(group.subscriptions * devices, Qos::at_most_once);
  if (group.consumers) group.received.assign(devices, 0);
  if (!group.interrupts) return;
  group.interrupted.assign(devices, {});
  group.concerned.assign(group.call_groups * devices, {});
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

void ShardLedger::note_foreign(const Recipient& device, const wire::mqtt::Delivery& delivery,
                               wire::TimePoint received) {
  const std::string& will = groups_[device.fleet_group].will_suffix;
  if (!will.empty() && delivery.topic.ends_with(will)) return note_stranger(strangers_.wills, received);
  note_stranger(delivery.retain ? strangers_.retained : strangers_.foreign, received);
}

Balance ShardLedger::balance(std::size_t fleet_group) const {
  Balance balance;
  for (const std::uint64_t received : groups_[fleet_group].received) balance.add_member(received);
  return balance;
}

// None where the call did not name this device, or aimed this message at another group of consumers. Whichever of its
// consumers gets a message is the right one.
std::optional<ShardLedger::Meant> ShardLedger::meant_for(const Route& route, const Recipient& who,
                                                         const wire::Stamp& stamp) {
  if (!route.group->deal) {
    if (route.group->fleet_group != who.fleet_group) return std::nullopt;
    const auto position = route.group->pick->position(stamp.call, who.index);
    if (!position) return std::nullopt;
    return Meant{*position, route.subscription, route.subscribed};
  }
  const MessageDeal& deal = *route.group->deal;
  if (stamp.position >= deal.batch()) return std::nullopt;
  const std::uint32_t target = deal.target(stamp.call, stamp.position);
  if (route.targets[target] != who.fleet_group) return std::nullopt;
  const std::size_t row = target * route.topics + deal.topic(stamp.call, stamp.position);
  return Meant{stamp.position, route.subscriptions[row], true};
}

// Promised is the lower of the call's QoS and what the broker granted (MQTT 3.1.1 §3.8.4).
bool ShardLedger::is_downgraded(const Route& route, const Meant& meant, const Recipient& who, Qos arrived) const {
  if (arrived >= route.qos || !meant.subscribed) return false;
  const Group& group = groups_[who.fleet_group];
  return arrived < group.granted[who.place * group.subscriptions + meant.subscription];
}

// True where a later call has overtaken this one. Consumers share their messages in no promised order.
bool ShardLedger::note_order(const Route& route, const Recipient& who, std::uint64_t call) {
  if (route.group->deal) return false;
  Group& group = groups_[who.fleet_group];
  std::uint64_t& newest = group.newest[who.place * group.call_groups + route.rank];
  const bool overtaken = call + 1 < newest;
  newest = std::max(newest, call + 1);
  return overtaken;
}

void ShardLedger::receive(const Recipient& device, const wire::mqtt::Delivery& delivery, wire::TimePoint received) {
  if (ended_) return;
  wire::Stamp stamp;
  const wire::StampCheck check = wire::read_stamp(delivery.payload, stamp);
  if (check == wire::StampCheck::corrupt) return note_stranger(strangers_.corrupt, received);
  if (check == wire::StampCheck::foreign || stamp.run != run_ || stamp.call_group >= routes_.size()) {
    return note_foreign(device, delivery, received);
  }
  if (delivery.retain) return note_stranger(strangers_.retained, received);

  deliveries_.add(1);
  const Route& route = routes_[stamp.call_group];
  const Books& books = route.group->books;
  Tally& tally = tallies_[stamp.call_group];
  const bool measured = stamp.due >= hold_begin_ && stamp.due < hold_end_;
  const std::optional<Meant> meant = meant_for(route, device, stamp);
  if (!meant) {
    if (measured) books.count(&Deliveries::misdelivered, stamp.call, stamp.position, tally);
    return;
  }

  if (route.group->books.receive(stamp.call, meant->position, received, tally) != Receipt::received) return;
  first_copies_.add(1);
  const bool overtaken = note_order(route, device, stamp.call);
  if (!measured) return;
  if (overtaken) ++tally.deliveries.out_of_order;
  if (is_downgraded(route, *meant, device, delivery.qos)) {
    books.count(&Deliveries::downgraded, stamp.call, meant->position, tally);
  }
  Group& group = groups_[device.fleet_group];
  if (group.consumers) ++group.received[device.place];
  if (group.absence_record) note_backlog(group, device, stamp.due, received);
  timeline_.delivered(received, received - stamp.due);
}

}  // namespace fleet::sim
