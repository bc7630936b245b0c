// What a run says while it goes on, on standard error.
#pragma once

#include <string>

#include "sim/calls/callers.h"
#include "sim/fleet/fleet.h"
#include "wire/clock.h"

namespace fleet::sim {

// On a terminal one line that is written over; otherwise a line at most every 5 s, and one for each phase.
class Progress {
 public:
  explicit Progress(bool terminal) : terminal_(terminal) {}
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // "registering sensors": `done` of `all`.
  void provisioning(const std::string& what, std::uint64_t done, std::uint64_t all, wire::TimePoint now);
  void connecting(const FleetStatus& fleet, wire::TimePoint now);
  // `phase`: "warm-up", "hold", "drain"; `elapsed` of `length` of it.
  void calling(const char* phase, wire::Nanos elapsed, wire::Nanos length, const CallersStatus& callers,
               const FleetStatus& fleet, wire::TimePoint now);
  // A sentence that stays: a child ended, Ctrl-C.
  void say(const std::string& sentence);

 private:
  void show(const std::string& phase, const std::string& line, wire::TimePoint now);

  bool terminal_;
  bool line_open_ = false;
  std::string phase_;
  wire::TimePoint next_{};
};

}  // namespace fleet::sim
