#include "sim/run/run.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/ledger/health.h"
#include "sim/provision/provision.h"
#include "sim/run/context.h"
#include "sim/run/fault_player.h"
#include "sim/run/out_directory.h"
#include "sim/run/progress.h"
#include "sim/run/ramp_outcome.h"
#include "sim/run/record.h"
#include "sim/run/signals.h"
#include "sim/run/stage.h"
#include "sim/scenario/plan.h"

namespace fleet::sim {

namespace {

using wire::Nanos;
using wire::read_clock;
using wire::TimePoint;

constexpr Nanos kTick = std::chrono::milliseconds(100);
// The first call is due this long after fleet and callers are ready: time to tell all threads.
constexpr Nanos kLeadIn = std::chrono::milliseconds(100);
// Further copies of a message follow the first closely; the drain listens this long for them before it ends early.
constexpr Nanos kListenForCopies = std::chrono::milliseconds(250);
// Beyond what the ramp needs by itself.
constexpr Nanos kConnectSlack = std::chrono::seconds(30);

// Plays the phases of one run on the coordinator's thread.
class Conductor final : private ProvisionWatch {
 public:
  Conductor(const Scenario& scenario, Stage& stage, Progress& progress)
      : scenario_(scenario), stage_(stage), progress_(progress), faults_(scenario, stage, progress) {}

  // Identities and topology that have to come through the API.
  wire::Result<void> prepare() { return provision(scenario_, stage_.found_bridge, *stage_.identities, *this); }
  wire::Result<void> connect();
  wire::Result<void> play();
  RunEdges& edges() { return edges_; }

 private:
  wire::Result<void> wait(TimePoint until) override;
  void progress(const std::string& what, std::uint64_t done, std::uint64_t all) override {
    progress_.provisioning(what, done, all, read_clock());
  }
  [[nodiscard]] Nanos ramp_allowance() const;
  [[nodiscard]] bool all_settled() const;
  // Connections that a proxy has cut have all been replaced.
  [[nodiscard]] bool nobody_away() const;
  void wait_until(TimePoint until, const char* phase, TimePoint begin, TimePoint end);
  void drain();
  void note_interrupt();
  void note_ended_children();
  void read_clocks();
  // Plays what is due of the faults; when to look again, `latest` at the latest.
  TimePoint play_faults(TimePoint now, TimePoint latest);
  EdgeSample sample() const;

