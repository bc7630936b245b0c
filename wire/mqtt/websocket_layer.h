// WebSocket between an MQTT connection and its socket, or above TLS: sub-protocol mqtt (MQTT 5.0 §6, RFC 6455).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "wire/mqtt/layer.h"
#include "wire/mqtt/websocket_frames.h"

namespace fleet::wire::mqtt {

// The client's side. One write fills frames of up to 16 KB; the payload of what arrives is moved together in place. A
// quiet connection holds no buffer.
class WebSocketLayer final : public Layer {
 public:
  // `below` is what the frames go through; null: `socket` itself. `host` is HOST:PORT of the broker. `socket` and
  // `scratch` (16 KB, of use during a call only) outlive the layer.
  WebSocketLayer(TcpTransport& socket, std::unique_ptr<Layer> below, const std::string& host,
                 std::span<std::byte> scratch);

  [[nodiscard]] Outcome shake_hands() override;
  [[nodiscard]] Outcome read(std::span<std::byte> into) override;
  [[nodiscard]] Outcome write(std::span<const iovec> pieces) override;
  void finish_writing() override;
  void rest() override;
  [[nodiscard]] const Fault& fault() const override {
    return fault_.cause == Cause::none && below_ ? below_->fault() : fault_;
  }
  [[nodiscard]] const char* awaited() const override;

 private:
  enum class Stage : std::uint8_t { below, asking, waiting, open };

  [[nodiscard]] Outcome read_below(std::span<std::byte> into) {
    return below_ ? below_->read(into) : socket_.read(into);
  }
  [[nodiscard]] Outcome write_below(std::span<const std::byte> bytes);
  [[nodiscard]] Outcome ask();
  [[nodiscard]] Outcome wait_for_reply();
  [[nodiscard]] Outcome fail(std::string text);
  // What a part of the stream holds; an outcome that is done with no bytes: nothing for MQTT.
  [[nodiscard]] Outcome take(std::span<std::byte> bytes);
  // Sends what was begun; true when nothing is left.
  [[nodiscard]] bool flush(Outcome& outcome);
  // A frame that is no data, as far as there is room for it.
  void send_control(FrameKind kind, std::span<const std::byte> payload);
  void send_pong();
  // Not to be foreseen by whoever chooses the payloads (RFC 6455 §5.3).
  [[nodiscard]] std::uint32_t next_mask();

  TcpTransport& socket_;
  const std::unique_ptr<Layer> below_;
  const std::span<std::byte> scratch_;
  FrameReader frames_;
  Stage stage_ = Stage::below;
  bool owes_pong_ = false;
  bool told_close_ = false;
  Outcome over_;  // ended or failed: what every further call says
  std::uint64_t mask_state_ = 0;
  std::string text_;              // the request, then the reply; empty once open
  std::string accept_;            // what the reply must hold; empty once open
  std::vector<std::byte> early_;  // what came behind the reply
  std::vector<std::byte> rest_;   // the end of a frame that the socket did not take
  std::size_t rest_covers_ = 0;   // bytes of the owner's that are in that frame
  Fault fault_;
};

}  // namespace fleet::wire::mqtt
