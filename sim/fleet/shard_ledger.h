// What the devices and consumers of one worker have received, delivery by delivery. No sockets: payloads in, counts
// out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "sim/fleet/counter.h"
#include "sim/ledger/balance.h"
#include "sim/ledger/behaviour_record.h"
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

// Why a device cannot be reached for a while, on purpose.
enum class Interruption : std::uint8_t {
  absence,       // it left, and comes back
  takeover,      // its identity connects elsewhere
  silence,       // the broker has ended the connection of a device that did not ping
  unsubscribed,  // it is connected, and has unsubscribed
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

  // The drain is over: what comes from now on is nobody's. Settles every interruption.
  void end();

  // --- devices that cannot be reached for a while, on purpose; of groups whose behaviour interrupts:
  // --- shard_interruptions.cpp
  // It begins now. `due_back`: of an absence. What the device is owed meanwhile waits for it where the broker keeps its
  // session, and will be written off where it does not, or where it has unsubscribed.
  void interrupt(const Recipient& device, Interruption why, wire::TimePoint now, wire::TimePoint due_back);
  [[nodiscard]] wire::TimePoint due_back(const Recipient& device) const;
  // It is connected again: with the session that the broker had kept, or without.
  void return_connected(const Recipient& device, wire::TimePoint now, bool session_present);
  // It can be reached again. settle() follows when what was on its way is here, or has been lost.
  void return_ready(const Recipient& device, wire::TimePoint now);
  // Writes off what was lost by the interruption of a device that was ready at `ready`, unless another one has begun.
  void settle(const Recipient& device, wire::TimePoint ready);
  // Once a second: what was called before the last two is no more on its way to anybody.
  void note_second();

  // One delivery, read from the clock at `received`.
  void receive(const Recipient& device, const wire::mqtt::Delivery& delivery, wire::TimePoint received);

  [[nodiscard]] bool is_in_hold(wire::TimePoint when) const { return when >= hold_begin_ && when < hold_end_; }

  // Any thread: deliveries that carried a stamp of this run, warm-up included.
  [[nodiscard]] std::uint64_t deliveries() const { return deliveries_.read(); }
  // Any thread: first copies among them, for the devices that the call named.
  [[nodiscard]] std::uint64_t first_copies() const { return first_copies_.read(); }

  // At the end: what the consumers of a fleet group have had of calls due in the hold; nobody's of devices.
  [[nodiscard]] Balance balance(std::size_t fleet_group) const;
  // Null where the group's devices do not leave.
  [[nodiscard]] AbsenceRecord* absences(std::size_t fleet_group) { return groups_[fleet_group].absence_record.get(); }
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
    std::uint64_t opened_now = 0, opened_before = 0;  // calls, at the last two ticks of note_second()
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
  // The newest interruption of a device. It lies far in the future before the first.
  struct Interrupted {
    wire::TimePoint begin = wire::TimePoint::max();
    wire::TimePoint due_back{};
    wire::TimePoint connected = wire::TimePoint::max();  // again; until then what comes had waited
    wire::TimePoint ready{};                             // again; epoch: not yet
    wire::TimePoint caught_up{};                         // newest delivery of the backlog; epoch: none
    std::uint32_t index = 0;                             // of the device in its fleet group
    Interruption why = Interruption::absence;
    bool open = false;  // until it is settled
    bool session_lost = false;
  };
  // Calls that an interruption concerns: those from `first` on, below `end` once it is over.
  struct CallRange {
    std::uint64_t first = 0, end = 0;
  };
  // Memory of the devices of one fleet group, one row a device.
  struct Group {
    std::size_t call_groups = 0;
    std::size_t subscriptions = 0;
    std::vector<std::uint64_t> newest;     // by call group: number of the newest call received + 1, 0: none
    std::vector<wire::mqtt::Qos> granted;  // by subscription
    std::vector<wire::mqtt::Qos> asked;    // by subscription; of all devices
    std::vector<std::uint64_t> received;   // of consumers: one number each
    std::string will_suffix;               // how the topics of the devices' own wills end; empty: they leave none
    bool consumers = false;
    bool keeps_session = false;
    std::unique_ptr<AbsenceRecord> absence_record;  // where the group's behaviour leaves
    // Where it interrupts:
    bool interrupts = false;
    std::vector<Interrupted> interrupted;
    std::vector<CallRange> concerned;  // by call group
  };

  // What carries no stamp of this run.
  void note_foreign(const Recipient& device, const wire::mqtt::Delivery& delivery, wire::TimePoint received);
  void note_stranger(std::uint64_t& count, wire::TimePoint received) const;
  void add_messages(const Scenario& scenario, const CallGroup& calls, Route& route) const;
  [[nodiscard]] static std::optional<Meant> meant_for(const Route& route, const Recipient& who,
                                                      const wire::Stamp& stamp);
  [[nodiscard]] bool is_downgraded(const Route& route, const Meant& meant, const Recipient& who,
                                   wire::mqtt::Qos arrived) const;
  // True where what this call sends at QoS 1 or 2 waits at the broker for devices of its group that are away.
  [[nodiscard]] bool waits_at_broker(const Route& route) const;
  void settle(const Recipient& device, Interrupted& interrupted);
  void write_off(const Recipient& device, const Route& route, const CallRange& calls, Excuse why);
  static void note_backlog(Group& group, const Recipient& device, wire::TimePoint due, wire::TimePoint received);
  static void note_caught_up(Group& group, Interrupted& absence);
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
