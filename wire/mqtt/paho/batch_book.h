// Which publishes of which batches Paho still owes us.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "wire/mqtt/endpoint.h"

namespace fleet::wire::mqtt {

// Owned by one Paho endpoint, lives on its loop. Keeps a batch until its last publish is finished; bounded by
// queued_bytes_max and queued_publishes_max. A publish is named by its ticket.
class BatchBook {
 public:
  using Ticket = std::uint64_t;  // slot << 32 | index

  struct Finished {
    std::uint64_t cookie = 0;
    ReasonCode worst = ReasonCode::success;
  };

  // `options` outlives the book.
  explicit BatchBook(const EndpointOptions& options) : options_(options) {}

  // Takes a batch (queued; `first` is the ticket of its publish 0, the others follow it), or not (full, too_large).
  [[nodiscard]] Offer take(std::shared_ptr<const PublishBatch> batch, std::uint64_t cookie, Ticket& first);
  // One publish is done; true when it was the last of its batch and `out` is set.
  bool finish(Ticket ticket, ReasonCode reason, Finished& out);
  [[nodiscard]] const PublishBatch& batch_of(Ticket ticket) const;
  [[nodiscard]] static std::uint32_t index_of(Ticket ticket) { return static_cast<std::uint32_t>(ticket); }
  // True once after an Offer::full, when both backlogs have fallen to half of their bounds.
  [[nodiscard]] bool take_room();
  [[nodiscard]] Backlog backlog() const { return backlog_; }

 private:
  struct Entry {
    std::shared_ptr<const PublishBatch> batch;  // null: the slot is free
    std::uint64_t cookie = 0;
    std::uint64_t bytes = 0;
    std::uint32_t open = 0;
    ReasonCode worst = ReasonCode::success;
  };

  const EndpointOptions& options_;
  std::vector<Entry> entries_;  // by slot
  std::vector<std::uint32_t> free_slots_;
  Backlog backlog_;
  bool full_told_ = false;
};

}  // namespace fleet::wire::mqtt
