// A non-blocking TCP socket that reads into a buffer it is given and gathers what it writes. What lies above it, TLS or
// WebSocket, has the same verbs (layer.h).
#pragma once

#include <sys/uio.h>

#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace fleet::wire::mqtt {

// Owned by one transport; four bytes while closed or open.
class TcpTransport {
 public:
  enum class Status {
    done,         // `bytes` were moved; for open(): connected
    would_block,  // try again when the socket is ready; for open(): the handshake is under way
    ended,        // the peer closed its side (read only)
    failed,       // `error` is the errno
  };
  struct Outcome {
    Status status = Status::done;
    std::size_t bytes = 0;
    int error = 0;
    bool more = false;  // of a read: there may be more now; false: the socket had no more, and will tell
  };

  TcpTransport() = default;
  ~TcpTransport() { close(); }
  TcpTransport(const TcpTransport&) = delete;
  TcpTransport& operator=(const TcpTransport&) = delete;

  // Starts a connect to `peer`, from the address `local` where one is given; without Nagle's algorithm. After
  // would_block, writability says that finish_open() has the answer.
  [[nodiscard]] Outcome open(const boost::asio::ip::tcp::endpoint& peer,
                             const std::optional<boost::asio::ip::address>& local);
  [[nodiscard]] Outcome finish_open();
  // Takes over a connected socket that does not block.
  void adopt(int socket);
  // Moves at most into.size() bytes.
  [[nodiscard]] Outcome read(std::span<std::byte> into);
  // Writes pieces in order, at most IOV_MAX (1024) of them; may write a part.
  [[nodiscard]] Outcome write(std::span<const iovec> pieces);
  // Of an open socket: what the kernel keeps of what nobody has read; it takes a few KB at least, and twice as much as
  // it is told (tcp(7), SO_RCVBUF). What is beyond stays with the peer.
  void limit_receive_buffer(std::uint32_t bytes);
  // Ends our side of the stream; what the peer sends can still be read.
  void finish_writing();
  // What close() does then is to send a reset, and to forget what was not sent.
  void prepare_reset();
  // Idempotent.
  void close();

  [[nodiscard]] bool is_open() const { return socket_ >= 0; }
  // The descriptor to watch.
  [[nodiscard]] int socket() const { return socket_; }

 private:
  int socket_ = -1;
};

// "connection refused" and the like, in lower case.
[[nodiscard]] std::string describe_errno(int error);

}  // namespace fleet::wire::mqtt
