#include "sim/calls/call_player.h"

#include <algorithm>
#include <utility>

#include "sim/calls/tmc_answer.h"
#include "sim/calls/tmc_request.h"
#include "wire/error.h"
#include "wire/stamp.h"

namespace fleet::sim {

namespace {

using wire::Nanos;
using wire::TimePoint;

// Open before the first call of an open loop is due: enough for 8 answers outstanding, so that a calm bridge never
// costs a call the time of a handshake.
constexpr std::size_t kFirstConnections = 8;

// Handshakes of one call group at once; well below the listen backlog of a server with the usual 100 to 128.
constexpr std::size_t kOpeningMax = 32;

// A request is built this long before it is due, where the call before it leaves so much time: late enough that the
// fan-out of the call before does not share the processors with it, early enough for 256 KB.
constexpr Nanos kPrepareAhead = std::chrono::milliseconds(5);

// A connection that a peer closes sooner than this after it was opened is not opened again until a call needs it.
constexpr Nanos kWorthReopening = std::chrono::seconds(1);

// Distinct codes that a tally keeps; a peer that invents a new one for each call fills no memory.
constexpr std::size_t kErrorCodesMax = 64;

std::unique_ptr<RequestBuilder> make_builder(const Scenario& scenario, const GroupBooks& group, const Url& bridge,
                                             std::uint32_t run) {
  if (group.deal) return std::make_unique<TmcRequestBuilder>(scenario, group.index, *group.deal, bridge, run);
  FLEET_CHECK(group.pick.has_value());
  return make_request_builder(scenario, group.index, *group.pick, bridge, run);
}

void count_code(std::map<std::string, std::uint64_t>& codes, std::string_view code) {
  auto found = codes.find(std::string(code));
  if (found == codes.end()) {
    const bool room = codes.size() < kErrorCodesMax;
    found = codes.emplace(room ? std::string(code) : std::string("other"), 0).first;
  }
  ++found->second;
}

}  // namespace

CallPlayer::CallPlayer(boost::asio::io_context& loop, const Scenario& scenario, GroupBooks& group,
                       const FoundBridge& bridge, std::uint32_t run, CallCounters& counters, Timeline& timeline)
    : loop_(loop),
      scenario_(scenario),
      call_group_(group.index),
      group_(scenario.calls.at(group.index)),
      books_(group.books),
      bridge_(bridge),
      counters_(counters),
      timeline_(timeline),
      builder_(make_builder(scenario, group, bridge.url, run)),
      timer_(loop),
      connections_max_(std::max(group_.closed_loop ? group_.in_flight : group_.connections_max, 1u)) {
  if (group_.targets.size() > 1) tally_.targets.resize(group_.targets.size());
  if (!scenario.faults.empty()) tally_.losses.keep();
}

bool CallPlayer::is_measured(TimePoint due) const { return due >= phases_.hold_begin && due < phases_.hold_end; }

// --- connections ----------------------------------------------------------------------------------------------------

std::size_t CallPlayer::first_connections() const {
  return group_.closed_loop ? connections_max_ : std::min(kFirstConnections, connections_max_);
}

void CallPlayer::open_first(TimePoint now) {
  for (std::size_t i = 0; i < first_connections(); ++i) add_connection(now);
}

std::optional<std::string> CallPlayer::unreachable() const {
  if (!idle_.empty()) return std::nullopt;
  return open_error_.empty() ? "no answer to the connect" : open_error_;
}

void CallPlayer::add_connection(TimePoint now) {
  CallerEvents& events = *this;
  connections_.push_back(std::make_unique<CallerConnection>(loop_, events, bridge_.tls.get()));
  open_again(*connections_.back(), now);
}

void CallPlayer::open_again(CallerConnection& connection, TimePoint now) {
  ++opening_;
  connection.open(bridge_.peer, now);
}

// Opens connections until `wanted` attempts are under way or a bound is reached.
void CallPlayer::open_connections(std::uint64_t wanted, TimePoint now) {
  const auto target = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, kOpeningMax));
  for (std::size_t i = 0; opening_ < target && i < connections_.size(); ++i) {
    if (connections_[i]->state() == CallerConnection::State::closed) open_again(*connections_[i], now);
  }
  while (opening_ < target && connections_.size() < connections_max_) {
    add_connection(now);
  }
}

CallerConnection* CallPlayer::take_idle() {
  if (idle_.empty()) return nullptr;
  CallerConnection* connection = idle_.back();
  idle_.pop_back();
  return connection;
}

void CallPlayer::on_opened(CallerConnection& connection) {
  --opening_;
  idle_.push_back(&connection);
  pump();
}

void CallPlayer::on_open_failed(CallerConnection& /*connection*/, std::string_view why) {
  --opening_;
  open_failed(why);
}

