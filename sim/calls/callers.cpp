#include "sim/calls/callers.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "sim/calls/call_player.h"
#include "sim/fleet/counter.h"
#include "sim/fleet/loop_watch.h"
#include "sim/ledger/timeline.h"

namespace fleet::sim {

namespace {

using wire::TimePoint;

// Time-outs are seen to within this.
constexpr wire::Nanos kSweepEvery = std::chrono::milliseconds(50);

// A bridge that has not even refused our connections after this long is not there.
constexpr std::chrono::seconds kOpenFirstMax{5};
// More for the handshakes of https, each of which both ends have to reckon for.
constexpr std::chrono::milliseconds kHandshakeMax{10};
constexpr std::chrono::seconds kHandshakesMax{25};

}  // namespace

struct Callers::State {
  State(const Scenario& scenario_in, const std::vector<std::unique_ptr<GroupBooks>>& groups_in, FoundBridge bridge_in,
        std::uint32_t run_in)
      : scenario(scenario_in),
        groups(groups_in),
        bridge(std::move(bridge_in)),
        run(run_in),
        loop(1),
        watch(loop, [this](TimePoint now) { on_beat(now); }) {}

  void run_thread();
  void on_beat(TimePoint now);
  void end_thread();

  const Scenario& scenario;
  const std::vector<std::unique_ptr<GroupBooks>>& groups;
  const FoundBridge bridge;
  const std::uint32_t run;

  // The callers' thread only, while it runs.
  boost::asio::io_context loop;
  LoopWatch watch;
  Timeline timeline;
  std::vector<std::unique_ptr<CallPlayer>> players;
  TimePoint next_sweep{};
  std::optional<std::promise<std::optional<std::string>>> opened;  // fulfilled, then gone

  CallCounters counters;
  std::thread thread;
  std::optional<CallersOutcome> outcome;
};

// Every first connection has been opened or refused: a group without any is reported.
void Callers::State::on_beat(TimePoint now) {
  if (opened) {
    const bool settled = std::all_of(players.begin(), players.end(), [](const auto& p) { return p->first_settled(); });
    if (settled) {
      std::optional<std::string> unreachable;
      for (const auto& player : players) {
        if (!unreachable) unreachable = player->unreachable();
      }
      opened->set_value(std::move(unreachable));
      opened.reset();
    }
  }
  if (now < next_sweep) return;
  next_sweep = now + kSweepEvery;
  for (const auto& player : players) player->sweep(now);
}

void Callers::State::run_thread() {
  name_this_thread("callers");
  watch.start();
  const TimePoint now = wire::read_clock();
  for (const auto& player : players) player->open_first(now);
  loop.run();
}

Callers::Callers(const Scenario& scenario, const std::vector<std::unique_ptr<GroupBooks>>& groups, FoundBridge bridge,
                 std::uint32_t run)
    : state_(std::make_unique<State>(scenario, groups, std::move(bridge), run)) {}

Callers::~Callers() { stop(); }

wire::Result<void> Callers::open() {
  State& state = *state_;
  const std::string url = state.bridge.url.text();
  for (const auto& group : state.groups) {
    state.players.push_back(std::make_unique<CallPlayer>(state.loop, state.scenario, *group, state.bridge, state.run,
                                                         state.counters, state.timeline));
  }
  auto opened = state.opened.emplace().get_future();
  try {
    state.thread = std::thread([&state] { state.run_thread(); });
  } catch (const std::system_error& error) {
    return wire::environment_error(std::string("cannot start the callers' thread: ") + error.what());
  }
  wire::Nanos limit = kOpenFirstMax;
  if (state.bridge.tls) {
    std::size_t handshakes = 0;
    for (const auto& player : state.players) handshakes += player->first_connections();
    limit += std::min<wire::Nanos>(kHandshakeMax * static_cast<int>(handshakes), kHandshakesMax);
  }
  const bool known = opened.wait_for(limit) == std::future_status::ready;
  const std::optional<std::string> unreachable =
      known ? opened.get() : std::optional<std::string>("no answer to the connect");
  if (!unreachable) return {};
  stop();
  return wire::environment_error("the bridge cannot be reached: " + *unreachable, url);
}

void Callers::play(const PhaseTimes& phases) {
  State& state = *state_;
  boost::asio::post(state.loop, [&state, phases] {
    state.timeline.start(phases.hold_begin);
    state.watch.set_phases(phases);
    for (const auto& player : state.players) player->play(phases);
  });
}

CallersStatus Callers::status() const {
  const CallCounters& counters = state_->counters;
  CallersStatus status;
  // The end of the chain first: what is read later can only be larger, so that no part exceeds its whole.
  status.plan_done = counters.plans_done.read() == state_->groups.size();
  status.in_flight = counters.in_flight.read();
  status.failed = counters.failed.read();
  status.rejected = counters.rejected.read();
  status.accepted = counters.accepted.read();
  status.sent = counters.sent.read();
  status.scheduled = counters.scheduled.read();
  status.last_error = counters.last_error.read();
  return status;
}

void Callers::stop_sending() {
  State& state = *state_;
  if (!state.thread.joinable()) return;
  boost::asio::post(state.loop, [&state] {
    const TimePoint now = wire::read_clock();
    for (const auto& player : state.players) player->stop_sending(now);
    state.watch.end_hold();
  });
}

void Callers::State::end_thread() {
  if (!thread.joinable()) return;
  boost::asio::post(loop, [this] {
    const TimePoint now = wire::read_clock();
    for (const auto& player : players) {
      player->stop_sending(now);
      player->count_unanswered();
    }
    watch.stop();
    loop.stop();
  });
  thread.join();
}

CallersOutcome Callers::stop() {
  State& state = *state_;
  if (state.outcome) return *state.outcome;
  state.end_thread();
  CallersOutcome& outcome = state.outcome.emplace();
  for (const auto& player : state.players) {
    outcome.call_groups.push_back(std::move(player->tally()));
    outcome.waited += player->waited();
  }
  outcome.call_groups.resize(state.groups.size());
  outcome.cpu.push_back({"callers", std::chrono::duration<double, std::micro>(state.watch.hold_cpu()).count()});
  outcome.worst_hiccup = state.watch.worst_hiccup();
  outcome.untimed = state.timeline.dropped();
  outcome.timeline = state.timeline.take();
  state.players.clear();  // closes the connections
  return outcome;
}

}  // namespace fleet::sim
