// What a proxy does on its thread: accepts, passes bytes on, and plays the faults of its link.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <queue>
#include <span>
#include <vector>

#include "sim/fleet/counter.h"
#include "sim/fleet/fault_watch.h"
#include "sim/fleet/loop_watch.h"
#include "sim/proxy/flow.h"
#include "sim/proxy/line.h"
#include "sim/proxy/relay.h"
#include "sim/scenario/scenario.h"
#include "wire/clock.h"
#include "wire/error.h"
#include "wire/mqtt/fifo.h"
#include "wire/mqtt/readiness.h"

namespace fleet::sim {

// Owned by the proxy. Everything but construction, listen() and run() happens on the thread that runs it.
class ProxyLoop final : private wire::mqtt::Watcher {
 public:
  // `scenario` outlives it.
  ProxyLoop(const Scenario& scenario, Between between);
  ~ProxyLoop();

  // Binds a free port of 127.0.0.1. Errors: environment.
  [[nodiscard]] wire::Result<std::uint16_t> listen();
  // Runs until stop(); what is accepted is connected to `broker`.
  void run(const boost::asio::ip::tcp::endpoint& broker);
  [[nodiscard]] boost::asio::io_context& loop() { return loop_; }

  // A fault of this link, by its number in the scenario.
  void begin(std::size_t fault, wire::TimePoint when);
  void end(std::size_t fault);
  void stop();
  [[nodiscard]] LoopWatch& watch() { return watch_; }
  // By fault of the scenario: connections that were cut here, and when as many were there again.
  [[nodiscard]] const std::vector<FaultOutcome>& outcomes() const { return outcomes_; }
  // Any thread: connections that were cut here and for which no other has come yet; only between bridge and broker,
  // where nobody else counts them.
  [[nodiscard]] std::uint64_t away() const { return away_.read(); }

  // --- for its relays
  [[nodiscard]] wire::mqtt::ReadinessSet& readiness() { return readiness_; }
  [[nodiscard]] std::span<std::byte> scratch() { return scratch_; }
  [[nodiscard]] Line& line(Way way) { return lines_[static_cast<std::size_t>(way)].line; }
  // go_on() at `when`, when the line has room, when there is memory.
  void wake(const Relay& relay, Way way, wire::TimePoint when);
  void wait_for_line(const Relay& relay, Way way);
  void wait_for_memory(const Relay& relay, Way way);
  // The first bytes that the broker has sent through it.
  void heard_broker(const Relay& relay, wire::TimePoint now);
  // Its last word; it is destroyed later.
  void relay_over(const Relay& relay);

 private:
  // A relay, if it still is the one that was meant.
  struct Mention {
    std::uint32_t slot = 0;
    std::uint64_t number = 0;
    Way way = Way::up;
  };
  struct WakeUp {
    wire::TimePoint when{};
    Mention who;
    bool operator<(const WakeUp& other) const { return when > other.when; }  // the earliest on top
  };
  struct Direction {
    Line line;
    wire::mqtt::Fifo<Mention> waiting;
  };
  struct Cut {
    std::size_t fault = 0;
    std::uint64_t first_number = 0;  // of relays that came after it had begun
    bool lasting = false;
  };

  void on_ready(std::uint32_t events, wire::TimePoint now) override;  // of the listener
  void accept_all();
  void take(int accepted, const boost::asio::ip::tcp::endpoint& peer);
  [[nodiscard]] bool is_cut(std::uint64_t number) const;
  [[nodiscard]] std::uint64_t draw(std::size_t fault, std::uint64_t number) const;
  void cut_open_ones(const Fault& what, std::size_t fault);
  void go_on(const Mention& who, wire::TimePoint now);
  void pump();
  void arm(wire::TimePoint when);
  void on_beat(wire::TimePoint now);

  const Scenario& scenario_;
  const Between between_;
  boost::asio::io_context loop_;
  wire::mqtt::ReadinessSet readiness_;
  LoopWatch watch_;
  LoopTimer timer_;
  std::vector<std::byte> scratch_;
  ChunkPool pool_;
  Direction lines_[2];  // by Way
  boost::asio::ip::tcp::endpoint broker_;
  int listener_ = -1;
  bool accept_later_ = false;                   // no descriptor was left
  std::vector<std::unique_ptr<Relay>> relays_;  // by slot
  std::vector<std::uint32_t> free_slots_;
  std::vector<std::unique_ptr<Relay>> over_;  // destroyed at the next beat
  std::uint64_t accepted_ = 0;
  std::priority_queue<WakeUp> wake_ups_;
  std::vector<Mention> hungry_;  // for memory
  wire::TimePoint armed_ = wire::TimePoint::max();
  bool pumping_ = false;
  std::optional<Cut> cut_;   // the newest
  wire::TimePoint began_{};  // likewise
  std::vector<FaultOutcome> outcomes_;
  Counter away_;
};

}  // namespace fleet::sim
