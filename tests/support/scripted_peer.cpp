#include "tests/support/scripted_peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>

namespace fleet::tests {

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out.push_back(static_cast<char>(value));
  return out;
}

ScriptedPeer::ScriptedPeer(int receive_buffer) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (receive_buffer > 0) {
    ::setsockopt(listener_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("the peer cannot listen");
  }
  port_ = ntohs(address.sin_port);
}

ScriptedPeer::~ScriptedPeer() {
  close();
  refuse();
}

void ScriptedPeer::refuse() {
  if (listener_ >= 0) ::close(listener_);
  listener_ = -1;
}

bool ScriptedPeer::accepted() {
  const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (socket < 0) return false;
  close();
  socket_ = socket;
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  received_.clear();
  ended_ = false;
  return true;
}

bool ScriptedPeer::is_waited_for() const {
  pollfd readable{listener_, POLLIN, 0};
  return ::poll(&readable, 1, 0) > 0;
}

const std::string& ScriptedPeer::received() {
  std::array<char, 65'536> chunk;
  while (socket_ >= 0 && !ended_) {
    const ssize_t count = ::recv(socket_, chunk.data(), chunk.size(), 0);
    if (count > 0) {
      received_.append(chunk.data(), static_cast<std::size_t>(count));
    } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
      ended_ = true;
    } else if (errno == EAGAIN) {
      break;
    }
  }
  return received_;
}

void ScriptedPeer::send(std::string_view what) {
  while (!what.empty()) {
    const ssize_t count = ::send(socket_, what.data(), what.size(), MSG_NOSIGNAL);
    if (count > 0) {
      what.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      pollfd writable{socket_, POLLOUT, 0};
      if (::poll(&writable, 1, 20'000) <= 0) throw std::runtime_error("the peer cannot send: nobody reads");
    } else if (errno != EINTR) {
      throw std::runtime_error("the peer cannot send: the connection is gone");
    }
  }
}

void ScriptedPeer::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

void ScriptedPeer::reset() {
  const linger at_once{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

bool ScriptedPeer::ended() {
  (void)received();
  return ended_;
}

}  // namespace fleet::tests
