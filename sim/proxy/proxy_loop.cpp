#include "sim/proxy/proxy_loop.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <string>
#include <utility>

#include "sim/scenario/mix.h"
#include "wire/mqtt/tcp_transport.h"

namespace fleet::sim {

using boost::asio::ip::tcp;
using wire::TimePoint;

namespace {

// As much as the connections of a loop read at once.
constexpr std::size_t kScratchBytes = 64u << 10;
// 64 MB under way in all connections.
constexpr std::size_t kChunksMax = (64u << 20) / ChunkPool::Chunk::kBytes;
// Connections that wait to be accepted; the kernel takes no more than net.core.somaxconn.
constexpr int kBacklog = 4'096;
// Accepts, and wake-ups, before the loop's other handlers get their turn.
constexpr int kAcceptsPerTurn = 64;
constexpr int kWakeUpsPerTurn = 512;

std::uint64_t line_seed(const Scenario& scenario, Between between, Way way) {
  return mix(scenario.seed * kGolden + 2 * static_cast<std::uint64_t>(between) + static_cast<std::uint64_t>(way) + 1);
}

}  // namespace

ProxyLoop::ProxyLoop(const Scenario& scenario, Between between)
    : scenario_(scenario),
      between_(between),
      loop_(1),
      readiness_(loop_),
      watch_(loop_, [this](TimePoint now) { on_beat(now); }),
      timer_(loop_),
      scratch_(kScratchBytes),
      pool_(kChunksMax),
      lines_{{Line(line_seed(scenario, between, Way::up)), {}}, {Line(line_seed(scenario, between, Way::down)), {}}},
      outcomes_(scenario.faults.size()) {}

ProxyLoop::~ProxyLoop() {
  if (listener_ < 0) return;
  readiness_.remove(listener_, *this);
  ::close(listener_);
}

wire::Result<std::uint16_t> ProxyLoop::listen() {
  const auto failed = [] {
    return wire::environment_error("the proxy cannot listen on 127.0.0.1: " + wire::mqtt::describe_errno(errno));
  };
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listener_ < 0) return failed();
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 || ::listen(listener_, kBacklog) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      !readiness_.add(listener_, EPOLLIN, *this)) {
    return failed();
  }
  return ntohs(address.sin_port);
}

void ProxyLoop::run(const tcp::endpoint& broker) {
  name_this_thread("proxy");
  broker_ = broker;
  watch_.start();
  loop_.run();
  relays_.clear();
  over_.clear();
}

void ProxyLoop::stop() {
  watch_.stop();
  timer_.cancel();
  for (const auto& relay : relays_) {
    if (relay) relay->reset();
  }
  loop_.stop();
}

// --- connections ----------------------------------------------------------------------------------------------------

void ProxyLoop::on_ready(std::uint32_t, TimePoint) { accept_all(); }

void ProxyLoop::accept_all() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    const int accepted =
        ::accept4(listener_, reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted >= 0) {
      take(accepted,
           tcp::endpoint(boost::asio::ip::address_v4(ntohl(address.sin_addr.s_addr)), ntohs(address.sin_port)));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      accept_later_ = true;
      return;
    }
  }
  boost::asio::post(loop_, [this] { accept_all(); });
}

void ProxyLoop::take(int accepted, const tcp::endpoint& peer) {
  const std::uint64_t number = accepted_++;
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(relays_.size()));
    relays_.emplace_back();
  }
  const std::uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  relays_[slot] = std::make_unique<Relay>(*this, pool_, slot, number);
  Relay& relay = *relays_[slot];
  if (!is_cut(number)) return relay.open(accepted, peer, broker_);
  relay.open_silent(accepted);
  if (scenario_.faults[cut_->fault].cut == CutKind::reset) relay.reset();
}

void ProxyLoop::relay_over(const Relay& relay) {
  over_.push_back(std::move(relays_[relay.slot()]));
  free_slots_.push_back(relay.slot());
}

void ProxyLoop::on_beat(TimePoint now) {
  over_.clear();
  if (std::exchange(accept_later_, false)) accept_all();
  std::vector<Mention> hungry;
  hungry.swap(hungry_);
  for (const Mention& who : hungry) go_on(who, now);
}

// --- waiting --------------------------------------------------------------------------------------------------------

void ProxyLoop::wake(const Relay& relay, Way way, TimePoint when) {
  wake_ups_.push({when, {relay.slot(), relay.number(), way}});
  arm(when);
}

