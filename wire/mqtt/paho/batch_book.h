// Which publishes of which batches Paho still owes us.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "wire/mqtt/endpoint.h"

namespace fleet::wire::mqtt {

// Owned by one Paho endpoint, lives on its loop. Keeps a batch until its last publish is finished; bounded by
// queued_bytes_max and queued_publishes_max. A publish is named by its ticket, which is never used again: Paho may tell
// of one twice, or after it was given up.
class BatchBook {
 public:
  using Ticket = std::uint64_t;  // number of the batch << 24 | index

  struct Finished {
    std::uint64_t cookie = 0;
    ReasonCode worst = ReasonCode::success;
  };

  // `options` outlives the book.
  explicit BatchBook(const EndpointOptions& options) : options_(options) {}

  // Takes a batch (queued; `first` is the ticket of its publish 0, the others follow it), or not (full, too_large).
  [[nodiscard]] Offer take(std::shared_ptr<const PublishBatch> batch, std::uint64_t cookie, Ticket& first);
  // One publish is done; true when it was the last of its batch, and `out` is set. Nothing happens where it was done
  // before.
  bool finish(Ticket ticket, ReasonCode reason, Finished& out);
  // The batch of a publish that is not done; null otherwise.
  [[nodiscard]] const PublishBatch* find(Ticket ticket) const;
  [[nodiscard]] static std::uint32_t index_of(Ticket ticket) { return ticket & (kBatchMax - 1); }
  // All publishes that are not done, in the order in which they were taken.
  [[nodiscard]] std::vector<Ticket> unfinished() const;
  // Whether one of them is of that QoS.
  [[nodiscard]] bool holds(Qos qos) const;
  // True once after an Offer::full, when both backlogs have fallen to half of their bounds.
  [[nodiscard]] bool take_room();
  [[nodiscard]] Backlog backlog() const { return backlog_; }

 private:
  static constexpr std::uint32_t kIndexBits = 24;
  static constexpr std::uint32_t kBatchMax = 1u << kIndexBits;  // publishes in one batch

  struct Entry {
    std::shared_ptr<const PublishBatch> batch;
    std::uint64_t cookie = 0;
    std::uint64_t bytes = 0;
    std::size_t open = 0;
    std::vector<bool> is_done;  // by index
    ReasonCode worst = ReasonCode::success;
  };

  const EndpointOptions& options_;
  std::map<std::uint64_t, Entry> entries_;  // by number
  std::uint64_t next_number_ = 0;
  Backlog backlog_;
  bool full_told_ = false;
};

}  // namespace fleet::wire::mqtt
