// TLS between an MQTT connection and its socket: OpenSSL over the same non-blocking reads and writes.
#pragma once

#include <openssl/types.h>

#include <memory>

#include "wire/mqtt/layer.h"
#include "wire/mqtt/tls_context.h"

namespace fleet::wire::mqtt {

// The client's side. Buffers: OpenSSL's own, about 34 KB for a connection that is in use; one that was quiet for
// kQuietTurns has none, so that only the first delivery behind such a pause allocates.
class TlsLayer final : public Layer {
 public:
  // About ten seconds of rest().
  static constexpr unsigned kQuietTurns = 20;
  // Of one record (RFC 8446 §5.1); small pieces of a gathered write share records.
  static constexpr std::size_t kRecordBytes = 16 * 1024;

  // `socket`, `context` and `scratch` (at least kRecordBytes, of use during a call only) outlive the layer.
  TlsLayer(TcpTransport& socket, const TlsContext& context, std::span<std::byte> scratch);
  ~TlsLayer() override;
  TlsLayer(const TlsLayer&) = delete;
  TlsLayer& operator=(const TlsLayer&) = delete;

  [[nodiscard]] Outcome shake_hands() override;
  [[nodiscard]] Outcome read(std::span<std::byte> into) override;
  [[nodiscard]] Outcome write(std::span<const iovec> pieces) override;
  void finish_writing() override;
  void rest() override;
  [[nodiscard]] const Fault& fault() const override { return fault_; }
  [[nodiscard]] const char* awaited() const override { return "TLS handshake with"; }

 private:
  friend struct SocketBio;  // OpenSSL's way to the socket

  // Of a call of OpenSSL's that did not succeed.
  [[nodiscard]] Outcome after(int result);
  [[nodiscard]] Outcome fail(Fault fault);
  [[nodiscard]] Fault tls_fault() const;

  struct Free {
    void operator()(SSL* session) const;
  };
  std::unique_ptr<SSL, Free> session_;
  TcpTransport& socket_;
  const std::span<std::byte> scratch_;
  Outcome over_;               // ended or failed: what every further call says
  int socket_error_ = 0;       // errno of the socket
  bool socket_ended_ = false;  // the peer has closed its side
  bool may_pull_ = true;       // OpenSSL may read the socket
  bool drained_ = false;       // the last read of the socket took all it had
  bool established_ = false;   // the handshake is over
  unsigned quiet_turns_ = 0;   // of rest() since the last read or write
  Fault fault_;
};

}  // namespace fleet::wire::mqtt