void ProxyLoop::wait_for_line(const Relay& relay, Way way) {
  Direction& direction = lines_[static_cast<std::size_t>(way)];
  direction.waiting.push_back({relay.slot(), relay.number(), way});
  arm(direction.line.room_at());
}

void ProxyLoop::wait_for_memory(const Relay& relay, Way way) { hungry_.push_back({relay.slot(), relay.number(), way}); }

void ProxyLoop::go_on(const Mention& who, TimePoint now) {
  Relay* const relay = relays_[who.slot].get();
  if (relay != nullptr && relay->number() == who.number) relay->go_on(who.way, now);
}

void ProxyLoop::arm(TimePoint when) {
  if (when >= armed_) return;
  armed_ = when;
  if (pumping_) return;  // at its end
  timer_.expires_at(when);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) pump();
  });
}

void ProxyLoop::pump() {
  const TimePoint now = wire::read_clock();
  pumping_ = true;
  for (int i = 0; i < kWakeUpsPerTurn && !wake_ups_.empty() && wake_ups_.top().when <= now; ++i) {
    const Mention who = wake_ups_.top().who;
    wake_ups_.pop();
    go_on(who, now);
  }
  for (Direction& direction : lines_) {
    // Each gets a turn; who has more stands at the end again.
    for (std::size_t left = direction.waiting.size(); left > 0 && direction.line.room(now) > 0; --left) {
      go_on(direction.waiting.pop_front(), now);
    }
  }
  pumping_ = false;
  armed_ = TimePoint::max();
  TimePoint next = wake_ups_.empty() ? TimePoint::max() : wake_ups_.top().when;
  for (const Direction& direction : lines_) {
    if (!direction.waiting.empty()) next = std::min(next, direction.line.room_at());
  }
  if (next < TimePoint::max()) arm(next);
}

// --- faults ---------------------------------------------------------------------------------------------------------

std::uint64_t ProxyLoop::draw(std::size_t fault, std::uint64_t number) const {
  return mix(fault_seed(scenario_, fault) + (number + 1) * kGolden);
}

// A connection that comes while connections are cut shares their fate, as likely as they do.
bool ProxyLoop::is_cut(std::uint64_t number) const {
  if (!cut_ || !cut_->lasting) return false;
  constexpr double kDraws = 18'446'744'073'709'551'616.0;  // 2^64
  return static_cast<double>(draw(cut_->fault, number)) < scenario_.faults[cut_->fault].share * kDraws;
}

void ProxyLoop::begin(std::size_t fault, TimePoint when) {
  const Fault& what = scenario_.faults[fault];
  if (what.kind == FaultKind::slow) {
    for (Direction& direction : lines_) direction.line.set(what.link);
    return;
  }
  cut_ = Cut{fault, accepted_, what.length.count() > 0};
  began_ = when;
  cut_open_ones(what, fault);
}

void ProxyLoop::cut_open_ones(const Fault& what, std::size_t fault) {
  std::vector<Relay*> open;
  for (const auto& relay : relays_) {
    if (relay && !relay->is_over()) open.push_back(relay.get());
  }
  if (open.empty()) return;
  const std::size_t count = devices_meant(what.share, static_cast<std::uint32_t>(open.size()));
  std::sort(open.begin(), open.end(),
            [&](const Relay* a, const Relay* b) { return draw(fault, a->number()) < draw(fault, b->number()); });
  for (std::size_t i = 0; i < count; ++i) what.cut == CutKind::reset ? open[i]->reset() : open[i]->swallow();
  if (between_ != Between::bridge_broker) return;
  outcomes_[fault].lost = count;
  away_.set(count);
}

void ProxyLoop::end(std::size_t fault) {
  if (scenario_.faults[fault].kind == FaultKind::slow) {
    for (Direction& direction : lines_) direction.line.set({});
    // The line has room for all of them now.
    arm(wire::read_clock());
    return;
  }
  if (!cut_ || cut_->fault != fault || !cut_->lasting) return;
  cut_->lasting = false;
  for (const auto& relay : relays_) {
    if (relay && relay->has_hole()) {
      relay->reset();
    } else if (relay) {
      relay->pass_again();
    }
  }
}

void ProxyLoop::heard_broker(const Relay& relay, TimePoint now) {
  if (between_ != Between::bridge_broker || !cut_ || relay.number() < cut_->first_number) return;
  FaultOutcome& outcome = outcomes_[cut_->fault];
  if (outcome.back.size() == outcome.lost) return;
  outcome.back.push_back(now - began_);
  away_.subtract(1);
}

}  // namespace fleet::sim
