#include "wire/mqtt/websocket_layer.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

#include "wire/encoding.h"
#include "wire/error.h"
#include "wire/mqtt/piece_walk.h"
#include "wire/signing.h"

namespace fleet::wire::mqtt {
namespace {

// A broker that upgrades needs some hundred bytes.
constexpr std::size_t kReplyBytesMax = 8 * 1024;
// What a layer below wants for one read.
constexpr std::size_t kReadBytes = 32 * 1024;
// RFC 6455 §7.4.1: 1000, a normal end.
constexpr std::array<std::byte, 2> kNormalEnd{std::byte{0x03}, std::byte{0xE8}};

template <class T>
T random_value() {
  T value{};
  FLEET_CHECK(::getrandom(&value, sizeof value, 0) == ssize_t{sizeof value});  // does not fail for 256 bytes or less
  return value;
}

// RFC 6455 §4.2.2: base64(SHA-1(key and the GUID)).
std::string accept_of(const std::string& key) {
  const std::string hex = hash_hex(HashMethod::sha1, key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
  std::array<std::byte, 20> digest{};
  for (std::size_t i = 0; i < digest.size(); ++i) {
    std::uint8_t byte = 0;
    std::from_chars(hex.data() + 2 * i, hex.data() + 2 * i + 2, byte, 16);
    digest[i] = std::byte{byte};
  }
  return base64_encode(digest);
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

// The value of a field of an HTTP header, without white space around it; empty where it is missing.
std::string_view field_of(std::string_view header, std::string_view name) {
  for (std::size_t line = header.find("\r\n"); line != std::string_view::npos; line = header.find("\r\n", line)) {
    line += 2;
    const std::string_view rest = header.substr(line, header.find("\r\n", line) - line);
    const std::size_t colon = rest.find(':');
    if (colon == std::string_view::npos || !equal_ignoring_case(rest.substr(0, colon), name)) continue;
    std::string_view value = rest.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
    return value;
  }
  return {};
}

}  // namespace

WebSocketLayer::WebSocketLayer(TcpTransport& socket, std::unique_ptr<Layer> below, const std::string& host,
                               std::span<std::byte> scratch)
    : socket_(socket), below_(std::move(below)), scratch_(scratch), mask_state_(random_value<std::uint64_t>()) {
  const auto nonce = random_value<std::array<std::byte, 16>>();
  const std::string key = base64_encode(nonce);
  accept_ = accept_of(key);
  text_ = "GET /mqtt HTTP/1.1\r\nHost: " + host +
          "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + key +
          "\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n";
}

const char* WebSocketLayer::awaited() const {
  return stage_ == Stage::below && below_ ? below_->awaited() : "WebSocket handshake with";
}

Layer::Outcome WebSocketLayer::write_below(std::span<const std::byte> bytes) {
  const iovec piece{const_cast<std::byte*>(bytes.data()), bytes.size()};  // a write only reads
  return below_ ? below_->write({&piece, 1}) : socket_.write({&piece, 1});
}

Layer::Outcome WebSocketLayer::shake_hands() {
  if (over_.status != Status::done) return over_;
  if (stage_ == Stage::below) {
    if (below_) {
      const Outcome outcome = below_->shake_hands();
      if (outcome.status != Status::done) return outcome;
    }
    stage_ = Stage::asking;
  }
  if (stage_ == Stage::asking) {
    const Outcome outcome = ask();
    if (outcome.status != Status::done) return outcome;
    stage_ = Stage::waiting;
  }
  return stage_ == Stage::waiting ? wait_for_reply() : Outcome{};
}

Layer::Outcome WebSocketLayer::ask() {
  while (!text_.empty()) {
    const Outcome outcome = write_below(std::as_bytes(std::span(text_)));
    if (outcome.status == Status::would_block) return {Status::would_block, 0, 0, true};
    if (outcome.status != Status::done) return outcome;
    text_.erase(0, outcome.bytes);
  }
  return {};
}

Layer::Outcome WebSocketLayer::wait_for_reply() {
  std::array<std::byte, kReadBytes> buffer;
  for (;;) {
    const Outcome outcome = read_below(buffer);
    if (outcome.status == Status::ended) return fail("the broker closed the connection during the WebSocket handshake");
    if (outcome.status != Status::done) return outcome;
    text_.append(reinterpret_cast<const char*>(buffer.data()), outcome.bytes);
    const std::size_t end = text_.find("\r\n\r\n");
    if (end == std::string::npos) {
      if (text_.size() > kReplyBytesMax) return fail("the broker answers the WebSocket handshake without an end");
      continue;
    }
    const std::string_view header = std::string_view(text_).substr(0, end + 2);
    const std::string_view status = header.substr(0, header.find("\r\n"));
    if (!status.starts_with("HTTP/1.1 101")) {
      return fail("the broker answers the WebSocket handshake with '" + std::string(status.substr(0, 60)) + "'");
    }
    if (field_of(header, "Sec-WebSocket-Accept") != accept_) return fail("the broker's WebSocket handshake is wrong");
    if (field_of(header, "Sec-WebSocket-Protocol") != "mqtt") {
      return fail("the broker does not speak the WebSocket sub-protocol mqtt");
    }
    const auto behind = std::as_bytes(std::span(text_)).subspan(end + 4);
    early_.assign(behind.begin(), behind.end());
    stage_ = Stage::open;
    text_ = {};
    accept_ = {};
    return {};
  }
}

Layer::Outcome WebSocketLayer::fail(std::string text) {
  fault_ = {stage_ == Stage::open ? Cause::connection_lost : Cause::websocket_refused, std::move(text)};
  over_ = {Status::failed, 0, kLayerError, false};
  return over_;
}

Layer::Outcome WebSocketLayer::read(std::span<std::byte> into) {
  if (over_.status != Status::done) return over_;
  if (!early_.empty()) {
    const std::size_t size = std::min(early_.size(), into.size());
    std::memcpy(into.data(), early_.data(), size);
    early_ = {};
    const Outcome outcome = take(into.first(size));
    if (outcome.status != Status::done || outcome.bytes > 0)
      return {outcome.status, outcome.bytes, outcome.error, true};
  }
  for (;;) {
    const Outcome below = read_below(into);
    if (below.status != Status::done) return below;
    const Outcome outcome = take(into.first(below.bytes));
    if (outcome.status != Status::done) return outcome;
    if (outcome.bytes > 0) return {Status::done, outcome.bytes, 0, below.more || over_.status != Status::done};
  }
}

Layer::Outcome WebSocketLayer::take(std::span<std::byte> bytes) {
  const FrameReader::Found found = frames_.take(bytes);
  if (frames_.take_ping()) {
    owes_pong_ = true;
    if (rest_.empty()) send_pong();
  }
  if (found.fault != nullptr) {
    (void)fail(std::string("the broker sent ") + found.fault);
  } else if (found.closed) {
    if (rest_.empty() && !std::exchange(told_close_, true)) send_control(FrameKind::close, kNormalEnd);
    over_ = {Status::ended, 0, 0, false};
  }
  if (found.bytes > 0) return {Status::done, found.bytes, 0, false};
  return over_;
}

bool WebSocketLayer::flush(Outcome& outcome) {
  while (!rest_.empty()) {
    outcome = write_below(rest_);
    if (outcome.status != Status::done) return false;
    rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(outcome.bytes));
  }
  return true;
}

Layer::Outcome WebSocketLayer::write(std::span<const iovec> pieces) {
  if (over_.status == Status::failed) return over_;
  Outcome blocked;
  if (!flush(blocked)) return blocked;
  if (owes_pong_) send_pong();
  if (!flush(blocked)) return blocked;
  Outcome outcome;
  PieceWalk walk(pieces);
  outcome.bytes = std::exchange(rest_covers_, 0);
  walk.advance(outcome.bytes);
  const std::span<std::byte> room = scratch_.subspan(kFrameHeaderMax);
  for (;;) {
    const std::span<const std::byte> part = walk.look(room);
    if (part.empty()) return outcome;
    if (part.data() != room.data()) std::memcpy(room.data(), part.data(), part.size());
    const std::span<const std::byte> frame = make_frame(FrameKind::binary, next_mask(), scratch_, part.size());
    const Outcome below = write_below(frame);
    if (below.status == Status::failed) return outcome.bytes == 0 ? below : outcome;
    if (below.bytes < frame.size()) {
      const auto rest = frame.subspan(below.bytes);
      rest_.assign(rest.begin(), rest.end());
      rest_covers_ = part.size();
      if (outcome.bytes == 0) outcome.status = Status::would_block;
      return outcome;
    }
    outcome.bytes += part.size();
    walk.advance(part.size());
  }
}

void WebSocketLayer::send_pong() {
  owes_pong_ = false;
  send_control(FrameKind::pong, frames_.ping());
}

void WebSocketLayer::send_control(FrameKind kind, std::span<const std::byte> payload) {
  std::array<std::byte, kFrameHeaderMax + kControlPayloadMax> room{};
  std::copy(payload.begin(), payload.end(), room.begin() + kFrameHeaderMax);
  const std::span<const std::byte> frame = make_frame(kind, next_mask(), room, payload.size());
  const Outcome below = write_below(frame);
  const auto rest = frame.subspan(below.bytes);
  // What there is no room for goes in front of the next write.
  if (below.status != Status::failed) rest_.assign(rest.begin(), rest.end());
}

void WebSocketLayer::finish_writing() {
  if (stage_ == Stage::open && rest_.empty() && over_.status != Status::failed && !std::exchange(told_close_, true)) {
    send_control(FrameKind::close, kNormalEnd);
  }
  if (below_) {
    below_->finish_writing();
  } else {
    socket_.finish_writing();
  }
}

void WebSocketLayer::rest() {
  if (rest_.empty()) rest_ = {};
  if (below_) below_->rest();
}

// SplitMix64 from a start that the kernel chose.
std::uint32_t WebSocketLayer::next_mask() {
  std::uint64_t z = mask_state_ += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return static_cast<std::uint32_t>(z >> 32);
}

}  // namespace fleet::wire::mqtt
