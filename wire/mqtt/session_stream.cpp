// Cuts packets out of the broker's byte stream, whole ones in place and pieces in a borrowed buffer.
#include <algorithm>
#include <utility>

#include "wire/mqtt/session.h"

namespace fleet::wire::mqtt {
namespace {

constexpr std::size_t kSpareBuffersMax = 64;  // beyond that, buffers go back to the heap
// A piece's buffer is made this large at once; a longer packet doubles it as its bytes really come.
constexpr std::size_t kPieceReserveMax = 512 * 1024;

}  // namespace

void Actions::recycle() {
  for (std::vector<std::byte>& buffer : used_buffers) {
    if (spare_buffers.size() == kSpareBuffersMax) break;
    buffer.clear();
    spare_buffers.push_back(std::move(buffer));
  }
  used_buffers.clear();
}

void Actions::add_granted(Event& event, const ReasonCodes& codes) {
  const ReasonCode* before = granted.data();
  const std::size_t begin = granted.size();
  for (std::size_t index = 0; index < codes.size(); ++index) granted.push_back(codes[index]);
  event.granted = std::span(granted).subspan(begin);
  if (granted.data() == before) return;
  // The storage moved: what earlier events see moves with it.
  std::size_t at = 0;
  for (Event& earlier : events) {
    if (earlier.granted.empty()) continue;
    earlier.granted = std::span(granted).subspan(at, earlier.granted.size());
    at += earlier.granted.size();
  }
}

void Session::on_bytes(std::span<const std::byte> in, TimePoint now, Actions& out) {
  if (phase_ != Phase::connecting && phase_ != Phase::connected) return;
  last_received_ = now;
  const std::size_t output_before = out.output.size();
  if (!piece_.empty()) in = receive_piece(in, out);
  in = receive_whole(in, out);
  if (!in.empty()) keep_piece(in, out);
  if (out.output.size() != output_before) last_written_ = now;
}

bool Session::accept(FrameStatus status, const Frame& frame, Actions& out) {
  if (status == FrameStatus::malformed) {
    close(ReasonCode::malformed_packet, "the broker sent a malformed remaining length", out);
    return false;
  }
  if (status == FrameStatus::too_large) {
    close(ReasonCode::packet_too_large, "the broker sent a packet above our maximum packet size", out);
    return false;
  }
  if (status == FrameStatus::complete) receive(frame, out);
  return phase_ == Phase::connecting || phase_ == Phase::connected;
}

std::span<const std::byte> Session::receive_whole(std::span<const std::byte> in, Actions& out) {
  while (!in.empty()) {
    Frame frame;
    const FrameStatus status = split_frame(options_->version, in, options_->maximum_packet_size, frame);
    if (status == FrameStatus::incomplete) return in;
    if (!accept(status, frame, out)) return {};
    in = in.subspan(frame.size);
  }
  return in;
}

void Session::keep_piece(std::span<const std::byte> in, Actions& out) {
  if (!out.spare_buffers.empty()) {
    piece_ = std::move(out.spare_buffers.back());
    out.spare_buffers.pop_back();
  }
  Frame frame;
  piece_size_ = 0;
  if (split_frame(options_->version, in, options_->maximum_packet_size, frame) == FrameStatus::incomplete) {
    piece_size_ = static_cast<std::uint32_t>(frame.size);
  }
  piece_.reserve(std::min<std::size_t>(std::max(piece_size_, 16U), kPieceReserveMax));
  piece_.assign(in.begin(), in.end());
}

std::span<const std::byte> Session::receive_piece(std::span<const std::byte> in, Actions& out) {
  Frame frame;
  // At most five bytes go in singly: then the length is known.
  while (piece_size_ == 0 && !in.empty()) {
    piece_.push_back(in.front());
    in = in.subspan(1);
    const FrameStatus status = split_frame(options_->version, piece_, options_->maximum_packet_size, frame);
    if (status == FrameStatus::malformed || status == FrameStatus::too_large) {
      accept(status, frame, out);
      return {};
    }
    piece_size_ = static_cast<std::uint32_t>(frame.size);
    if (piece_size_ != 0) piece_.reserve(std::min<std::size_t>(piece_size_, kPieceReserveMax));
  }
  if (piece_size_ == 0) return in;
  const std::size_t taken = std::min<std::size_t>(piece_size_ - piece_.size(), in.size());
  piece_.insert(piece_.end(), in.begin(), in.begin() + static_cast<std::ptrdiff_t>(taken));
  in = in.subspan(taken);
  if (piece_.size() < piece_size_) return in;

  // The events point into the buffer: it stays in `out` until they are done with.
  const std::vector<std::byte>& whole = out.used_buffers.emplace_back(std::exchange(piece_, {}));
  piece_size_ = 0;
  const FrameStatus status = split_frame(options_->version, whole, options_->maximum_packet_size, frame);
  return accept(status, frame, out) ? in : std::span<const std::byte>();
}

void Session::give_back_piece(Actions& out) {
  piece_size_ = 0;
  if (piece_.capacity() != 0) out.used_buffers.push_back(std::exchange(piece_, {}));
}

}  // namespace fleet::wire::mqtt
