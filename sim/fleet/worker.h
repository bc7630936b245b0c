// One worker of the fleet: a thread, a loop, and every device whose global index modulo the number of workers is its
// own.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "sim/fleet/counter.h"
#include "sim/fleet/device.h"
#include "sim/fleet/errands.h"
#include "sim/fleet/fault_watch.h"
#include "sim/fleet/fleet_plan.h"
#include "sim/fleet/loop_watch.h"
#include "sim/fleet/message_pool.h"
#include "sim/fleet/ramp.h"
#include "sim/fleet/replies.h"
#include "sim/fleet/shard_ledger.h"
#include "sim/fleet/telemetry.h"
#include "sim/ledger/handover_plan.h"
#include "sim/ledger/histogram.h"
#include "sim/ledger/pick.h"
#include "wire/clock.h"
#include "wire/error.h"
#include "wire/mqtt/connection_context.h"

namespace fleet::sim {

// The platform takes at most 8 filters in a SUBSCRIBE or an UNSUBSCRIBE.
inline constexpr std::size_t kFiltersMax = 8;

// The sweep has visited every endpoint after so many beats: 400 ms, where twice a second is promised.
inline constexpr std::size_t kBeatsARound = 40;
inline constexpr wire::Nanos kVisitEvery = LoopWatch::kBeat * kBeatsARound;

// Under `fleet.connect.errors`: no broker's reason, but the platform's.
inline constexpr const char* kSubDevicesRefused = "sub-devices refused";

// Written by the worker's thread, read by the coordinator's.
struct WorkerCounters {
  Counter ready;               // now
  Counter connected;           // now
  Counter connect_failed;      // attempts that ended before the last SUBACK, or in a refusal of sub-devices
  Counter reconnects;          // connections that made a device ready again
  Counter subscribe_lowered;   // subscriptions granted at a lower QoS than asked for
  Counter subscribe_refused;   // subscriptions
  Counter login_refused;       // devices that the broker will never accept
  Counter half_subscribed;     // devices, now: connected, and refused a subscription or, as a gateway, a sub-device
  Counter handshake_refused;   // attempts that ended for a certificate, or because the broker speaks something else
  Counter gateway_refused;     // gateways, now: of half_subscribed, those that the platform refused sub-devices
  Counter sub_devices_ready;   // now: those of gateways that are ready
  Counter sub_devices_kicked;  // messages of /ext/error
  Counter newcomers_refused;   // sub-devices that came to a gateway and that the platform refused there
  Counter telemetry_open;      // messages under way, and replies that are not due yet, now
  Counter unsettled;           // devices that were interrupted on purpose, now, until what they were owed is settled
};

// Owned by the fleet. Made, started and stopped on the coordinator's thread; everything else happens on its own.
class Worker {
 public:
  // `plan` outlives the worker.
  Worker(FleetPlan& plan, std::uint32_t index);
  ~Worker();

  // Errors: environment, when the thread cannot be made.
  [[nodiscard]] wire::Result<void> start();
  // FleetPlan::phases has been set.
  void announce_phases();
  // A hold that is not over ends now.
  void end_hold();
  // Cuts the connections that a fault of the scenario means, of devices that are ready.
  void cut(std::size_t fault);
  // From now on sub-devices arrive that this hand-over of the scenario has moved.
  void begin_handover(std::size_t fault);
  // Begins to disconnect every device; join() waits for the end, 3 s at most.
  void begin_stop();
  void join();

  [[nodiscard]] const WorkerCounters& counters() const { return counters_; }
  [[nodiscard]] std::uint64_t away_by_fault() const { return faults_.away(); }
  [[nodiscard]] std::uint64_t deliveries() const { return ledger_.deliveries(); }
  [[nodiscard]] std::uint64_t first_copies() const { return ledger_.first_copies(); }

  // After join().
  [[nodiscard]] ShardLedger& ledger() { return ledger_; }
  [[nodiscard]] const std::vector<FaultOutcome>& fault_outcomes() const { return faults_.outcomes(); }
  [[nodiscard]] const LoopWatch& watch() const { return watch_; }
  [[nodiscard]] const Histogram& connect_times() const { return connect_times_; }
  [[nodiscard]] const TelemetryRecord& telemetry() const { return telemetry_; }
  // By fleet group.
  [[nodiscard]] BehaviourRecord behaviour(std::size_t fleet_group);
  [[nodiscard]] wire::TimePoint last_ready() const { return last_ready_; }  // of those that became ready

  // For its devices, on its thread.
  void device_connected(Device& device, bool session_present);
  void device_subscribed(Device& device, std::uint64_t first_filter, std::span<const wire::mqtt::ReasonCode> granted);
  void device_received(Device& device, const wire::mqtt::Delivery& delivery) {
    const wire::TimePoint received = wire::read_clock();
    if (!phases_known_) learn_phases();
    if (device.gateway) return gateway_received(device, delivery, received);
    ledger_.receive(device.who(), delivery, received);
    if (replies_here_) owe_replies(device, delivery.topic, received);
  }
  void device_unsubscribed(Device& device, std::uint64_t cookie);
  void device_published(std::uint64_t cookie, wire::mqtt::ReasonCode worst);
  void device_disconnected(Device& device, const wire::mqtt::Disconnect& why);
  // Of the endpoint that is not the device's now: worker_takeovers.cpp.
  void second_connected(Device& device, bool session_present);
  void other_disconnected(Device& device, const wire::mqtt::Disconnect& why);

