#include "wire/mqtt/transport.h"

#include <utility>

#include "wire/mqtt/tls_layer.h"
#include "wire/mqtt/websocket_layer.h"

namespace fleet::wire::mqtt {

Transport::Outcome Transport::open(const NativeOptions& options, std::span<std::byte> scratch) {
  close();
  const Outcome opened = socket_.open(options.broker, options.local_address);
  if (options.stream == nullptr || opened.status == Status::failed) return opened;
  const StreamOptions& stream = *options.stream;
  if (stream.tls != nullptr) layer_ = std::make_unique<TlsLayer>(socket_, *stream.tls, scratch);
  if (stream.websocket) {
    layer_ = std::make_unique<WebSocketLayer>(socket_, std::move(layer_), stream.host, scratch);
  }
  // Also where the TCP handshake is over already: the socket is writable, and will say so.
  return {Status::would_block, 0, 0, false};
}

Transport::Outcome Transport::finish_open() {
  if (!connected_) {
    const Outcome opened = socket_.finish_open();
    if (opened.status == Status::failed || !layer_) return opened;
    connected_ = true;
  }
  return layer_->shake_hands();
}

void Transport::finish_writing() {
  if (layer_) {
    layer_->finish_writing();
  } else {
    socket_.finish_writing();
  }
}

void Transport::close() {
  layer_.reset();
  connected_ = false;
  socket_.close();
}

Fault Transport::fault(int error) const {
  if (error == Layer::kLayerError && layer_) return layer_->fault();
  return {cause_of_errno(error), describe_errno(error)};
}

}  // namespace fleet::wire::mqtt
