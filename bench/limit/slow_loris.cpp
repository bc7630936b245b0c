#include "bench/limit/slow_loris.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace fleet::bench {
namespace {

constexpr std::size_t kAtOnceBytes = 17'000;  // of a body
constexpr std::size_t kTurns = 100;           // of a second: each serves every hundredth caller
constexpr wire::Millis kTurn{10};

std::string first_bytes(bool sends_body) {
  if (!sends_body) return "POST / HTTP/1.1\r\nHost: bridge\r\nX-Slow: ";
  return "POST / HTTP/1.1\r\nHost: bridge\r\nContent-Type: application/x-www-form-urlencoded\r\n"
         "Content-Length: 1000000\r\n\r\n" +
         std::string(kAtOnceBytes, 'a');
}

}  // namespace

wire::Result<std::unique_ptr<SlowLoris>> SlowLoris::start(std::uint16_t port, std::size_t count) {
  std::unique_ptr<SlowLoris> all(new SlowLoris(port));
  all->callers_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    all->callers_[i].sends_body = i % 2 == 1;
    if (!all->begin(all->callers_[i])) {
      return wire::environment_error(std::string("cannot hold so many connections: ") + std::strerror(errno));
    }
  }
  for (Caller& caller : all->callers_) all->go_on(caller);
  all->thread_ = std::thread([&everyone = *all] { everyone.run(); });
  return all;
}

SlowLoris::~SlowLoris() {
  over_ = true;
  if (thread_.joinable()) thread_.join();
  for (const Caller& caller : callers_) {
    if (caller.socket >= 0) ::close(caller.socket);
  }
}

bool SlowLoris::begin(Caller& caller) const {
  caller.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (caller.socket < 0) return false;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port_);
  const int on = 1;
  ::setsockopt(caller.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // Blocking until the kernel has answered: on loopback that is at once.
  if (::connect(caller.socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(std::exchange(caller.socket, -1));
    return false;
  }
  caller.unsent = first_bytes(caller.sends_body);
  return true;
}

void SlowLoris::go_on(Caller& caller) {
  if (caller.socket < 0 && !begin(caller)) return;
  const std::string_view next = caller.unsent.empty() ? std::string_view("a") : std::string_view(caller.unsent);
  const ssize_t sent = ::send(caller.socket, next.data(), next.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0) {
    caller.unsent.erase(0, std::min(static_cast<std::size_t>(sent), caller.unsent.size()));
    return;
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK) return;
  ++cut_off_;
  ::close(std::exchange(caller.socket, -1));
}

void SlowLoris::run() {
  wire::TimePoint next = wire::read_clock();
  for (std::size_t turn = 0; !over_; ++turn) {
    for (std::size_t i = turn % kTurns; i < callers_.size(); i += kTurns) go_on(callers_[i]);
    next += kTurn;
    std::this_thread::sleep_until(next);
  }
}

}  // namespace fleet::bench
