// Bytes on their way through the proxy, in one direction of one connection. No sockets and no clock.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "wire/clock.h"
#include "wire/mqtt/fifo.h"

namespace fleet::sim {

// Lends memory to all flows of a proxy, up to a bound. Keeps what comes back.
class ChunkPool {
 public:
  struct Chunk {
    static constexpr std::size_t kBytes = 2'040;
    std::unique_ptr<Chunk> next;
    std::array<std::byte, kBytes> bytes;
  };

  // `chunks_max`: lent out at once.
  explicit ChunkPool(std::size_t chunks_max) : left_(chunks_max) {}
  ~ChunkPool();
  ChunkPool(const ChunkPool&) = delete;
  ChunkPool& operator=(const ChunkPool&) = delete;

  [[nodiscard]] std::size_t left() const { return left_; }
  // Where left() is not 0.
  [[nodiscard]] std::unique_ptr<Chunk> take();
  void give_back(std::unique_ptr<Chunk> chunk);

 private:
  std::size_t left_;
  std::unique_ptr<Chunk> spare_;
};

// Owned by a relay; lives on the proxy's thread.
class Flow {
 public:
  // What one connection may have under way: 50 ms of 20 MB/s.
  static constexpr std::size_t kBytesMax = 1u << 20;

  // `pool` outlives the flow.
  explicit Flow(ChunkPool& pool) : pool_(pool) {}
  ~Flow() { clear(); }
  Flow(const Flow&) = delete;
  Flow& operator=(const Flow&) = delete;

  [[nodiscard]] bool empty() const { return bytes_ == 0; }
  [[nodiscard]] std::size_t size() const { return bytes_; }
  // How many bytes push() takes now.
  [[nodiscard]] std::size_t room() const;
  // Appends bytes, room() of them at most, that may go on at `due`, and not before those in front of them.
  void push(std::span<const std::byte> bytes, wire::TimePoint due);
  // When the first byte may go on; not of an empty flow.
  [[nodiscard]] wire::TimePoint due() const { return segments_.front().due; }
  // When the last one may; the epoch of an empty flow.
  [[nodiscard]] wire::TimePoint last_due() const { return empty() ? wire::TimePoint{} : last_due_; }
  // The bytes that may go on at `now`, in order, in as many pieces as fit; how many pieces those are.
  [[nodiscard]] std::size_t gather(wire::TimePoint now, std::span<iovec> pieces) const;
  // The first bytes are gone; no more of them than gather() has told.
  void consume(std::size_t bytes);
  void clear();

 private:
  struct Segment {
    wire::TimePoint due{};
    std::size_t bytes = 0;
  };

  ChunkPool& pool_;
  wire::mqtt::Fifo<Segment> segments_;
  std::unique_ptr<ChunkPool::Chunk> first_;
  ChunkPool::Chunk* last_ = nullptr;
  std::size_t first_taken_ = 0;  // bytes of the first chunk that are gone
  std::size_t last_used_ = 0;    // bytes of the last chunk that are written
  std::size_t bytes_ = 0;
  wire::TimePoint last_due_{};
};

}  // namespace fleet::sim
