// A heartbeat inside a loop: finds the loop's own stalls, gives its owner a regular turn, and reads the thread's CPU at
// the edges of the hold.
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>

#include "sim/ledger/group_books.h"
#include "sim/ledger/health.h"
#include "wire/clock.h"

namespace fleet::sim {

using LoopTimer =
    boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                      boost::asio::io_context::executor_type>;

// Name of the calling thread as `top` shows it; cut to 15 characters.
void name_this_thread(const std::string& name);

// Owned by a worker or by the callers; lives on that thread.
class LoopWatch {
 public:
  // 100 a second: a stall is seen to 10 ms, for about 0.1% of a core.
  static constexpr wire::Nanos kBeat = std::chrono::milliseconds(10);

  // `on_beat` gets the loop's now, every kBeat.
  LoopWatch(boost::asio::io_context& loop, std::function<void(wire::TimePoint)> on_beat);

  // Starts the heartbeat; keeps the loop busy until stop().
  void start();
  // Once, on the loop's thread: when the hold is.
  void set_phases(const PhaseTimes& phases);
  // On the loop's thread: a hold that is not over ends here; the heartbeat goes on.
  void end_hold();
  // On the loop's thread: ends the hold and the heartbeat.
  void stop();

  // After stop().
  [[nodiscard]] wire::Nanos hold_cpu() const { return cpu_end_ - cpu_begin_; }
  [[nodiscard]] wire::Nanos worst_hiccup() const { return hiccups_.worst(); }

 private:
  enum class Edge { before, inside, behind };

  void beat();
  void wait_for_edge();
  void pass_edge();

  std::function<void(wire::TimePoint)> on_beat_;
  LoopTimer beat_, edge_;
  wire::TimePoint next_beat_{};
  HiccupMeter hiccups_;
  PhaseTimes phases_;
  Edge at_ = Edge::before;
  wire::Nanos cpu_begin_{}, cpu_end_{};
  bool stopped_ = false;
};

}  // namespace fleet::sim