void CallPlayer::open_failed(std::string_view why) {
  open_error_ = why;
  counters_.last_error.write(open_error_);
  if (group_.closed_loop) {
    // The attempt was for the loop's next call; sweep() makes another one.
    const TimePoint now = wire::read_clock();
    if (playing_ && !plan_ended_ && now >= phases_.start && now < phases_.hold_end) {
      fail_unsent(take_call_of_loop(now), now, why);
    }
    return;
  }
  // The attempt was for the call that has waited longest.
  if (next_call_ < come_due_) {
    const std::uint64_t call = next_call_++;
    fail_unsent(call, pacer_->due(call), why);
    pump();
  }
}

void CallPlayer::on_idle_closed(CallerConnection& connection, std::string_view why) {
  std::erase(idle_, &connection);
  if (!playing_ && next_call_ == 0) open_error_ = why.empty() ? "it closes connections before a call is made" : why;
  const TimePoint now = wire::read_clock();
  if (!plan_ended_ && now - connection.since() >= kWorthReopening) open_again(connection, now);
}

// --- the plan -------------------------------------------------------------------------------------------------------

void CallPlayer::play(const PhaseTimes& phases) {
  phases_ = phases;
  playing_ = true;
  if (group_.closed_loop) {
    next_due_ = phases.start;
  } else {
    pacer_.emplace(scenario_, call_group_, phases.start);
    next_due_ = pacer_->due(0);
  }
  pump();
}

void CallPlayer::pump() {
  if (!playing_) return;
  if (group_.closed_loop) {
    pump_closed_loop();
  } else {
    pump_open_loop();
  }
  if (plan_ended_ && next_call_ == come_due_) end_play();
}

void CallPlayer::end_play() {
  playing_ = false;
  counters_.plans_done.add(1);
}

void CallPlayer::pump_open_loop() {
  TimePoint now = wire::read_clock();
  count_due(now);
  while (next_call_ < come_due_) {
    CallerConnection* connection = take_idle();
    if (connection == nullptr) {
      open_connections(come_due_ - next_call_, now);
      break;
    }
    const std::uint64_t call = next_call_++;
    send(*connection, call, pacer_->due(call));
    now = wire::read_clock();
    count_due(now);
  }
  count_waiting();
  if (plan_ended_) return;
  prepare_ahead(now);
  const bool prepared = prepared_call_ == come_due_ || next_call_ != come_due_;
  wake_at(prepared ? next_due_ : next_due_ - kPrepareAhead);
}

void CallPlayer::count_due(TimePoint now) {
  while (!plan_ended_) {
    if (next_due_ >= phases_.hold_end) {
      plan_ended_ = true;
      return;
    }
    if (next_due_ > now) return;
    ++come_due_;
    counters_.scheduled.add(1);
    counters_.in_flight.add(1);
    if (is_measured(next_due_)) ++tally_.calls.scheduled;
    next_due_ = pacer_->due(come_due_);
  }
}

// Of the calls that came due since the last time, those that no connection is on its way for, as all are open.
void CallPlayer::count_waiting() {
  const bool all_open = connections_.size() == connections_max_;
  const std::uint64_t first = all_open ? std::max(examined_, next_call_ + opening_) : come_due_;
  for (std::uint64_t call = first; call < come_due_; ++call) {
    if (is_measured(pacer_->due(call))) ++waited_;
  }
  examined_ = come_due_;
}

void CallPlayer::pump_closed_loop() {
  while (!plan_ended_) {
    const TimePoint now = wire::read_clock();
    if (now >= phases_.hold_end) {
      plan_ended_ = true;
      return;
    }
    if (now < next_due_) {  // before the start
      wake_at(next_due_);
      return;
    }
    CallerConnection* connection = take_idle();
    if (connection == nullptr) return;
    send(*connection, take_call_of_loop(now), now);
  }
}

std::uint64_t CallPlayer::take_call_of_loop(TimePoint now) {
  counters_.scheduled.add(1);
  counters_.in_flight.add(1);
  if (is_measured(now)) ++tally_.calls.scheduled;
  come_due_ = ++next_call_;
  return next_call_ - 1;
}

void CallPlayer::wake_at(TimePoint when) {
  if (armed_for_ == when) return;
  armed_for_ = when;
  timer_.expires_at(when);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    armed_for_.reset();
    pump();
  });
}

void CallPlayer::stop_sending(TimePoint now) {
  if (!playing_) return;
  if (pacer_) count_due(now);
  plan_ended_ = true;
  counters_.in_flight.subtract(come_due_ - next_call_);
  next_call_ = come_due_;
  timer_.cancel();
  end_play();
}

// --- one call -------------------------------------------------------------------------------------------------------

void CallPlayer::prepare(std::uint64_t call, TimePoint due) {
  builder_->build(call, due, wire::read_wall_clock(), prepared_);
  prepared_call_ = call;
}

// Builds the next request while there is time, so that at its due time only a write is left to do.
void CallPlayer::prepare_ahead(TimePoint now) {
  if (next_call_ != come_due_ || prepared_call_ == come_due_) return;
  if (next_due_ - now <= kPrepareAhead) prepare(come_due_, next_due_);
}

