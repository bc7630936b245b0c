#include "wire/mqtt/write_window.h"

#include "wire/error.h"

namespace fleet::wire::mqtt {
namespace {

iovec piece_of(std::span<const std::byte> bytes) {
  return {const_cast<std::byte*>(bytes.data()), bytes.size()};  // gathered writes only read
}

}  // namespace

void WriteWindow::clear() {
  headers_.clear();
  header_ends_.clear();
  payloads_.clear();
  placed_.clear();
  kept_.clear();
  pieces_.clear();
  next_piece_ = 0;
  bytes_ = 0;
}

void WriteWindow::place(Placed which, const std::shared_ptr<const PublishBatch>& batch) {
  const std::size_t header_begin = header_ends_.empty() ? 0 : header_ends_.back();
  header_ends_.push_back(headers_.size());
  const std::span<const std::byte> payload = batch->payload_bytes();
  payloads_.push_back(payload);
  placed_.push_back(which);
  bytes_ += headers_.size() - header_begin + payload.size();
  if (kept_.empty() || kept_.back() != batch) kept_.push_back(batch);
}

void WriteWindow::seal() {
  const std::span<const std::byte> headers(headers_);
  std::size_t begin = 0;
  for (std::size_t i = 0; i < placed_.size(); ++i) {
    pieces_.push_back(piece_of(headers.subspan(begin, header_ends_[i] - begin)));
    pieces_.push_back(piece_of(payloads_[i]));
    begin = header_ends_[i];
  }
}

std::span<const WriteWindow::Placed> WriteWindow::advance(std::size_t bytes) {
  const std::size_t first = next_piece_ / 2;
  while (next_piece_ < pieces_.size()) {
    iovec& piece = pieces_[next_piece_];
    if (bytes < piece.iov_len) {
      piece.iov_base = static_cast<std::byte*>(piece.iov_base) + bytes;
      piece.iov_len -= bytes;
      bytes = 0;
      break;
    }
    bytes -= piece.iov_len;  // also passes over an empty payload
    ++next_piece_;
  }
  FLEET_CHECK(bytes == 0);
  return std::span<const Placed>(placed_).subspan(first, next_piece_ / 2 - first);
}

}  // namespace fleet::wire::mqtt
