#include "bridge/server/caller_socket.h"

#include <boost/asio/buffer.hpp>

namespace fleet::bridge {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

CallerSocket::Moved after_plain(std::size_t count, const error_code& ec) {
  using Step = CallerSocket::Step;
  if (!ec) return {Step::moved, count};
  if (ec == asio::error::would_block || ec == asio::error::try_again) return {Step::blocked, 0};
  return {ec == asio::error::eof ? Step::ended : Step::failed, 0};
}

}  // namespace

CallerSocket::CallerSocket(Socket socket, const TlsContext* tls) : socket_(std::move(socket)) {
  if (tls != nullptr) tls_ = wire::TlsSession::of_server(tls->get(), socket_.native_handle());
}

CallerSocket::Moved CallerSocket::after_tls(const wire::TlsSession::Moved& moved, bool& waits_across,
                                            wire::TlsSession::Step across) {
  waits_across = moved.step == across;
  switch (moved.step) {
    case wire::TlsSession::Step::moved:
      return {Step::moved, moved.bytes};
    case wire::TlsSession::Step::wants_input:
    case wire::TlsSession::Step::wants_room:
      return {Step::blocked, 0};
    case wire::TlsSession::Step::ended:
      return {Step::ended, 0};
    case wire::TlsSession::Step::no_handshake:
      tls_.reset();
      return {Step::no_tls, 0};
    case wire::TlsSession::Step::failed:
      break;
  }
  return {Step::failed, 0};
}

CallerSocket::Moved CallerSocket::read_some(std::span<char> into) {
  if (tls_) return after_tls(tls_->read(into), read_wants_room_, wire::TlsSession::Step::wants_room);
  error_code ec;
  const std::size_t count = socket_.read_some(asio::buffer(into.data(), into.size()), ec);
  return after_plain(count, ec);
}

CallerSocket::Moved CallerSocket::write_some(std::string_view bytes) {
  if (tls_) return after_tls(tls_->write(bytes), write_wants_input_, wire::TlsSession::Step::wants_input);
  error_code ec;
  const std::size_t count = socket_.write_some(asio::buffer(bytes.data(), bytes.size()), ec);
  return after_plain(count, ec);
}

bool CallerSocket::end_output() {
  if (tls_) tls_->end();
  error_code ec;
  socket_.shutdown(Socket::shutdown_send, ec);
  return !ec;
}

void CallerSocket::close() {
  if (tls_) tls_->end();
  tls_.reset();
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace fleet::bridge