  const Scenario& scenario_;
  Stage& stage_;
  Progress& progress_;
  FaultPlayer faults_;
  PhaseTimes phases_;
  RunEdges edges_;
  ClockJumpMeter clocks_;  // until the hold is over
};

wire::Result<void> Conductor::wait(TimePoint until) {
  switch (wait_for_signal(until)) {
    case Wake::interrupt:
      return wire::environment_error("interrupted before anybody connected");
    case Wake::child_ended:
      note_ended_children();
      if (!edges_.child_ends.empty()) return wire::environment_error(edges_.child_ends.front());
      break;
    case Wake::time:
      break;
  }
  return {};
}

Nanos Conductor::ramp_allowance() const {
  if (scenario_.phases.ready_within) return *scenario_.phases.ready_within;
  Nanos longest{0};
  for (const FleetGroup& group : scenario_.fleet) {
    if (!group.connects()) continue;
    const auto ramp = std::chrono::duration<double>(group.count / group.connect.per_second);
    longest = std::max(longest, std::chrono::duration_cast<Nanos>(ramp) + Nanos(group.connect.timeout));
  }
  return longest + kConnectSlack;
}

wire::Result<void> Conductor::connect() {
  if (auto started = stage_.fleet->start(); !started) return started;
  const TimePoint deadline = read_clock() + ramp_allowance();
  for (;;) {
    const FleetStatus status = stage_.fleet->status();
    const TimePoint now = read_clock();
    progress_.connecting(status, now);
    if (is_ramp_over(status)) {
      if (status.kept_out() > 0) progress_.say(kept_out_text(status));
      return {};
    }
    note_ended_children();
    if (!edges_.child_ends.empty()) return wire::environment_error(edges_.child_ends.front());
    const FleetFailures failures = stage_.fleet->failures();
    if (const auto why = why_hopeless(status, failures)) return wire::environment_error(*why);
    if (now >= deadline && status.ready > 0) {
      edges_.late = late_devices(status);
      edges_.late_why = late_text(status, failures, ramp_allowance());
      progress_.say(edges_.late_why);
      return {};
    }
    if (now >= deadline) {
      const std::string counts = failures_text(failures);
      return wire::environment_error(
          fmt::format("none of {} devices was ready after {:g} s, {} were connected{}{}{}", status.devices,
                      std::chrono::duration<double>(ramp_allowance()).count(), status.connected,
                      counts.empty() ? "" : "; failed so far: ", counts,
                      status.last_error.empty() ? "" : "; last failure: " + status.last_error));
    }
    if (wait_for_signal(std::min(deadline, now + kTick)) == Wake::interrupt) {
      return wire::environment_error(
          fmt::format("interrupted while connecting: {} of {} devices were ready", status.ready, status.devices));
    }
  }
}

wire::Result<void> Conductor::play() {
  if (auto opened = stage_.callers->open(); !opened) return opened;
  phases_.start = read_clock() + kLeadIn;
  phases_.hold_begin = phases_.start + scenario_.phases.warm_up;
  phases_.hold_end = phases_.hold_begin + scenario_.phases.hold;
  phases_.drain_end = phases_.hold_end + scenario_.phases.drain;
  stage_.fleet->set_phases(phases_);
  for (const auto& proxy : stage_.proxies) proxy->set_phases(phases_);
  stage_.callers->play(phases_);
  edges_.phases = phases_;
  faults_.arm(phases_.hold_begin);

  wait_until(phases_.hold_begin, "warm-up", phases_.start, phases_.hold_begin);
  edges_.begin = edges_.end = sample();
  if (!edges_.interrupted) {
    wait_until(phases_.hold_end, "hold", phases_.hold_begin, phases_.hold_end);
    edges_.end = sample();
  }
  drain();
  edges_.faults = faults_.times();
  const std::vector<std::string>& problems = faults_.problems();
  edges_.child_ends.insert(edges_.child_ends.end(), problems.begin(), problems.end());
  return {};
}

TimePoint Conductor::play_faults(TimePoint now, TimePoint latest) {
  const std::optional<TimePoint> next = faults_.turn(now);
  return next ? std::min(*next, latest) : latest;
}

void Conductor::wait_until(TimePoint until, const char* phase, TimePoint begin, TimePoint end) {
  while (!edges_.interrupted) {
    read_clocks();
    const TimePoint now = read_clock();
    if (now >= until) return;
    progress_.calling(phase, std::max(now - begin, Nanos{0}), end - begin, stage_.callers->status(),
                      stage_.fleet->status(), now);
    const Wake wake = wait_for_signal(play_faults(now, std::min(until, now + kTick)));
    if (wake == Wake::interrupt) note_interrupt();
    if (wake == Wake::child_ended) note_ended_children();
  }
}

// No further calls; waits for what is owed and for those whom a fault has cost their connection, and ends early when
// all are there.
void Conductor::drain() {
  const TimePoint begin = read_clock();
  const TimePoint end = begin + scenario_.phases.drain;
  TimePoint settled_at{};
  bool settled = false;
  for (;;) {
    const TimePoint now = read_clock();
    const CallersStatus callers = stage_.callers->status();
    if (now >= end) return;
    const FleetStatus fleet = stage_.fleet->status();
    const bool all = callers.plan_done && callers.in_flight == 0 && all_settled() && fleet.telemetry_open == 0 &&
                     fleet.unsettled == 0 && faults_.is_quiet() && fleet.away_by_fault == 0 && nobody_away();
    if (all && !settled) settled_at = now;
    settled = all;
    if (settled && now - settled_at >= kListenForCopies) return;
    progress_.calling("drain", now - begin, end - begin, callers, fleet, now);
    const Wake wake = wait_for_signal(play_faults(now, std::min(end, now + kTick / 4)));
    if (wake == Wake::child_ended) note_ended_children();
    if (wake == Wake::interrupt) {
      if (edges_.interrupted) return;  // the second one
      note_interrupt();
    }
  }
}

bool Conductor::nobody_away() const {
  return std::all_of(stage_.proxies.begin(), stage_.proxies.end(),
                     [](const auto& proxy) { return proxy->away() == 0; });
}

bool Conductor::all_settled() const {
  return std::all_of(stage_.groups.begin(), stage_.groups.end(),
                     [](const auto& group) { return group->books.open_calls() == 0; });
}

void Conductor::note_interrupt() {
  edges_.interrupted = true;
  edges_.interrupted_at = read_clock();
  stage_.callers->stop_sending();
  stage_.fleet->end_hold();
  for (const auto& proxy : stage_.proxies) proxy->end_hold();
  faults_.cut_short();
  progress_.say("interrupted: waiting for what is in flight; once more to stop at once");
}

void Conductor::note_ended_children() {
  const auto note = [this](Child* child) {
    if (child == nullptr) return;
    const std::optional<std::string> sentence = child->ended();
    if (!sentence) return;
    if (std::find(edges_.child_ends.begin(), edges_.child_ends.end(), *sentence) != edges_.child_ends.end()) return;
    edges_.child_ends.push_back(*sentence);
    progress_.say(*sentence);
  };
  note(stage_.broker ? stage_.broker->child.get() : nullptr);
  note(stage_.bridge ? stage_.bridge->child.get() : nullptr);
}

void Conductor::read_clocks() {
  const TimePoint before = read_clock();
  const Nanos time_of_day = std::chrono::system_clock::now().time_since_epoch();
  clocks_.read(before, time_of_day, read_clock());
}

EdgeSample Conductor::sample() const {
  EdgeSample sample;
  sample.when = read_clock();
  sample.callers = stage_.callers->status();
  sample.fleet = stage_.fleet->status();
  sample.clock_jumps = clocks_.jumps();
  sample.own = own_use();
  if (stage_.broker) sample.broker = stage_.broker->child->use();
  if (stage_.bridge) sample.bridge = stage_.bridge->child->use();
  return sample;
}

}  // namespace

wire::Result<RunRecord> run_scenario(const Scenario& scenario, const RunOptions& options) {
  block_signals();
  if (auto fits = check_limits(make_plan(scenario)); !fits) return tl::unexpected(fits.error());
  const auto claim = OutDirectory::claim(options.out_directory);
  if (!claim) return tl::unexpected(claim.error());
  RunContext context = describe_context(scenario);
  auto stage = set_stage(scenario, options.out_directory);
  if (!stage) return tl::unexpected(stage.error());

  Progress progress(options.terminal);
  Conductor conductor(scenario, **stage, progress);
  if (auto prepared = conductor.prepare(); !prepared) return tl::unexpected(prepared.error());
  if (auto connected = conductor.connect(); !connected) return tl::unexpected(connected.error());
  if (auto played = conductor.play(); !played) return tl::unexpected(played.error());
  return make_record(scenario, **stage, conductor.edges(), std::move(context));
}

}  // namespace fleet::sim
