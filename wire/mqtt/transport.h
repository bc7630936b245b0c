// The byte stream below an MQTT connection: a TCP socket, with TLS or WebSocket above it where the broker wants that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "wire/mqtt/cause.h"
#include "wire/mqtt/layer.h"
#include "wire/mqtt/native_options.h"
#include "wire/mqtt/tcp_transport.h"

namespace fleet::wire::mqtt {

// Owned by one connection; lives on its loop. The verbs of TcpTransport; without layers each is that one's, inline.
class Transport {
 public:
  using Outcome = TcpTransport::Outcome;
  using Status = TcpTransport::Status;

  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // Starts a connection. After would_block finish_open() goes on with it whenever the socket is ready. `scratch`: at
  // least kScratchBytes, shared by the transports of a loop, of use during a call only.
  [[nodiscard]] Outcome open(const NativeOptions& options, std::span<std::byte> scratch);
  // With `more` it is room that was missing: there may be some again, and no event to tell.
  [[nodiscard]] Outcome finish_open();
  // Moves at most into.size() bytes; with layers there must be room for 32 KB at least.
  [[nodiscard]] Outcome read(std::span<std::byte> into) { return layer_ ? layer_->read(into) : socket_.read(into); }
  // Writes pieces in order, at most IOV_MAX (1024) of them; may write a part. What was not written comes again, first
  // of all and unchanged.
  [[nodiscard]] Outcome write(std::span<const iovec> pieces) {
    return layer_ ? layer_->write(pieces) : socket_.write(pieces);
  }
  // Ends our side of the stream; what the peer sends can still be read.
  void finish_writing();
  // See TcpTransport.
  void limit_receive_buffer(std::uint32_t bytes) { socket_.limit_receive_buffer(bytes); }
  // What close() does then is to send a TCP reset, and to forget what was not sent.
  void prepare_reset() { socket_.prepare_reset(); }
  // Called about twice a second.
  void rest() {
    if (layer_) layer_->rest();
  }
  // Idempotent.
  void close();

  [[nodiscard]] bool is_open() const { return socket_.is_open(); }
  // The descriptor to watch.
  [[nodiscard]] int socket() const { return socket_.socket(); }
  // There may be something to read that no event of the socket tells, right after finish_open().
  [[nodiscard]] bool has_layers() const { return layer_ != nullptr; }
  // What an outcome with this `error` means; before close().
  [[nodiscard]] Fault fault(int error) const;
  // For "no … within 10 s": what open() and finish_open() wait for.
  [[nodiscard]] const char* awaited() const { return connected_ ? layer_->awaited() : "TCP connection to"; }

  static constexpr std::size_t kScratchBytes = 16 * 1024;

 private:
  TcpTransport socket_;
  bool connected_ = false;  // the TCP handshake is over, those of the layers are not
  std::unique_ptr<Layer> layer_;
};

}  // namespace fleet::wire::mqtt
