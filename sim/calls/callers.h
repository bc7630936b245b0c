// Makes the calls of all call groups on a thread of its own: due times from the plan, connections opened on demand,
// requests signed as a real caller signs them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/calls/bridge_place.h"
#include "sim/ledger/cost.h"
#include "sim/ledger/group_books.h"
#include "sim/ledger/tally.h"
#include "sim/ledger/timeline.h"
#include "sim/scenario/scenario.h"
#include "wire/error.h"

namespace fleet::sim {

struct CallersStatus {
  std::uint64_t scheduled = 0, sent = 0, accepted = 0, rejected = 0, failed = 0;  // warm-up included
  std::uint64_t in_flight = 0;
  bool plan_done = false;  // no further call will be sent
  std::string last_error;  // newest rejection or failure, may be empty
};

struct CallersOutcome {
  std::vector<Tally> call_groups;     // by index
  std::vector<ThreadCpu> cpu;         // hold only
  wire::Nanos worst_hiccup{};         // hold only
  std::vector<SecondSlice> timeline;  // calls answered, by second
  std::uint64_t untimed = 0;          // answers that came when the timeline was full, and are in no second of it
  std::uint64_t waited = 0;           // measured calls that found every connection busy and had to wait
};

// Owned by the coordinator's thread.
class Callers {
 public:
  // `scenario` and `groups` outlive it. `bridge`: where the API is. `run` goes into the stamps.
  Callers(const Scenario& scenario, const std::vector<std::unique_ptr<GroupBooks>>& groups, FoundBridge bridge,
          std::uint32_t run);
  ~Callers();

  // Opens the first connections; waits until each of them stands or has failed. Errors (environment): none stands.
  [[nodiscard]] wire::Result<void> open();
  // Plays the plan. Once, after open().
  void play(const PhaseTimes& phases);
  [[nodiscard]] CallersStatus status() const;
  // Ends the plan now (Ctrl-C), and a hold that is not over: calls in flight may still be answered.
  void stop_sending();
  // Joins the thread; unanswered calls stay open in the books.
  CallersOutcome stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fleet::sim
