// TLS under the HTTP server: certificate and key of the configuration, for the sessions of its connections.
#pragma once

#include <openssl/types.h>

#include <memory>

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

}  // namespace fleet::bridge
