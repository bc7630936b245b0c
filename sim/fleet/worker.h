// One worker of the fleet: a thread, a loop, and every device whose global index modulo the number of workers is its
// own.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "sim/fleet/counter.h"
#include "sim/fleet/device.h"
#include "sim/fleet/fleet_plan.h"
#include "sim/fleet/loop_watch.h"
#include "sim/fleet/ramp.h"
#include "sim/fleet/shard_ledger.h"
#include "sim/ledger/histogram.h"
#include "wire/clock.h"
#include "wire/error.h"
#include "wire/mqtt/connection_context.h"

namespace fleet::sim {

// Written by the worker's thread, read by the coordinator's.
struct WorkerCounters {
  Counter ready;              // now
  Counter connected;          // now
  Counter connect_failed;     // attempts that ended before the last SUBACK
  Counter reconnects;         // connections that made a device ready again
  Counter subscribe_refused;  // subscriptions
  Counter login_refused;      // attempts that the broker will never accept
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
  // Begins to disconnect every device; join() waits for the end, 3 s at most.
  void begin_stop();
  void join();

  [[nodiscard]] const WorkerCounters& counters() const { return counters_; }
  [[nodiscard]] std::uint64_t deliveries() const { return ledger_.deliveries(); }
  [[nodiscard]] std::uint64_t first_copies() const { return ledger_.first_copies(); }

  // After join().
  [[nodiscard]] ShardLedger& ledger() { return ledger_; }
  [[nodiscard]] const LoopWatch& watch() const { return watch_; }
  [[nodiscard]] const Histogram& connect_times() const { return connect_times_; }
  [[nodiscard]] wire::TimePoint last_ready() const { return last_ready_; }  // of those that became ready

  // For its devices, on its thread.
  void device_connected(Device& device);
  void device_subscribed(Device& device, std::uint64_t first_filter, std::span<const wire::mqtt::ReasonCode> granted);
  void device_received(const Device& device, const wire::mqtt::Delivery& delivery) {
    const wire::TimePoint received = wire::read_clock();
    if (!phases_known_) learn_phases();
    ledger_.receive(device.who(), delivery, received);
  }
  void device_disconnected(Device& device, const wire::mqtt::Disconnect& why);

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
  void become_ready(Device& device);
  void complain(const Device& device, std::string_view what, std::string_view detail);

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
  [[nodiscard]] std::string filter_of(const Device& device, const std::string& topic) const;

  FleetPlan& plan_;
  const std::uint32_t index_;
  WorkerCounters counters_;

  boost::asio::io_context loop_;
  wire::mqtt::ConnectionContext context_;
  LoopWatch watch_;
  LoopTimer ramp_timer_, stop_timer_;
  ShardLedger ledger_;
  Ramp ramp_;
  Histogram connect_times_;
  wire::TimePoint last_ready_{};
  std::vector<Device> devices_;     // by slot
  std::size_t next_visit_ = 0;      // slot, of the sweep
  std::uint32_t handshakes_ = 0;    // under way here
  std::uint64_t busy_devices_ = 0;  // not away
  bool phases_known_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace fleet::sim
