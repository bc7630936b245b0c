// A caller of HTTPS in tests, and the certificates that a server needs for it.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/http_caller.h"
#include "tests/support/temp_dir.h"

namespace fleet::tests {

// A self-signed certificate and its key, made for one test with the program openssl.
class TestCertificate {
 public:
  // `key_options` as "openssl req -newkey" takes them.
  explicit TestCertificate(const std::string& key_options = "ec -pkeyopt ec_paramgen_curve:P-256");

  [[nodiscard]] std::string certificate() const { return (directory_.path() / "certificate.pem").string(); }
  [[nodiscard]] std::string key() const { return (directory_.path() / "key.pem").string(); }
  // A file beside them.
  [[nodiscard]] std::string write(std::string_view name, std::string_view content) const {
    return directory_.write(name, content).string();
  }
  // The key again, encrypted with a password.
  [[nodiscard]] std::string encrypted_key() const;

 private:
  TempDir directory_;
};

struct TlsWishes {
  int version_max = 0;  // TLS1_1_VERSION and so on; 0: whatever OpenSSL has
};

// Owned by one test, used on its thread; blocks for at most 30 s. Trusts anybody.
class TlsCaller {
 public:
  // Connects to 127.0.0.1; the handshake happens here.
  explicit TlsCaller(std::uint16_t port, TlsWishes wishes = {});
  ~TlsCaller();
  TlsCaller(TlsCaller&& other) noexcept;
  TlsCaller& operator=(TlsCaller&&) = delete;

  // The handshake succeeded.
  [[nodiscard]] bool established() const { return established_; }
  // "TLSv1.3"
  [[nodiscard]] std::string version() const;
  // Sends all of it, each `record` bytes in a record of their own; false: the server has closed the connection.
  bool send(std::string_view bytes, std::size_t record = 16'384);
  // Bytes that are no TLS, below it.
  void send_raw(std::string_view bytes);
  // close_notify: no more is sent; answers are still read.
  void end_sending();
  // As HttpCaller's.
  [[nodiscard]] std::optional<HttpReply> read(bool head_only = false);
  [[nodiscard]] std::optional<HttpReply> call(std::string_view request);
  // Waits until the server has ended the connection; with close_notify in front of it where `in_order`.
  [[nodiscard]] bool is_closed(bool in_order = false);

 private:
  [[nodiscard]] int receive();

  struct FreeContext {
    void operator()(SSL_CTX* context) const;
  };
  struct Free {
    void operator()(SSL* session) const;
  };
  int socket_ = -1;
  std::unique_ptr<SSL_CTX, FreeContext> context_;
  std::unique_ptr<SSL, Free> session_;
  bool established_ = false;
  std::string unread_;
};

}  // namespace fleet::tests
