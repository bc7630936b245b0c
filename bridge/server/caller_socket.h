// The socket of one caller, with TLS or without: reads and writes what is possible now, and waits for what is not.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "bridge/server/tls.h"
#include "wire/tls_session.h"

namespace fleet::bridge {

// Owned by a connection; lives on the server's loop.
class CallerSocket {
 public:
  using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

  // `socket` is connected and does not block. `tls` is null for plain HTTP, and outlives the socket.
  CallerSocket(Socket socket, const TlsContext* tls);

  enum class Step {
    moved,    // `bytes` were read or written, at least one
    blocked,  // nothing now: wait
    ended,    // the caller sends nothing more
    no_tls,   // the caller speaks plain HTTP to a port of HTTPS; from now on this socket does so too
    failed,   // the connection is of no more use
  };
  struct Moved {
    Step step = Step::moved;
    std::size_t bytes = 0;
  };

  [[nodiscard]] Moved read_some(std::span<char> into);
  // `bytes` is not empty; what was not written comes again, with more behind it or not.
  [[nodiscard]] Moved write_some(std::string_view bytes);

  // Calls `done(error_code)` once read_some(), or write_some(), may come further than last time.
  template <class Done>
  void wait_readable(Done done) {
    if (tls_ && tls_->has_pending()) return boost::asio::post(socket_.get_executor(), [done] { done({}); });
    socket_.async_wait(read_wants_room_ ? Socket::wait_write : Socket::wait_read, std::move(done));
  }
  template <class Done>
  void wait_writable(Done done) {
    socket_.async_wait(write_wants_input_ ? Socket::wait_read : Socket::wait_write, std::move(done));
  }

  // Nothing more is sent; false: the connection is gone.
  [[nodiscard]] bool end_output();
  void close();

  // Encrypted, and the handshake is not over: no request can have come.
  [[nodiscard]] bool in_handshake() const { return tls_ && !tls_->established(); }
  [[nodiscard]] Socket::executor_type get_executor() { return socket_.get_executor(); }

 private:
  [[nodiscard]] Moved after_tls(const wire::TlsSession::Moved& moved, bool& waits_across,
                                wire::TlsSession::Step across);

  Socket socket_;
  std::optional<wire::TlsSession> tls_;
  bool read_wants_room_ = false;    // TLS alone: a handshake reads while it writes
  bool write_wants_input_ = false;  // and the other way round
};

}  // namespace fleet::bridge