 private:
  void run_thread();
  void make_devices();
  void on_beat(wire::TimePoint now);
  void learn_phases();

  // Starts every connect that is due and allowed, and arms the timer for the next.
  void pump_ramp();
  void wake_ramp_at(wire::TimePoint when);
  void connect(Device& device, wire::TimePoint now);
  void make_endpoint(Device& device);
  [[nodiscard]] std::unique_ptr<wire::mqtt::Endpoint> new_endpoint(const Device& device,
                                                                   wire::mqtt::EndpointEvents& events);
  // Filters first .. end - 1 of a device, or of a gateway and its sub-devices.
  void subscribe(Device& device, std::uint32_t first, std::uint32_t end);
  [[nodiscard]] std::uint32_t filters_of(const Device& device) const;
  // Of them, without those of sub-devices that have moved away.
  [[nodiscard]] std::uint32_t filters_wanted(const Device& device) const;
  void note_granted(Device& device, std::uint32_t filter, wire::mqtt::Qos qos);
  void note_rejected(const Device& device, std::string_view what, wire::mqtt::ReasonCode reason);
  void leave_gate(Device& device);
  // Where everything is answered and every sub-device logged in.
  void check_ready(Device& device);
  void become_ready(Device& device);
  void cut_from(std::size_t fault, const PickPlan& pick, std::size_t first_slot);
  // With back-off, where it is to come back at all.
  void try_again_later(Device& device);
  // The broker will never accept it: it stays away.
  void keep_out(Device& device);
  // Trying again does not change why a connection that was not ready has ended.
  [[nodiscard]] static bool is_final(const wire::mqtt::Disconnect& why);
  [[nodiscard]] static bool has_given_up(const Device& device) {
    return device.gateway && !device.gateway->failure().empty();
  }
  // A gateway of which the platform refuses sub-devices: half subscribed.
  void stay_without_sub_devices(Device& device);
  // Connected, and not all of its subscriptions are granted: nobody waits for it.
  void stay_half_subscribed(Device& device);
  void note_failed_attempt(const Device& device, const wire::mqtt::Disconnect& why);
  void note_lost(const wire::mqtt::Disconnect& why);
  void complain(const Device& device, std::string_view what, std::string_view detail);

  // --- gateways: worker_gateways.cpp
  void make_sub_device_room();
  void gateway_received(Device& device, const wire::mqtt::Delivery& delivery, wire::TimePoint received);
  // Does what the gateway's session asks for.
  void drive_gateway(Device& device);
  void note_refused_newcomers(Device& device);
  // Ends a connection whose sub-devices cannot be brought up.
  void give_up_gateway(Device& device);
  [[nodiscard]] const GatewayGroup& gateways_of(const Device& device) const {
    return *plan_.gateways[device.who().fleet_group];
  }
  [[nodiscard]] Recipient recipient_of(const Device& gateway, const SubDevice& sub_device) const;
  [[nodiscard]] std::string filter_text(const Device& device, std::uint32_t filter) const;
  [[nodiscard]] wire::mqtt::Qos qos_wanted(const Device& device, std::uint32_t filter) const;

  // --- what devices do by themselves: worker_errands.cpp
  void make_errands();
  // Begins what is due, a beat's worth, and settles the interruptions that are over.
  void pump_errands(wire::TimePoint now);
  void do_errand(Device& device, const Errand& errand, wire::TimePoint now);
  void interrupt(Device& device, Interruption why, wire::TimePoint now, wire::TimePoint due_back);
  void note_returned(Device& device, wire::TimePoint now);
  void give_up_return(Device& device);
  void unsubscribe(Device& device, wire::TimePoint now, wire::TimePoint again);
  void subscribe_again(wire::TimePoint now);
  void end_silence(Device& device, wire::TimePoint now);

  // Lets a device that reads slowly read what it may until the next visit.
  void pace_reading(Device& device, wire::TimePoint now);

  // --- replies: worker_replies.cpp
  void make_replies();
  void owe_replies(const Device& device, std::string_view topic, wire::TimePoint received);
  void wake_replies_at(wire::TimePoint when);
  // Sends every reply that is due, and arms the timer for the next.
  void pump_replies();
  void send_reply(const ReplySchedule::Due& reply, wire::TimePoint now);

  // --- takeovers: worker_takeovers.cpp
  void take_over(Device& device, wire::TimePoint now);
  // The broker has ended the first connection.
  void note_displaced(Device& device, const wire::mqtt::Disconnect& why);

