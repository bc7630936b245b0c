// The publishes that one connection owes its broker: queued, in flight, to be sent again. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "wire/mqtt/endpoint.h"
#include "wire/mqtt/fifo.h"
#include "wire/mqtt/session.h"
#include "wire/mqtt/write_window.h"

namespace fleet::wire::mqtt {

// Owned by one connection, lives on its loop; made at the first publish. Batches are kept until their last publish is
// written (QoS 0) or acknowledged (QoS 1 and 2), over any number of connections. Bounded by queued_bytes_max and
// queued_publishes_max. An acknowledgement costs O(1) and no allocation.
class Outbox {
 public:
  // A batch of which nothing is owed any more.
  struct Finished {
    std::uint64_t cookie = 0;
    ReasonCode worst = ReasonCode::success;
  };

  // `options` outlives the outbox.
  explicit Outbox(const EndpointOptions& options) : options_(options) {}

  // Takes the batch whole (queued), or not at all (full, too_large). `packet_size_max`: the broker's limit in bytes.
  [[nodiscard]] Offer offer(std::shared_ptr<const PublishBatch> batch, std::uint64_t cookie,
                            std::uint32_t packet_size_max);

  // Fills an empty window with the next publishes: those to be sent again first, then the queue in order. Takes their
  // identifiers from the session and stops where its window is full. What the broker does not support is finished with
  // a refusal instead.
  void fill(Session& session, TimePoint now, WriteWindow& window);
  // The socket took `bytes` of the window's unwritten pieces.
  void note_written(WriteWindow& window, std::size_t bytes);
  // The connection is gone; `window` is null when nothing was on its way. QoS 0 publishes that are not wholly written
  // go back to the head of the queue; QoS 1 and 2 wait for resend() or renew().
  void note_lost(const WriteWindow* window);

  // The session's events, with the cookies that fill() gave it.
  void acknowledged(std::uint64_t session_cookie, ReasonCode reason);
  void resend(std::uint64_t session_cookie, std::uint16_t packet_id);
  void renew(std::uint64_t session_cookie);

  // Anything that fill() could place, if the session's window allows.
  [[nodiscard]] bool has_unplaced() const { return !retries_.empty() || !queue_.empty(); }
  // Takes the next finished batch, in the order they finished.
  [[nodiscard]] bool take_finished(Finished& out);
  [[nodiscard]] bool has_finished() const { return !finished_.empty(); }
  // True once after an Offer::full, when both backlogs have fallen to half of their bounds.
  [[nodiscard]] bool take_room();
  [[nodiscard]] Backlog backlog() const { return {publishes_, bytes_}; }

 private:
  struct Entry {
    std::shared_ptr<const PublishBatch> batch;  // null: the slot is free
    std::uint64_t cookie = 0;
    std::uint64_t bytes = 0;       // its share of bytes_
    std::uint32_t next = 0;        // the first publish that was never placed
    std::uint32_t open = 0;        // publishes not yet finished
    std::uint32_t generation = 0;  // how often the slot was freed
    ReasonCode worst = ReasonCode::success;
  };
  struct Retry {
    std::uint32_t slot = 0;
    std::uint32_t index = 0;
    std::uint32_t generation = 0;  // of the slot; a broker may acknowledge before we have sent again
    std::uint16_t packet_id = 0;   // 0: as a new publish; otherwise again with DUP
  };

  [[nodiscard]] Entry& entry_of(std::uint64_t session_cookie);
  void finish_one(std::uint32_t slot, ReasonCode reason);
  void add_retry(std::uint64_t session_cookie, std::uint16_t packet_id);
  void take_next(bool from_retries, Entry& entry);

  const EndpointOptions& options_;
  std::vector<Entry> entries_;  // by slot
  std::vector<std::uint32_t> free_slots_;
  Fifo<std::uint32_t> queue_;  // slots with publishes never placed
  Fifo<Retry> retries_;
  Fifo<Finished> finished_;
  std::uint64_t publishes_ = 0;
  std::uint64_t bytes_ = 0;
  bool full_told_ = false;
};

}  // namespace fleet::wire::mqtt
