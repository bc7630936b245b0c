// What may lie between an MQTT connection and its TCP socket: TLS, WebSocket, or one above the other.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>

#include "wire/mqtt/cause.h"
#include "wire/mqtt/tcp_transport.h"

namespace fleet::wire::mqtt {

// Owned by one transport, from the TCP connect to the close; lives on its loop. The verbs are those of TcpTransport,
// and keep what it promises to an edge-triggered loop: nothing that has left the socket waits for another event of it.
// A call that fails with `error` kLayerError says more in fault().
class Layer {
 public:
  using Outcome = TcpTransport::Outcome;
  using Status = TcpTransport::Status;
  // Not an errno.
  static constexpr int kLayerError = -1;

  virtual ~Layer() = default;

  // Goes on with the handshake: done, failed, or would_block, then again when the socket is ready. With `more` it is
  // room that was missing, which there may be again.
  [[nodiscard]] virtual Outcome shake_hands() = 0;
  [[nodiscard]] virtual Outcome read(std::span<std::byte> into) = 0;
  // What was not written comes again, first of all and unchanged, with more behind it or not.
  [[nodiscard]] virtual Outcome write(std::span<const iovec> pieces) = 0;
  virtual void finish_writing() = 0;
  // Called about twice a second: a connection that has been quiet for a while gives back what buffers it holds.
  virtual void rest() {}
  // Of the last call that failed with kLayerError.
  [[nodiscard]] virtual const Fault& fault() const = 0;
  // For "no … within 10 s": what shake_hands() waits for.
  [[nodiscard]] virtual const char* awaited() const = 0;
};

}  // namespace fleet::wire::mqtt
