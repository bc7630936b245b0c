// Plays the hand-overs of the timetable through the API: BatchAddThingTopo, on a thread that may wait.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>

#include "sim/calls/bridge_place.h"
#include "sim/provision/watch.h"
#include "sim/scenario/identities.h"
#include "sim/scenario/scenario.h"

namespace fleet::sim {

// Owned by the stage; its verbs are the coordinator's. One hand-over at a time.
class Handovers final : private ProvisionWatch {
 public:
  // All outlive it.
  Handovers(const Scenario& scenario, const Identities& identities, const FoundBridge& bridge)
      : scenario_(scenario), identities_(identities), bridge_(bridge) {}
  ~Handovers() { cut_short(); }
  Handovers(const Handovers&) = delete;
  Handovers& operator=(const Handovers&) = delete;

  // Once the one before is_done(). Errors: environment, when no thread can be made.
  [[nodiscard]] wire::Result<void> begin(std::size_t fault);
  // Every call of it has been answered, or it was given up.
  [[nodiscard]] bool is_done() const { return done_.load(std::memory_order_acquire); }
  // Once it is done: a sentence; empty: all sub-devices were moved.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  // Gives up what is under way.
  void cut_short();

 private:
  wire::Result<void> wait(wire::TimePoint until) override;
  void progress(const std::string&, std::uint64_t, std::uint64_t) override {}
  [[nodiscard]] wire::Result<void> play(std::size_t fault);

  const Scenario& scenario_;
  const Identities& identities_;
  const FoundBridge& bridge_;
  std::thread thread_;
  std::atomic<bool> done_{true};
  std::string problem_;  // written before done_
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
};

}  // namespace fleet::sim
