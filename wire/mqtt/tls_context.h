// What the TLS connections to one broker or bridge have in common: whom they trust, and who they are themselves.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>

#include "wire/error.h"
#include "wire/mqtt/cause.h"

namespace fleet::wire::mqtt {

// PEM files; empty ones are not used.
struct TlsOptions {
  std::string ca{};           // certificates that are trusted; empty: those of the system
  std::string certificate{};  // our own, with the chain behind it, for brokers that want one (mutual TLS)
  std::string key{};          // its private key, not encrypted
  bool verify = true;         // false: any certificate will do

  bool operator==(const TlsOptions&) const = default;
};

// What a client's handshake failed for: of the first error of OpenSSL's on this thread.
[[nodiscard]] Fault handshake_fault(const SSL& session);

// Made once, const from then on; shared by the connections of any number of threads and outlives them.
class TlsContext {
 public:
  // Reads the files. TLS 1.2 and 1.3, no renegotiation, no resumption: each handshake is a whole one. `host` is the
  // host of the broker's address, which its certificate must be for. Environment errors, each with the file: it cannot
  // be read; it holds no certificate or no key; the key is encrypted or not the certificate's.
  [[nodiscard]] static Result<TlsContext> load(const TlsOptions& options, const std::string& host);

  [[nodiscard]] SSL_CTX* get() const { return context_.get(); }
  // For the broker, which may have several certificates (RFC 6066 §3); empty for an address.
  [[nodiscard]] const std::string& server_name() const { return server_name_; }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const;
  };
  explicit TlsContext(SSL_CTX* context) : context_(context) {}

  std::unique_ptr<SSL_CTX, Free> context_;
  std::string server_name_;
};

}  // namespace fleet::wire::mqtt
