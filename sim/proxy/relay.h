// One connection through the proxy: a socket at each end, and the bytes on their way between them.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>

#include "sim/proxy/flow.h"
#include "wire/clock.h"
#include "wire/mqtt/readiness.h"
#include "wire/mqtt/tcp_transport.h"

namespace fleet::sim {

class ProxyLoop;

// The direction of bytes: up is towards the broker.
enum class Way : std::uint8_t { up, down };

// Owned by the proxy's loop; lives on its thread. Once is_over(), every verb does nothing.
class Relay {
 public:
  // `slot` and `number` are the loop's own. Both arguments outlive the relay.
  Relay(ProxyLoop& loop, ChunkPool& pool, std::uint32_t slot, std::uint64_t number);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Takes over an accepted socket and connects to the broker, from the same address where that is one of 127.0.0.0/8.
  void open(int accepted, const boost::asio::ip::tcp::endpoint& peer, const boost::asio::ip::tcp::endpoint& broker);
  // The same where nothing gets through: the broker hears of nobody.
  void open_silent(int accepted);
  // Bytes that were waiting, for their moment, for room or for memory, may go on.
  void go_on(Way way, wire::TimePoint now);
  // From now on bytes are taken at both ends, and lost; whoever ends his side leaves the other one in the dark.
  void swallow();
  // Both ends see a TCP reset.
  void reset() { end(true); }

  [[nodiscard]] bool is_over() const { return over_; }
  // It swallows, and has lost bytes or was never known to the broker: it cannot go on as it was.
  [[nodiscard]] bool has_hole() const { return swallowing_ && (swallowed_ || !broker_.transport.is_open()); }
  // Where it swallows and has no hole: passes bytes again.
  void pass_again() { swallowing_ = false; }
  [[nodiscard]] std::uint32_t slot() const { return slot_; }
  [[nodiscard]] std::uint64_t number() const { return number_; }

 private:
  // One end. What is read there goes `way`, to the other one.
  struct Side final : wire::mqtt::Watcher {
    Side(Relay& its_relay, ChunkPool& pool, Way its_way) : relay(its_relay), flow(pool), way(its_way) {}
    void on_ready(std::uint32_t events, wire::TimePoint now) override { relay.ready(*this, events, now); }

    Relay& relay;
    wire::mqtt::TcpTransport transport;
    Flow flow;  // read here, not yet written there
    const Way way;
    bool unread = false;    // there may be more to read
    bool ended = false;     // nothing more will come from here
    bool blocked = false;   // its socket takes no more now
    bool finished = false;  // nothing more will be written here
    bool waking = false;    // go_on() will be called at the moment of the first byte
    bool waiting = false;   // go_on() will be called when there is room
  };

  [[nodiscard]] bool watch(Side& side);
  void close(Side& side);
  void ready(Side& side, std::uint32_t events, wire::TimePoint now);
  void move(Side& from, Side& to, wire::TimePoint now);
  // False: there is nothing to read now, or no room for it.
  [[nodiscard]] bool read(Side& from, Side& to, wire::TimePoint now);
  void pass(Side& from, Side& to, std::span<const std::byte> bytes, wire::TimePoint now);
  // Writes what is due; false: the relay is over.
  [[nodiscard]] bool flush(Side& from, Side& to, wire::TimePoint now);
  void lose(Side& from, const wire::mqtt::TcpTransport::Outcome& outcome);
  void end(bool with_reset);
  [[nodiscard]] Side& from(Way way) { return way == Way::up ? peer_ : broker_; }
  [[nodiscard]] Side& to(Way way) { return way == Way::up ? broker_ : peer_; }

  ProxyLoop& loop_;
  const std::uint32_t slot_;
  const std::uint64_t number_;
  Side peer_, broker_;  // what connected to us, and what we connected to
  bool connecting_ = false;
  bool heard_ = false;  // anything from the broker
  bool swallowing_ = false;
  bool swallowed_ = false;
  bool over_ = false;
};

}  // namespace fleet::sim
