// Pieces of a gathered write as parts of a size that suits a record or a frame.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>

namespace fleet::wire::mqtt {

// Looks at pieces in order; the pieces outlive it.
class PieceWalk {
 public:
  explicit PieceWalk(std::span<const iovec> pieces) : pieces_(pieces) { skip_empty(); }

  // The next bytes, as many as there are and at most `scratch.size()`; empty: none are left. Where one piece holds all
  // of them they are shown in place, otherwise copied into `scratch`.
  [[nodiscard]] std::span<const std::byte> look(std::span<std::byte> scratch) const {
    if (pieces_.empty()) return {};
    const std::span<const std::byte> first = bytes_of(pieces_.front()).subspan(offset_);
    if (first.size() >= scratch.size() || pieces_.size() == 1)
      return first.first(std::min(first.size(), scratch.size()));
    std::size_t filled = 0;
    std::size_t offset = offset_;
    for (const iovec& piece : pieces_) {
      const std::span<const std::byte> rest = bytes_of(piece).subspan(offset);
      const std::size_t count = std::min(rest.size(), scratch.size() - filled);
      if (count > 0) std::memcpy(scratch.data() + filled, rest.data(), count);
      filled += count;
      offset = 0;
      if (filled == scratch.size()) break;
    }
    return scratch.first(filled);
  }
  // Goes past `count` bytes, at most those that look() showed.
  void advance(std::size_t count) {
    while (count > 0) {
      const std::size_t here = std::min(count, pieces_.front().iov_len - offset_);
      offset_ += here;
      count -= here;
      skip_empty();
    }
  }

 private:
  static std::span<const std::byte> bytes_of(const iovec& piece) {
    return {static_cast<const std::byte*>(piece.iov_base), piece.iov_len};
  }
  void skip_empty() {
    while (!pieces_.empty() && offset_ == pieces_.front().iov_len) {
      pieces_ = pieces_.subspan(1);
      offset_ = 0;
    }
  }

  std::span<const iovec> pieces_;
  std::size_t offset_ = 0;  // in the first piece
};

}  // namespace fleet::wire::mqtt