  // --- sub-devices that move: worker_moves.cpp
  [[nodiscard]] static bool is_of_move(std::uint64_t cookie);
  [[nodiscard]] Recipient recipient_of(const Device& gateway, const GatewayMoves::Newcomer& newcomer) const;
  // Where something has moved: who has what came for the sub-device; none: nobody here.
  [[nodiscard]] std::optional<Recipient> moved_recipient(Device& gateway, const SubDevice& who);
  // What the platform told a gateway by itself.
  void follow_platform(Device& device, std::string_view topic, std::string_view payload);
  void receive_sub_device(Device& device, const SubDevice& who);
  void drop_sub_device(Device& device, const SubDevice& who);
  void note_dropped(Device& device, const SubDevice& who);
  void subscribe_newcomer(Device& device, const SubDevice& who);
  void newcomer_subscribed(Device& device, std::uint64_t cookie, std::span<const wire::mqtt::ReasonCode> granted);
  void newcomer_ready(Device& device, GatewayMoves::Newcomer& newcomer);
  [[nodiscard]] std::uint64_t sub_devices_of(Device& device) const;

  // --- telemetry: worker_telemetry.cpp
  void make_telemetry();
  // Sends every message that is due, and arms the timer for the next.
  void pump_telemetry();
  void wake_telemetry_at(wire::TimePoint when);
  // What was due in the hold and has not left by now is scheduled, and never sent: the worker did not keep up.
  void count_overdue_telemetry();
  void send_telemetry(const TelemetrySchedule::Turn& turn);
  // Fills in the topic and the QoS of a message; the device's name as the topic has it, until that changes.
  [[nodiscard]] std::string_view address(MessagePool::Message& message, std::size_t fleet_group,
                                         const NameTemplate& names, std::uint32_t index, const std::string& short_name,
                                         wire::mqtt::Qos qos) const;
  // Who sends for a device of a fleet group, a sub-device's gateway among them.
  [[nodiscard]] Device& sender_of(std::size_t fleet_group, std::uint32_t index);

  void disconnect_all();
  void check_stopped();
  void finish();

  [[nodiscard]] const FleetGroup& group_of(const Device& device) const {
    return plan_.scenario.fleet[device.who().fleet_group];
  }
  [[nodiscard]] const Product& product_of(const Device& device) const {
    return plan_.scenario.products[group_of(device).product];
  }
  [[nodiscard]] std::string name_of(const Device& device) const;
  [[nodiscard]] wire::mqtt::Login login_of(const Device& device) const;
  [[nodiscard]] wire::mqtt::LastWill will_of(const Device& device, const WillMessage& will,
                                             const std::string& name) const;
  [[nodiscard]] std::string filter_of(const Device& device, const std::string& topic) const;
  [[nodiscard]] std::uint32_t slot_of(const Device& device) const {
    return static_cast<std::uint32_t>(&device - devices_.data());
  }

  FleetPlan& plan_;
  const std::uint32_t index_;
  WorkerCounters counters_;

  boost::asio::io_context loop_;
  wire::mqtt::ConnectionContext context_;
  LoopWatch watch_;
  LoopTimer ramp_timer_, stop_timer_, telemetry_timer_, reply_timer_;
  ShardLedger ledger_;
  Ramp ramp_;
  FaultWatch faults_;
  std::vector<std::optional<HandoverPlan>> handovers_;  // by fault, of those that have begun
  // Of the ledger, for guests of a fleet group: in the order of their coming.
  struct GuestRows {
    std::uint32_t next = 0, end = 0;
  };
  std::vector<GuestRows> guest_rows_;  // by fleet group
  Histogram connect_times_;
  wire::TimePoint last_ready_{};
  TelemetrySchedule schedule_;
  MessagePool messages_;
  TelemetryRecord telemetry_;
  std::vector<NameTemplate> names_;  // by row of telemetry
  ReplySchedule replies_;
  std::vector<ReplySchedule::Range> reply_rows_;  // by fleet group
  std::vector<NameTemplate> reply_names_;         // by row of replies
  std::vector<Device> devices_;                   // by slot
  Errands errands_;
  std::vector<BehaviourRecord> behaviour_;  // by fleet group, without absences, which the ledger counts
  // Devices that can be reached again and whose interruption is not settled yet.
  struct Return {
    wire::TimePoint ready{};
    std::uint32_t slot = 0;
  };
  std::deque<Return> returns_;
  struct Resubscription {
    wire::TimePoint when{};
    std::uint32_t slot = 0;
    static bool is_later(const Resubscription& a, const Resubscription& b) { return a.when > b.when; }
  };
  std::vector<Resubscription> resubscribes_;  // a heap, the earliest in front
  wire::TimePoint next_second_{};             // of the ledger, where there are errands
  // The devices of each fleet group that connect: slot of the first, its index in the group, and how many are here.
  struct Shard {
    std::uint32_t first_slot = 0, first_index = 0, devices = 0;
  };
  std::vector<Shard> shards_;
  std::size_t next_visit_ = 0;      // slot, of the sweep
  std::uint32_t handshakes_ = 0;    // under way here
  std::uint64_t busy_devices_ = 0;  // not away
  const bool replies_here_;
  bool phases_known_ = false;
  bool hold_ended_ = false;  // before its time
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace fleet::sim
