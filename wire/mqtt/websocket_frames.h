// WebSocket frames of a client (RFC 6455 §5), binary ones for MQTT. No I/O.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace fleet::wire::mqtt {

enum class FrameKind : std::uint8_t {
  continuation = 0x0,
  text = 0x1,
  binary = 0x2,
  close = 0x8,
  ping = 0x9,
  pong = 0xA
};

// Of a frame that a client sends with at most 65,535 bytes: kind, length, mask.
inline constexpr std::size_t kFrameHeaderMax = 8;
// Payload of ping, pong and close (RFC 6455 §5.5).
inline constexpr std::size_t kControlPayloadMax = 125;

// Makes a frame of a payload that lies kFrameHeaderMax bytes into `room`: masks it in place and writes the header in
// front of it. Returns the frame, which ends where the payload does. payload_size <= 65,535.
[[nodiscard]] std::span<const std::byte> make_frame(FrameKind kind, std::uint32_t mask, std::span<std::byte> room,
                                                    std::size_t payload_size);

// Takes apart what a broker sends, in pieces of any size. Owned by one connection.
class FrameReader {
 public:
  // What take() has found.
  struct Found {
    std::size_t bytes = 0;        // of data
    bool closed = false;          // a close frame: nothing behind it counts
    const char* fault = nullptr;  // the broker broke the protocol: why
  };

  // Moves the data of `bytes` to its front, without headers and control frames.
  [[nodiscard]] Found take(std::span<std::byte> bytes);
  // True once after a ping; its payload, which the pong has to repeat, is in ping() until the next one comes.
  [[nodiscard]] bool take_ping();
  [[nodiscard]] std::span<const std::byte> ping() const { return std::span(ping_).first(ping_size_); }

 private:
  // Length of the header that begins with header_[0, 2).
  [[nodiscard]] std::size_t header_length() const;
  // The header is whole; null, or what is wrong with it.
  [[nodiscard]] const char* begin_payload();
  void end_control_frame(Found& found);

  std::array<std::byte, 10> header_{};
  std::size_t header_size_ = 0;  // bytes of it that are there; 0 while a payload is read
  bool in_payload_ = false;
  FrameKind kind_ = FrameKind::binary;
  std::uint64_t remaining_ = 0;  // of the payload
  bool in_message_ = false;      // continuations may come
  bool has_ping_ = false;
  std::array<std::byte, kControlPayloadMax> ping_{};
  std::size_t ping_size_ = 0;
};

}  // namespace fleet::wire::mqtt
