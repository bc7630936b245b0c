// What the devices and consumers of one worker have received, delivery by delivery. No sockets: payloads in, counts
// out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "sim/fleet/counter.h"
#include "sim/ledger/balance.h"
#include "sim/ledger/group_books.h"
#include "sim/ledger/tally.h"
#include "sim/ledger/timeline.h"
#include "sim/scenario/scenario.h"
#include "wire/clock.h"
#include "wire/mqtt/endpoint.h"
#include "wire/stamp.h"

namespace fleet::sim {

// Who received: a device, or a consumer, as the ledger knows it.
struct Recipient {
  std::uint16_t fleet_group = 0;
  std::uint32_t index = 0;  // in its fleet group, over all workers
  std::uint32_t place = 0;  // in its fleet group, among those of this worker
};

// Owned by one worker; lives on its thread. receive() allocates nothing and takes no lock.
class ShardLedger {
 public:
  // `scenario` and `groups` outlive the ledger. `run`: the stamp's run id of this run.
  ShardLedger(const Scenario& scenario, const std::vector<std::unique_ptr<GroupBooks>>& groups, std::uint32_t run);

  // Before the first delivery, for every fleet group: how many of its devices are here.
  void make_room(std::size_t fleet_group, std::uint32_t devices);
  // Which deliveries count: those of calls due in the hold; strangers from its begin on. Until then none does.
  void set_phases(const PhaseTimes& phases);
  // What the broker has granted a device for the n-th subscription of its group.
  void note_granted(const Recipient& device, std::size_t subscription, wire::mqtt::Qos qos);

  // The drain is over: what comes from now on is nobody's.
  void end() { ended_ = true; }

  // One delivery, read from the clock at `received`.
  void receive(const Recipient& device, const wire::mqtt::Delivery& delivery, wire::TimePoint received);

  // Any thread: deliveries that carried a stamp of this run, warm-up included.
  [[nodiscard]] std::uint64_t deliveries() const { return deliveries_.read(); }
  // Any thread: first copies among them, for the devices that the call named.
  [[nodiscard]] std::uint64_t first_copies() const { return first_copies_.read(); }

  // At the end: what the consumers of a fleet group have had of calls due in the hold; nobody's of devices.
  [[nodiscard]] Balance balance(std::size_t fleet_group) const;
  [[nodiscard]] std::vector<Tally>& tallies() { return tallies_; }
  [[nodiscard]] const Deliveries& strangers() const { return strangers_; }
  [[nodiscard]] Timeline& timeline() { return timeline_; }

 private:
  // What a call group looks like from the receiving side.
  struct Route {
    GroupBooks* group = nullptr;
    std::size_t rank = 0;          // among the call groups with the same recipients
    std::size_t subscription = 0;  // of the fleet group, to the call group's topic
    bool subscribed = false;
    wire::mqtt::Qos qos = wire::mqtt::Qos::at_most_once;
    // Of messages: fleet groups by target, and the subscription of each to each topic (target × topics + topic).
    std::vector<std::size_t> targets;
    std::vector<std::size_t> subscriptions;
    std::size_t topics = 0;
  };
  // A delivery that reached whom it was meant for.
  struct Meant {
    std::uint32_t position = 0;    // in the call
    std::size_t subscription = 0;  // of the fleet group
    bool subscribed = false;
  };
  // Memory of the devices of one fleet group, one row a device.
  struct Group {
    std::size_t call_groups = 0;
    std::size_t subscriptions = 0;
    std::vector<std::uint64_t> newest;     // by call group: number of the newest call received + 1, 0: none
    std::vector<wire::mqtt::Qos> granted;  // by subscription
    std::vector<std::uint64_t> received;   // of consumers: one number each
    bool consumers = false;
  };

  void note_stranger(std::uint64_t& count, wire::TimePoint received) const;
  void add_messages(const Scenario& scenario, const CallGroup& calls, Route& route) const;
  [[nodiscard]] static std::optional<Meant> meant_for(const Route& route, const Recipient& who,
                                                      const wire::Stamp& stamp);
  [[nodiscard]] bool is_downgraded(const Route& route, const Meant& meant, const Recipient& who,
                                   wire::mqtt::Qos arrived) const;
  [[nodiscard]] bool note_order(const Route& route, const Recipient& who, std::uint64_t call);

  const std::uint32_t run_;
  std::vector<Route> routes_;  // by call group
  std::vector<Group> groups_;  // by fleet group
  std::vector<Tally> tallies_;
  Deliveries strangers_;
  Timeline timeline_;
  wire::TimePoint hold_begin_ = wire::TimePoint::max();
  wire::TimePoint hold_end_ = wire::TimePoint::max();
  bool ended_ = false;
  Counter deliveries_, first_copies_;
};

}  // namespace fleet::sim
