// Plays the scenario's timetable of faults: on the children that the run has started, and on the fleet's connections.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "sim/run/progress.h"
#include "sim/run/stage.h"
#include "sim/scenario/scenario.h"
#include "wire/clock.h"

namespace fleet::sim {

// When a fault was there; none of it: not yet, or never.
struct FaultTimes {
  std::optional<wire::TimePoint> begin;
  std::optional<wire::TimePoint> end;  // its program goes on or is ready again; a cut: begin
};

// Owned by the conductor, on the thread that starts children. Never waits: the conductor calls turn() again.
class FaultPlayer {
 public:
  // All outlive the player.
  FaultPlayer(const Scenario& scenario, Stage& stage, Progress& progress)
      : scenario_(scenario), stage_(stage), progress_(progress), faults_(scenario.faults.size()) {}

  // Once, when it is known when the hold begins.
  void arm(wire::TimePoint hold_begin) { hold_begin_ = hold_begin; }
  // Does what is due. Returns when there will be something to do, which may be in the past for "soon"; none: never.
  [[nodiscard]] std::optional<wire::TimePoint> turn(wire::TimePoint now);
  // No further fault begins; the lengths of those under way are over.
  void cut_short() { cut_short_ = true; }
  // Nothing is under way.
  [[nodiscard]] bool is_quiet() const;

  [[nodiscard]] std::vector<FaultTimes> times() const;
  // What did not go as the timetable has it; sentences.
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

 private:
  enum class Step : std::uint8_t {
    waiting,   // for its time
    lasting,   // begun: stopped, ended, or about to end
    starting,  // its program has been started again and is not ready yet
    over,
  };
  struct Played {
    Step step = Step::waiting;
    FaultTimes times;
  };

  [[nodiscard]] Child* target(const Fault& fault) const;
  [[nodiscard]] bool has_turn(std::size_t fault) const;
  void advance(std::size_t fault, wire::TimePoint now);
  void begin(std::size_t fault, wire::TimePoint now);
  void end_length(std::size_t fault, wire::TimePoint now);
  void finish(std::size_t fault, wire::TimePoint now);
  void give_up(std::size_t fault, const std::string& why);
  [[nodiscard]] std::optional<wire::TimePoint> next_look(std::size_t fault, wire::TimePoint now) const;

  const Scenario& scenario_;
  Stage& stage_;
  Progress& progress_;
  wire::TimePoint hold_begin_{};
  std::vector<Played> faults_;
  std::optional<wire::TimePoint> pass_at_;  // when lost connections are no longer the newest fault's
  std::vector<std::string> problems_;
  bool cut_short_ = false;
};

}  // namespace fleet::sim
