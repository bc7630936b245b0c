// One end of a TLS connection over a socket that does not block: OpenSSL itself and not Asio's stream over it. That one
// loses what such a socket has no room for, or runs a loop of its own with 34 KB of buffers for each connection.
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "wire/mqtt/cause.h"

namespace fleet::wire {

// Does not own the socket. The handshake happens within the first read() or write(), or by shake_hands() before. The
// process ignores SIGPIPE. One loop.
class TlsSession {
 public:
  // `context` outlives the session; that of a client says whom to trust.
  [[nodiscard]] static TlsSession of_server(SSL_CTX* context, int socket);
  // `server_name` is for the server, which may have several certificates (RFC 6066 §3); empty: it is an address.
  [[nodiscard]] static TlsSession of_client(SSL_CTX* context, int socket, const std::string& server_name);

  enum class Step {
    moved,         // `bytes` were read or written
    wants_input,   // again when the socket can be read
    wants_room,    // again when the socket has room
    ended,         // the peer sends nothing more
    no_handshake,  // the peer speaks HTTP without TLS; the session is of no more use
    failed,        // the peer broke the protocol, is not whom we trust, or the connection is gone
  };
  struct Moved {
    Step step = Step::moved;
    std::size_t bytes = 0;
  };

  // Takes the handshake on; moved: it is over.
  [[nodiscard]] Step shake_hands();
  // Fills `into` as far as there is something.
  [[nodiscard]] Moved read(std::span<char> into);
  // Writes some of `bytes` (not empty). What was not written comes again, with more behind it or not. Where the
  // connection is gone what came in before can still be read.
  [[nodiscard]] Moved write(std::string_view bytes);
  // Tells the peer that nothing more comes, as far as the socket has room for it. Once.
  void end();

  // The handshake is over.
  [[nodiscard]] bool established() const;
  // read() has something to say that the socket will not announce.
  [[nodiscard]] bool has_pending() const;
  // Of a client: what its handshake failed for, or why the server has ended the connection after it.
  [[nodiscard]] mqtt::Cause cause() const { return cause_; }

 private:
  TlsSession(SSL_CTX* context, int socket);
  [[nodiscard]] Step step_after(int result, bool is_write = false);

  struct Free {
    void operator()(SSL* session) const;
  };
  std::unique_ptr<SSL, Free> session_;
  bool told_end_ = false;
  std::optional<Step> over_;  // ended, no_handshake or failed: what every further read() says
  bool is_client_ = false;
  mqtt::Cause cause_ = mqtt::Cause::none;
};

}  // namespace fleet::wire
