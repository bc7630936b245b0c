// The parts of the benchmark: each asks one question, runs product and bare pair in turn, and adds its figures.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench/limit/figures.h"
#include "bench/limit/runs.h"
#include "wire/error.h"

namespace fleet::bench {

// Owned by main, used from one thread.
struct Bench {
  Paths paths;
  int repeats = 3;
  std::chrono::seconds hold{5};
  std::function<void(const std::string&)> say;  // progress, a line each
  std::vector<Figure> figures;
  std::vector<std::string> notes;  // what a reader must know: runs that were not a pass
};

struct Part {
  std::string_view name;  // of its flag
  std::string_view question;
  wire::Result<void> (*run)(Bench& bench);
};

// In the order in which they run.
const std::vector<Part>& parts();

// Turns in a repeat where rates are compared: they move most from run to run.
inline constexpr int kTurns = 3;

// Of all repeats: metric path -> one value a repeat.
using Samples = std::map<std::string, std::vector<double>>;

// Runs the product once and adds these metrics to `into`; a verdict other than pass becomes a note.
[[nodiscard]] wire::Result<void> sample_product(Bench& bench, Samples& into, const std::string& name,
                                                const std::string& scenario, std::vector<std::string> sets,
                                                const std::vector<std::string>& metrics);

// Runs the bare pair once and adds "bare.connect_s", "bare.deliveries_per_s", "bare.receiver_cpu_us",
// "bare.broker_cpu_us", "bare.p50_us" and "bare.p99_us" to `into`; lost deliveries become a note.
[[nodiscard]] wire::Result<void> sample_bare(Bench& bench, Samples& into, const std::string& name,
                                             const std::string& scenario, const BareLoad& load);

// Both sides of one comparison. The other one goes first each time, so that a machine that speeds up or slows down
// favours neither.
[[nodiscard]] wire::Result<void> run_both(int turn, const std::function<wire::Result<void>()>& product,
                                          const std::function<wire::Result<void>()>& beside);

// The fleet's own questions, in a file of their own.
wire::Result<void> run_identities(Bench& bench);
wire::Result<void> run_gateways(Bench& bench);
wire::Result<void> run_plan(Bench& bench);

// The API's.
wire::Result<void> run_tmc(Bench& bench);
wire::Result<void> run_million(Bench& bench);
wire::Result<void> run_core(Bench& bench);

// Paho's.
wire::Result<void> run_paho(Bench& bench);

// TLS handshakes of the fleet's engine.
wire::Result<void> run_tls(Bench& bench);

// The parts that start the bridge themselves, in files of their own: one watches its memory, one puts slow callers
// beside the honest ones.
wire::Result<void> run_memory(Bench& bench);
// Highest resident memory of the bridge in memory.yaml above what it had when it was ready, in MiB; `publisher` is
// native or paho.
[[nodiscard]] wire::Result<double> peak_above_idle(Bench& bench, const std::string& name, bool stop_broker,
                                                   const std::string& publisher = "native");
wire::Result<void> run_hostile(Bench& bench);

}  // namespace fleet::bench
