#include "sim/proxy/relay.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <optional>

#include "sim/proxy/proxy_loop.h"

namespace fleet::sim {

using Status = wire::mqtt::TcpTransport::Status;
using boost::asio::ip::tcp;
using wire::TimePoint;

namespace {

// Reads of one connection before others get their turn.
constexpr int kReadsPerTurn = 8;
constexpr std::size_t kPiecesMax = 64;

}  // namespace

Relay::Relay(ProxyLoop& loop, ChunkPool& pool, std::uint32_t slot, std::uint64_t number)
    : loop_(loop), slot_(slot), number_(number), peer_(*this, pool, Way::up), broker_(*this, pool, Way::down) {}

Relay::~Relay() {
  close(peer_);
  close(broker_);
}

bool Relay::watch(Side& side) { return loop_.readiness().add(side.transport.socket(), EPOLLIN | EPOLLOUT, side); }

void Relay::close(Side& side) {
  if (!side.transport.is_open()) return;
  loop_.readiness().remove(side.transport.socket(), side);
  side.transport.close();
  side.flow.clear();
}

void Relay::open(int accepted, const tcp::endpoint& peer, const tcp::endpoint& broker) {
  peer_.transport.adopt(accepted);
  const int on = 1;
  ::setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  std::optional<boost::asio::ip::address> local;
  if (peer.address().is_loopback() && broker.address().is_loopback() && peer.protocol() == broker.protocol()) {
    local = peer.address();
  }
  const auto outcome = broker_.transport.open(broker, local);
  connecting_ = outcome.status == Status::would_block;
  if (outcome.status == Status::failed || !watch(peer_) || !watch(broker_)) end(true);
}

void Relay::open_silent(int accepted) {
  peer_.transport.adopt(accepted);
  swallowing_ = true;
  broker_.ended = broker_.finished = true;
  if (!watch(peer_)) end(true);
}

void Relay::ready(Side& side, std::uint32_t events, TimePoint now) {
  if (over_) return;
  if (&side == &broker_ && connecting_) {
    if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) == 0) return;
    if (side.transport.finish_open().status == Status::failed) return end(true);
    connecting_ = false;
  }
  if ((events & EPOLLOUT) != 0) side.blocked = false;
  if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) side.unread = true;
  Side& other = &side == &peer_ ? broker_ : peer_;
  move(other, side, now);
  if (!over_) move(side, other, now);
}

void Relay::go_on(Way way, TimePoint now) {
  if (over_) return;
  from(way).waking = from(way).waiting = false;
  move(from(way), to(way), now);
}

void Relay::swallow() {
  if (over_) return;
  swallowing_ = true;
  swallowed_ = swallowed_ || !peer_.flow.empty() || !broker_.flow.empty();
  peer_.flow.clear();
  broker_.flow.clear();
}

void Relay::move(Side& from, Side& to, TimePoint now) {
  for (int reads = 0; flush(from, to, now); ++reads) {
    if (reads == kReadsPerTurn) {
      if (!from.waking) loop_.wake(*this, from.way, now);
      from.waking = true;
      return;
    }
    if (!read(from, to, now)) return;
  }
}

bool Relay::read(Side& from, Side& to, TimePoint now) {
  if (connecting_ || !from.unread || from.ended) return false;
  std::size_t room = loop_.scratch().size();
  if (!swallowing_) {
    const std::size_t line_room = loop_.line(from.way).room(now);
    room = std::min({room, line_room, from.flow.room()});
    // Bytes of its own that are still to be written make room and bring it back here.
    if (room == 0 && (line_room == 0 || from.flow.empty()) && !from.waiting) {
      from.waiting = true;
      line_room == 0 ? loop_.wait_for_line(*this, from.way) : loop_.wait_for_memory(*this, from.way);
    }
    if (room == 0) return false;
  }
  const auto outcome = from.transport.read(loop_.scratch().first(room));
  switch (outcome.status) {
    case Status::would_block:
      from.unread = false;
      return false;
    case Status::ended:
    case Status::failed:
      lose(from, outcome);
      return !over_;
    case Status::done:
      break;
  }
  if (swallowing_) {
    swallowed_ = true;
    return true;
  }
  if (from.way == Way::down && !heard_) {
    heard_ = true;
    loop_.heard_broker(*this, now);
  }
  pass(from, to, loop_.scratch().first(outcome.bytes), now);
  return !over_;
}

// One end has closed its connection, or lost it.
void Relay::lose(Side& from, const wire::mqtt::TcpTransport::Outcome& outcome) {
  from.unread = false;
  from.ended = true;
  if (!swallowing_) {
    if (outcome.status == Status::failed) end(true);
    return;
  }
  close(from);
  if (!peer_.transport.is_open() && !broker_.transport.is_open()) end(false);
}

void Relay::pass(Side& from, Side& to, std::span<const std::byte> bytes, TimePoint now) {
  Line& line = loop_.line(from.way);
  if (!line.is_clear()) return from.flow.push(bytes, line.enter(now, bytes.size()));
  if (from.flow.empty() && !to.blocked) {
    // A copy of the address only: writing changes nothing.
    const iovec piece{const_cast<std::byte*>(bytes.data()), bytes.size()};
    const auto outcome = to.transport.write({&piece, 1});
    if (outcome.status == Status::failed) return end(true);
    to.blocked = outcome.status == Status::would_block;
    bytes = bytes.subspan(outcome.bytes);
  }
  from.flow.push(bytes, now);
}

bool Relay::flush(Side& from, Side& to, TimePoint now) {
  std::array<iovec, kPiecesMax> pieces;
  while (!from.flow.empty() && !to.blocked && !connecting_ && from.flow.due() <= now) {
    const std::size_t count = from.flow.gather(now, pieces);
    const auto outcome = to.transport.write({pieces.data(), count});
    if (outcome.status == Status::failed) {
      end(true);
      return false;
    }
    to.blocked = outcome.status == Status::would_block;
    from.flow.consume(outcome.bytes);
  }
  if (!from.flow.empty()) {
    if (!to.blocked && !connecting_ && !from.waking) {
      from.waking = true;
      loop_.wake(*this, from.way, from.flow.due());
    }
    return true;
  }
  if (from.ended && !to.finished && !connecting_ && !swallowing_) {
    to.finished = true;
    to.transport.finish_writing();
    if (from.finished) {
      end(false);
      return false;
    }
  }
  return true;
}

void Relay::end(bool with_reset) {
  if (over_) return;
  over_ = true;
  for (Side* side : {&peer_, &broker_}) {
    if (with_reset && side->transport.is_open()) side->transport.prepare_reset();
    close(*side);
  }
  loop_.relay_over(*this);
}

}  // namespace fleet::sim
