#include "wire/mqtt/websocket_frames.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "wire/error.h"

namespace fleet::wire::mqtt {
namespace {

constexpr std::byte kFin{0x80};
constexpr std::byte kReserved{0x70};
constexpr std::byte kKind{0x0F};
constexpr std::byte kMasked{0x80};
constexpr std::byte kLength{0x7F};

bool is_control(FrameKind kind) { return static_cast<std::uint8_t>(kind) >= 0x8; }

void mask_bytes(std::span<std::byte> bytes, const std::array<std::byte, 4>& mask) {
  std::array<std::byte, 8> twice{};
  for (std::size_t i = 0; i < twice.size(); ++i) twice[i] = mask[i % 4];
  std::uint64_t word = 0;
  std::memcpy(&word, twice.data(), sizeof word);
  std::size_t at = 0;
  for (; at + sizeof word <= bytes.size(); at += sizeof word) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    value ^= word;
    std::memcpy(bytes.data() + at, &value, sizeof value);
  }
  for (; at < bytes.size(); ++at) bytes[at] ^= mask[at % 4];
}

}  // namespace

std::span<const std::byte> make_frame(FrameKind kind, std::uint32_t mask, std::span<std::byte> room,
                                      std::size_t payload_size) {
  FLEET_CHECK(payload_size <= 0xFFFF && kFrameHeaderMax + payload_size <= room.size());
  std::array<std::byte, 4> key{};
  std::memcpy(key.data(), &mask, sizeof mask);
  mask_bytes(room.subspan(kFrameHeaderMax, payload_size), key);
  const bool is_short = payload_size < 126;
  const std::size_t begin = is_short ? 2 : 0;
  room[begin] = kFin | static_cast<std::byte>(kind);
  if (is_short) {
    room[begin + 1] = kMasked | static_cast<std::byte>(payload_size);
  } else {
    room[1] = kMasked | std::byte{126};
    room[2] = static_cast<std::byte>(payload_size >> 8);
    room[3] = static_cast<std::byte>(payload_size & 0xFF);
  }
  std::memcpy(room.data() + kFrameHeaderMax - key.size(), key.data(), key.size());
  return room.subspan(begin, kFrameHeaderMax - begin + payload_size);
}

std::size_t FrameReader::header_length() const {
  const auto length = std::to_integer<unsigned>(header_[1] & kLength);
  return length < 126 ? 2 : length == 126 ? 4 : 10;
}

const char* FrameReader::begin_payload() {
  if ((header_[0] & kReserved) != std::byte{0}) return "a frame of an extension that nobody asked for";
  if ((header_[1] & kMasked) != std::byte{0}) return "a masked frame, which is for clients only";
  const std::size_t length = header_length();
  remaining_ = std::to_integer<std::uint64_t>(header_[1] & kLength);
  if (length > 2) {
    remaining_ = 0;
    for (std::size_t i = 2; i < length; ++i) remaining_ = remaining_ << 8 | std::to_integer<std::uint64_t>(header_[i]);
  }
  kind_ = static_cast<FrameKind>(header_[0] & kKind);
  const bool is_last = (header_[0] & kFin) != std::byte{0};
  header_size_ = 0;
  in_payload_ = true;
  switch (kind_) {
    case FrameKind::binary:
    case FrameKind::continuation:
      if ((kind_ == FrameKind::continuation) != in_message_) return "a continuation of no message, or none of one";
      in_message_ = !is_last;
      return nullptr;
    case FrameKind::close:
    case FrameKind::ping:
    case FrameKind::pong:
      if (!is_last || remaining_ > kControlPayloadMax) return "a control frame that is too long";
      if (kind_ == FrameKind::ping) ping_size_ = 0;
      return nullptr;
    case FrameKind::text:
      return "a text frame, where MQTT has binary ones";
  }
  return "a frame of an unknown kind";
}

FrameReader::Found FrameReader::take(std::span<std::byte> bytes) {
  Found found;
  std::size_t at = 0;
  while (!found.closed && found.fault == nullptr) {
    if (in_payload_ && remaining_ == 0) {
      in_payload_ = false;
      if (is_control(kind_)) end_control_frame(found);
      continue;
    }
    if (at == bytes.size()) return found;
    if (!in_payload_) {
      header_[header_size_++] = bytes[at++];
      if (header_size_ >= 2 && header_size_ == header_length()) found.fault = begin_payload();
      continue;
    }
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, bytes.size() - at));
    if (is_control(kind_)) {
      if (kind_ == FrameKind::ping) {
        std::memcpy(ping_.data() + ping_size_, bytes.data() + at, count);
        ping_size_ += count;
      }
    } else {
      std::memmove(bytes.data() + found.bytes, bytes.data() + at, count);
      found.bytes += count;
    }
    at += count;
    remaining_ -= count;
  }
  return found;
}

void FrameReader::end_control_frame(Found& found) {
  if (kind_ == FrameKind::close) found.closed = true;
  if (kind_ == FrameKind::ping) has_ping_ = true;
}

bool FrameReader::take_ping() { return std::exchange(has_ping_, false); }

}  // namespace fleet::wire::mqtt
