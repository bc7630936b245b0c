// The publishes that are on their way into the socket: one arena of headers and references to the payloads, as the
// pieces of a gathered write.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "wire/mqtt/endpoint.h"

namespace fleet::wire::mqtt {

// Borrowed by a connection from its ConnectionContext while it is writing, so that thousands of quiet connections have
// none. Reused, so that nothing is allocated after warm-up.
class WriteWindow {
 public:
  // Two pieces a publish; IOV_MAX is 1,024 on Linux.
  static constexpr std::size_t kPublishesMax = 512;
  // A window takes no further publish beyond this many bytes: about what a socket buffer holds, and what a control
  // packet may have to wait for.
  static constexpr std::size_t kBytesMax = 256 * 1024;

  // Which publish of which batch of the outbox.
  struct Placed {
    std::uint32_t slot = 0;
    std::uint32_t index = 0;
    Qos qos = Qos::at_most_once;
  };

  void clear();
  [[nodiscard]] bool has_room() const { return placed_.size() < kPublishesMax && bytes_ < kBytesMax; }

  // Adds one publish: its header was appended to headers(), the payload belongs to `batch`, which is kept until
  // clear().
  void place(Placed which, const std::shared_ptr<const PublishBatch>& batch);
  [[nodiscard]] std::vector<std::byte>& headers() { return headers_; }
  // After the last place(): makes the pieces.
  void seal();

  [[nodiscard]] bool done() const { return next_piece_ == pieces_.size(); }
  // For one gathered write.
  [[nodiscard]] std::span<const iovec> unwritten() const { return std::span(pieces_).subspan(next_piece_); }
  // The socket took `bytes` of unwritten(). Returns the publishes that are wholly written by it.
  std::span<const Placed> advance(std::size_t bytes);
  // Publishes of which at least the last byte is not written.
  [[nodiscard]] std::span<const Placed> unfinished() const { return std::span(placed_).subspan(next_piece_ / 2); }

 private:
  std::vector<std::byte> headers_;
  std::vector<std::size_t> header_ends_;  // offsets in headers_, one a publish
  std::vector<std::span<const std::byte>> payloads_;
  std::vector<Placed> placed_;
  std::vector<std::shared_ptr<const PublishBatch>> kept_;  // each batch once
  std::vector<iovec> pieces_;                              // header and payload of each publish in turn
  std::size_t next_piece_ = 0;                             // the first piece that is not wholly written
  std::size_t bytes_ = 0;
};

}  // namespace fleet::wire::mqtt
