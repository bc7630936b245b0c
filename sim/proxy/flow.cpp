#include "sim/proxy/flow.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "wire/error.h"

namespace fleet::sim {

using Chunk = ChunkPool::Chunk;

// One by one: a chain of a million would end itself by recursion.
ChunkPool::~ChunkPool() {
  while (spare_) spare_ = std::move(spare_->next);
}

std::unique_ptr<Chunk> ChunkPool::take() {
  FLEET_CHECK(left_ > 0);
  --left_;
  if (!spare_) return std::make_unique<Chunk>();
  std::unique_ptr<Chunk> chunk = std::move(spare_);
  spare_ = std::move(chunk->next);
  return chunk;
}

void ChunkPool::give_back(std::unique_ptr<Chunk> chunk) {
  ++left_;
  chunk->next = std::move(spare_);
  spare_ = std::move(chunk);
}

std::size_t Flow::room() const {
  const std::size_t in_last = last_ == nullptr ? 0 : Chunk::kBytes - last_used_;
  return std::min(kBytesMax - bytes_, in_last + pool_.left() * Chunk::kBytes);
}

void Flow::push(std::span<const std::byte> bytes, wire::TimePoint due) {
  FLEET_CHECK(bytes.size() <= room());
  if (bytes.empty()) return;
  last_due_ = empty() ? due : std::max(due, last_due_);
  if (!segments_.empty() && segments_.back().due == last_due_) {
    segments_.back().bytes += bytes.size();
  } else {
    segments_.push_back({last_due_, bytes.size()});
  }
  bytes_ += bytes.size();
  while (!bytes.empty()) {
    if (last_ == nullptr || last_used_ == Chunk::kBytes) {
      std::unique_ptr<Chunk> chunk = pool_.take();
      Chunk* const added = chunk.get();
      (last_ == nullptr ? first_ : last_->next) = std::move(chunk);
      last_ = added;
      last_used_ = 0;
    }
    const std::size_t part = std::min(bytes.size(), Chunk::kBytes - last_used_);
    std::memcpy(last_->bytes.data() + last_used_, bytes.data(), part);
    last_used_ += part;
    bytes = bytes.subspan(part);
  }
}

std::size_t Flow::gather(wire::TimePoint now, std::span<iovec> pieces) const {
  std::size_t due = 0;
  for (std::size_t i = 0; i < segments_.size() && segments_.at(i).due <= now; ++i) due += segments_.at(i).bytes;
  std::size_t count = 0;
  std::size_t skip = first_taken_;
  for (Chunk* chunk = first_.get(); due > 0 && count < pieces.size(); chunk = chunk->next.get()) {
    const std::size_t used = (chunk == last_ ? last_used_ : Chunk::kBytes) - skip;
    const std::size_t part = std::min(due, used);
    pieces[count++] = {chunk->bytes.data() + skip, part};
    due -= part;
    skip = 0;
  }
  return count;
}

void Flow::consume(std::size_t bytes) {
  FLEET_CHECK(bytes <= bytes_);
  bytes_ -= bytes;
  for (std::size_t left = bytes; left > 0;) {
    Segment& segment = segments_.front();
    const std::size_t part = std::min(left, segment.bytes);
    segment.bytes -= part;
    left -= part;
    if (segment.bytes == 0) segments_.pop_front();
  }
  first_taken_ += bytes;
  while (first_ && first_taken_ >= (first_.get() == last_ ? last_used_ : Chunk::kBytes)) {
    first_taken_ -= first_.get() == last_ ? last_used_ : Chunk::kBytes;
    std::unique_ptr<Chunk> rest = std::move(first_->next);
    pool_.give_back(std::exchange(first_, std::move(rest)));
    if (!first_) last_ = nullptr;
  }
}

void Flow::clear() {
  while (first_) {
    std::unique_ptr<Chunk> rest = std::move(first_->next);
    pool_.give_back(std::exchange(first_, std::move(rest)));
  }
  last_ = nullptr;
  first_taken_ = last_used_ = bytes_ = 0;
  segments_.clear();
}

}  // namespace fleet::sim