void CallPlayer::send(CallerConnection& connection, std::uint64_t call, TimePoint due) {
  const bool measured = is_measured(due);
  books_.open(call, due, measured, tally_);
  if (prepared_call_ != call) prepare(call, due);
  prepared_call_.reset();
  const TimePoint written = wire::read_clock();
  books_.written(call, written);
  connection.send(prepared_, {call, written, measured});
  counters_.sent.add(1);
  if (!measured) return;
  ++tally_.calls.sent;
  tally_.times.send_lag.record(written - due);
}

// A call for which no connection could be opened counts as sent and failed: its caller tried, and got nothing.
void CallPlayer::fail_unsent(std::uint64_t call, TimePoint due, std::string_view why) {
  const TimePoint now = wire::read_clock();
  const bool measured = is_measured(due);
  if (prepared_call_ == call) prepared_call_.reset();
  books_.open(call, due, measured, tally_);
  counters_.sent.add(1);
  if (measured) ++tally_.calls.sent;
  finish({call, now, measured}, {CallResult::failed, std::string(why)}, now, std::nullopt);
}

void CallPlayer::on_answered(CallerConnection& connection, const AnswerReader& answer, TimePoint when) {
  const BridgeAnswer judged = group_.targets.empty() ? judge_answer(answer.status(), answer.body())
                                                     : judge_tmc_answer(answer.status(), answer.body(), group_.batch);
  auto clock = read_bridge_clock(answer.server_timing(), wire::boot_hash());
  const SentCall call = connection.call();
  if (clock && !is_plausible(*clock, call, when)) clock.reset();
  if (connection.state() == CallerConnection::State::idle) {
    idle_.push_back(&connection);
  } else if (!plan_ended_) {
    open_again(connection, when);
  }
  finish(call, judged, when, clock);
  pump();
}

// What the bridge says of a clock that is ours lies between our two readings of it. Where it does not, the clock is
// another one for all that (a time namespace), and its readings cannot be subtracted from ours.
bool CallPlayer::is_plausible(const BridgeClock& clock, const SentCall& call, TimePoint answered) {
  return call.written <= clock.received && clock.received <= clock.published && clock.published <= answered;
}

void CallPlayer::on_call_failed(CallerConnection& connection, std::string_view why) {
  const TimePoint now = wire::read_clock();
  if (!plan_ended_) open_again(connection, now);
  finish(connection.call(), {CallResult::failed, std::string(why)}, now, std::nullopt);
  pump();
}

void CallPlayer::finish(const SentCall& call, const BridgeAnswer& answer, TimePoint when,
                        std::optional<BridgeClock> clock) {
  counters_.in_flight.subtract(1);
  const CallResult result = answer.result;
  const bool in_books = books_.answered(call.number, result, clock, tally_, answer.refused);
  if (result == CallResult::accepted && in_books) {
    counters_.accepted.add(1);
    if (call.measured) tally_.times.http.record(when - call.written);
    if (!answer.refused.empty()) count_refused(call.measured, answer);
  } else if (result == CallResult::accepted) {
    // The books' window has moved over the call and has counted it as failed.
    counters_.failed.add(1);
    count_error(call.measured, "answered too late");
  } else {
    (result == CallResult::rejected ? counters_.rejected : counters_.failed).add(1);
    count_error(call.measured, answer.code);
  }
  if (call.measured && result != CallResult::failed) timeline_.answered(when);
}

void CallPlayer::count_error(bool measured, std::string_view code) {
  counters_.last_error.write(std::string(code));
  if (measured) count_code(tally_.calls.errors, code);
}

void CallPlayer::count_refused(bool measured, const BridgeAnswer& answer) {
  counters_.last_error.write(answer.refused_codes.front());
  if (!measured) return;
  ++tally_.calls.partial;
  tally_.calls.refused_messages += answer.refused.size();
  for (const std::string& code : answer.refused_codes) count_code(tally_.calls.message_errors, code);
}

void CallPlayer::count_unanswered() {
  for (const auto& connection : connections_) {
    if (connection->state() == CallerConnection::State::busy) count_error(connection->call().measured, "unanswered");
  }
}

void CallPlayer::sweep(TimePoint now) {
  for (std::size_t i = 0; i < connections_.size(); ++i) {  // grows inside when a call that waits needs another one
    CallerConnection& connection = *connections_[i];
    if (now - connection.since() < group_.timeout) continue;
    if (connection.state() == CallerConnection::State::busy) {
      connection.close();
      on_call_failed(connection, connection.answer_has_begun() ? kHalfAnAnswer : "timeout");
    } else if (connection.state() == CallerConnection::State::opening) {
      connection.close();
      on_open_failed(connection, "connect timeout");
    }
  }
  if (!playing_ || !group_.closed_loop) return;
  pump();
  if (!plan_ended_) open_connections(connections_max_, now);
}

}  // namespace fleet::sim
