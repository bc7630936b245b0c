#include "sim/fleet/loop_watch.h"

#include <pthread.h>

#include <algorithm>
#include <ctime>
#include <string>
#include <utility>

namespace fleet::sim {

namespace {

wire::Nanos thread_cpu() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + wire::Nanos(used.tv_nsec);
}

}  // namespace

void name_this_thread(const std::string& name) { pthread_setname_np(pthread_self(), name.substr(0, 15).c_str()); }

LoopWatch::LoopWatch(boost::asio::io_context& loop, std::function<void(wire::TimePoint)> on_beat)
    : on_beat_(std::move(on_beat)), beat_(loop), edge_(loop) {}

void LoopWatch::start() {
  next_beat_ = wire::read_clock() + kBeat;
  beat();
}

void LoopWatch::beat() {
  beat_.expires_at(next_beat_);
  beat_.async_wait([this](const boost::system::error_code& error) {
    if (error || stopped_) return;
    const wire::TimePoint now = wire::read_clock();
    hiccups_.woke(next_beat_, now);
    on_beat_(now);
    next_beat_ = now + kBeat;
    beat();
  });
}

void LoopWatch::set_phases(const PhaseTimes& phases) {
  phases_ = phases;
  hiccups_.start(phases.hold_begin, phases.hold_end);
  wait_for_edge();
}

void LoopWatch::wait_for_edge() {
  edge_.expires_at(at_ == Edge::before ? phases_.hold_begin : phases_.hold_end);
  edge_.async_wait([this](const boost::system::error_code& error) {
    if (error || stopped_) return;
    pass_edge();
    if (at_ == Edge::inside) wait_for_edge();
  });
}

void LoopWatch::pass_edge() {
  cpu_end_ = thread_cpu();
  if (at_ == Edge::before) cpu_begin_ = cpu_end_;
  at_ = at_ == Edge::before ? Edge::inside : Edge::behind;
}

void LoopWatch::end_hold() {
  const wire::TimePoint now = wire::read_clock();
  if (at_ == Edge::inside) {
    pass_edge();
    if (now > next_beat_) hiccups_.woke(next_beat_, now);
  }
  at_ = Edge::behind;
  phases_.hold_end = std::min(phases_.hold_end, now);
  hiccups_.start(phases_.hold_begin, phases_.hold_end);
  edge_.cancel();
}

void LoopWatch::stop() {
  if (stopped_) return;
  end_hold();
  stopped_ = true;
  beat_.cancel();
}

}  // namespace fleet::sim
