// Plays the plan of one call group: which call leaves when and on which connection, and what became of it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/calls/bridge_answer.h"
#include "sim/calls/bridge_place.h"
#include "sim/calls/caller_connection.h"
#include "sim/calls/request.h"
#include "sim/fleet/counter.h"
#include "sim/fleet/loop_watch.h"
#include "sim/ledger/group_books.h"
#include "sim/ledger/tally.h"
#include "sim/ledger/timeline.h"
#include "sim/scenario/pacer.h"

namespace fleet::sim {

// What the coordinator reads while the run goes on; warm-up included, all call groups together.
struct CallCounters {
  Counter scheduled, sent, accepted, rejected, failed;
  Counter in_flight;   // due and without an end: waiting for a connection or for an answer
  Counter plans_done;  // call groups that send no further call
  NewestSentence last_error;
};

// Owned by the callers; lives on their loop.
//
// Open loop: a call that is due takes an idle connection. When none is idle it waits, first come first served, and its
// due time stays: for a connection that is opened for it, or, when connections_max are open, for the next idle one. A
// call whose connection cannot be opened has failed; so has one without an answer within the group's timeout.
// Waiting calls are numbers between next_call_ and come_due_, so that any number of them takes no memory.
//
// Closed loop: in_flight connections, each of which sends its next call when the one before is answered.
class CallPlayer final : private CallerEvents {
 public:
  // All references outlive the player.
  CallPlayer(boost::asio::io_context& loop, const Scenario& scenario, GroupBooks& group, const FoundBridge& bridge,
             std::uint32_t run, CallCounters& counters, Timeline& timeline);

  // How many connections the plan begins with: all of a closed loop, 8 of an open one.
  [[nodiscard]] std::size_t first_connections() const;
  // Opens those.
  void open_first(wire::TimePoint now);
  // Every attempt of open_first() has ended, well or badly.
  [[nodiscard]] bool first_settled() const { return opening_ == 0; }
  // Why none of them could be opened; none when at least one is open.
  [[nodiscard]] std::optional<std::string> unreachable() const;

  // After open_first(): plays the calls that are due in [start, hold_end). Measured are those due in the hold.
  void play(const PhaseTimes& phases);
  // Every 50 ms or so: time-outs, and a closed loop's lost connections.
  void sweep(wire::TimePoint now);
  // No further call leaves. Those that wait stay unsent.
  void stop_sending(wire::TimePoint now);
  // At the end: calls without an answer stay open in the books, and get "unanswered" as their error.
  void count_unanswered();

  [[nodiscard]] Tally& tally() { return tally_; }
  // Measured calls that found all connections_max connections busy.
  [[nodiscard]] std::uint64_t waited() const { return waited_; }

 private:
  void on_opened(CallerConnection& connection) override;
  void on_open_failed(CallerConnection& connection, std::string_view why) override;
  void on_answered(CallerConnection& connection, const AnswerReader& answer, wire::TimePoint when) override;
  void on_call_failed(CallerConnection& connection, std::string_view why) override;
  void on_idle_closed(CallerConnection& connection, std::string_view why) override;

  // Sends what can be sent now and arms the timer for what comes next.
  void pump();
  void pump_open_loop();
  void pump_closed_loop();
  void count_due(wire::TimePoint now);
  void count_waiting();
  void open_connections(std::uint64_t wanted, wire::TimePoint now);
  void add_connection(wire::TimePoint now);
  void open_again(CallerConnection& connection, wire::TimePoint now);
  void open_failed(std::string_view why);
  // The next call of a closed loop, which is due now.
  std::uint64_t take_call_of_loop(wire::TimePoint now);
  [[nodiscard]] CallerConnection* take_idle();
  void end_play();

  void prepare(std::uint64_t call, wire::TimePoint due);
  void prepare_ahead(wire::TimePoint now);
  void send(CallerConnection& connection, std::uint64_t call, wire::TimePoint due);
  void fail_unsent(std::uint64_t call, wire::TimePoint due, std::string_view why);
  [[nodiscard]] static bool is_plausible(const BridgeClock& clock, const SentCall& call, wire::TimePoint answered);
  void finish(const SentCall& call, const BridgeAnswer& answer, wire::TimePoint when, std::optional<BridgeClock> clock);
  void count_error(bool measured, std::string_view code);
  void count_refused(bool measured, const BridgeAnswer& answer);
  void wake_at(wire::TimePoint when);
  [[nodiscard]] bool is_measured(wire::TimePoint due) const;

  boost::asio::io_context& loop_;
  const Scenario& scenario_;
  const std::size_t call_group_;
  const CallGroup& group_;
  Books& books_;
  const FoundBridge& bridge_;
  CallCounters& counters_;
  Timeline& timeline_;
  Tally tally_;
  std::unique_ptr<RequestBuilder> builder_;
  PreparedRequest prepared_;
  std::optional<std::uint64_t> prepared_call_;

  PhaseTimes phases_;
  std::optional<Pacer> pacer_;   // open loop, from play() on
  wire::TimePoint next_due_{};   // of call come_due_
  std::uint64_t next_call_ = 0;  // the next to be sent
  std::uint64_t come_due_ = 0;   // the next that is not due yet
  std::uint64_t examined_ = 0;   // calls below have been looked at by count_waiting()
  bool playing_ = false;         // from play() until no further call will be sent
  bool plan_ended_ = false;      // nothing further comes due
  std::uint64_t waited_ = 0;

  LoopTimer timer_;
  std::optional<wire::TimePoint> armed_for_;
  std::vector<std::unique_ptr<CallerConnection>> connections_;
  std::vector<CallerConnection*> idle_;  // the one used last at the back
  std::size_t connections_max_;
  std::size_t opening_ = 0;
  std::string open_error_;  // of the newest attempt that failed
};

}  // namespace fleet::sim
