// TLS under the HTTP server: certificate and key of the configuration, and one session for each connection. OpenSSL
// itself and not Asio's stream over it: that one loses what a socket that does not block has no room for, or runs a
// loop of its own with 34 KB of buffers for each connection.
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "bridge/config/config.h"
#include "wire/error.h"

namespace fleet::bridge {

// Certificate chain and private key. Owned by the server, outlives its sessions.
class TlsContext {
 public:
  // Reads both files (PEM). TLS 1.2 and 1.3, no renegotiation; sessions are resumed by tickets, so that the server
  // keeps nothing of those that have ended. Environment errors, each with the file: it cannot be read; it holds no
  // certificate or no key; the key is encrypted; it is not the certificate's; it is too short for this OpenSSL.
  [[nodiscard]] static wire::Result<TlsContext> load(const TlsConfig& config);

  [[nodiscard]] SSL_CTX* get() const { return context_.get(); }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const;
  };
  explicit TlsContext(SSL_CTX* context) : context_(context) {}

  std::unique_ptr<SSL_CTX, Free> context_;
};

// The server's side of one connection, over a socket that does not block and that it does not own. The handshake
// happens within the first read() or write(). The process ignores SIGPIPE. One loop.
class TlsSession {
 public:
  TlsSession(const TlsContext& context, int socket);

  enum class Step {
    moved,         // `bytes` were read or written
    wants_input,   // again when the socket can be read
    wants_room,    // again when the socket has room
    ended,         // the peer sends nothing more
    no_handshake,  // the peer speaks HTTP without TLS; the session is of no more use
    failed,        // the peer broke the protocol, or the connection is gone
  };
  struct Moved {
    Step step = Step::moved;
    std::size_t bytes = 0;
  };

  // Fills `into` as far as there is something.
  [[nodiscard]] Moved read(std::span<char> into);
  // Writes some of `bytes` (not empty). What was not written comes again, with more behind it or not.
  [[nodiscard]] Moved write(std::string_view bytes);
  // Tells the peer that nothing more comes, as far as the socket has room for it. Once.
  void end();

  // The handshake is over.
  [[nodiscard]] bool established() const;
  // read() has something to say that the socket will not announce.
  [[nodiscard]] bool has_pending() const;

 private:
  [[nodiscard]] Step step_after(int result);

  struct Free {
    void operator()(SSL* session) const;
  };
  std::unique_ptr<SSL, Free> session_;
  bool told_end_ = false;
  std::optional<Step> over_;  // ended, no_handshake or failed: what every further read() says
};

}  // namespace fleet::bridge
