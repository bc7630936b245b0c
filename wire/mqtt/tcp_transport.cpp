#include "wire/mqtt/tcp_transport.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace fleet::wire::mqtt {
namespace {

using Status = TcpTransport::Status;
using Outcome = TcpTransport::Outcome;

Outcome failure() { return {Status::failed, 0, errno, false}; }

bool is_would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

// The system call again, as often as a signal interrupts it: readiness is told once.
template <class Call>
ssize_t uninterrupted(Call&& call) {
  ssize_t result = 0;
  do result = call();
  while (result < 0 && errno == EINTR);
  return result;
}

}  // namespace

Outcome TcpTransport::open(const boost::asio::ip::tcp::endpoint& peer,
                           const std::optional<boost::asio::ip::address>& local) {
  close();
  socket_ = ::socket(peer.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (socket_ < 0) return failure();
  const int on = 1;
  if (::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) return failure();
  if (local) {
    // The port is chosen at connect() only, so that one source address has 28,000 ports for each broker and not 28,000
    // in all.
    if (::setsockopt(socket_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) != 0) return failure();
    const boost::asio::ip::tcp::endpoint source(*local, 0);
    if (::bind(socket_, source.data(), static_cast<socklen_t>(source.size())) != 0) return failure();
  }
  if (::connect(socket_, peer.data(), static_cast<socklen_t>(peer.size())) == 0) return {};
  if (errno == EINPROGRESS || errno == EINTR) return {Status::would_block, 0, 0, false};
  return failure();
}

Outcome TcpTransport::finish_open() {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return failure();
  if (error != 0) return {Status::failed, 0, error, false};
  return {};
}

void TcpTransport::adopt(int socket) {
  close();
  socket_ = socket;
}

Outcome TcpTransport::read(std::span<std::byte> into) {
  const ssize_t bytes = uninterrupted([&] { return ::recv(socket_, into.data(), into.size(), 0); });
  if (bytes > 0) {
    const auto count = static_cast<std::size_t>(bytes);
    return {Status::done, count, 0, count == into.size()};
  }
  if (bytes == 0) return {Status::ended, 0, 0, false};
  if (is_would_block(errno)) return {Status::would_block, 0, 0, false};
  return failure();
}

Outcome TcpTransport::write(std::span<const iovec> pieces) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());  // sendmsg() reads it only
  message.msg_iovlen = pieces.size();
  const ssize_t bytes = uninterrupted([&] { return ::sendmsg(socket_, &message, MSG_NOSIGNAL); });
  if (bytes >= 0) return {Status::done, static_cast<std::size_t>(bytes), 0, false};
  if (is_would_block(errno)) return {Status::would_block, 0, 0, false};
  return failure();
}

void TcpTransport::limit_receive_buffer(std::uint32_t bytes) {
  const int size = static_cast<int>(std::min<std::uint32_t>(bytes, 1u << 30));
  // Without effect where the kernel does not take it: then more of it waits here.
  (void)::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

void TcpTransport::finish_writing() { ::shutdown(socket_, SHUT_WR); }

void TcpTransport::prepare_reset() {
  const linger at_once{1, 0};  // socket(7)
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void TcpTransport::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

std::string describe_errno(int error) {
  std::string text = std::generic_category().message(error);
  if (text.size() > 1 && text[1] >= 'a' && text[1] <= 'z' && text[0] >= 'A' && text[0] <= 'Z') {
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  }
  return text;
}

}  // namespace fleet::wire::mqtt
