// A proxy of the simulator between two programs of a run: what passes it can be delayed, slowed down, cut and lost.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "sim/fleet/fault_watch.h"
#include "sim/ledger/group_books.h"
#include "sim/proxy/proxy_loop.h"
#include "sim/scenario/scenario.h"
#include "wire/clock.h"
#include "wire/error.h"
#include "wire/url.h"

namespace fleet::sim {

struct ProxyOutcome {
  double cpu_us = 0;  // of its thread over the hold
  wire::Nanos worst_hiccup{};
  std::vector<FaultOutcome> faults;  // by fault of the scenario; only what nobody else counts
};

// Owned by the stage; all its verbs are the coordinator's. A thread of its own, and no more than 64 MB under way.
class Proxy {
 public:
  // `scenario` outlives it.
  Proxy(const Scenario& scenario, Between between) : between_(between), loop_(scenario, between) {}
  ~Proxy();

  // Listens on a free port of 127.0.0.1 and passes everything on to `broker`. Errors: environment.
  [[nodiscard]] wire::Result<void> start(const wire::Url& broker);
  // Where to connect in the broker's place.
  [[nodiscard]] const wire::Url& url() const { return url_; }
  [[nodiscard]] Between between() const { return between_; }

  void set_phases(const PhaseTimes& phases);
  void end_hold();
  // A fault of the scenario that is of this link. end() does nothing for one that was a moment.
  void begin(std::size_t fault, wire::TimePoint when);
  void end(std::size_t fault);
  [[nodiscard]] std::uint64_t away() const { return loop_.away(); }
  // At the end of the run: the measuring is over; bytes go on passing until the proxy is destroyed.
  [[nodiscard]] ProxyOutcome finish();

 private:
  const Between between_;
  ProxyLoop loop_;
  wire::Url url_;
  std::thread thread_;
};

}  // namespace fleet::sim
