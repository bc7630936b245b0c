#include "wire/mqtt/paho/batch_book.h"

#include <algorithm>
#include <utility>

#include "wire/error.h"

namespace fleet::wire::mqtt {
namespace {

constexpr std::size_t kHeaderBytesMax = 10;  // fixed header 5, topic length 2, identifier 2, property length 1
constexpr std::size_t kTopicBytesMax = 65'535;
constexpr std::size_t kPacketBytesMax = 268'435'455;  // MQTT 5.0 §1.5.5

std::uint32_t slot_of(BatchBook::Ticket ticket) { return static_cast<std::uint32_t>(ticket >> 32); }

}  // namespace

Offer BatchBook::take(std::shared_ptr<const PublishBatch> batch, std::uint64_t cookie, Ticket& first) {
  const std::size_t count = batch->size();
  FLEET_CHECK(count > 0);
  std::size_t topic_max = 0;
  for (std::size_t i = 0; i < count; ++i) topic_max = std::max(topic_max, batch->topic(i).size());
  const std::size_t payload_size = batch->payload_bytes().size();
  const std::uint64_t bytes = payload_size + batch->topics.size() + count * kHeaderBytesMax;
  if (topic_max > kTopicBytesMax || payload_size + topic_max + kHeaderBytesMax > kPacketBytesMax ||
      count > options_.queued_publishes_max || bytes > options_.queued_bytes_max) {
    return Offer::too_large;
  }
  if (backlog_.publishes + count > options_.queued_publishes_max ||
      backlog_.bytes + bytes > options_.queued_bytes_max) {
    full_told_ = true;
    return Offer::full;
  }
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(entries_.size()));
    entries_.emplace_back();
  }
  const std::uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  entries_[slot] = {std::move(batch), cookie, bytes, static_cast<std::uint32_t>(count), ReasonCode::success};
  backlog_.publishes += count;
  backlog_.bytes += bytes;
  first = Ticket{slot} << 32;
  return Offer::queued;
}

bool BatchBook::finish(Ticket ticket, ReasonCode reason, Finished& out) {
  Entry& entry = entries_[slot_of(ticket)];
  FLEET_CHECK(entry.batch != nullptr);
  if (is_failure(reason) && !is_failure(entry.worst)) entry.worst = reason;
  --backlog_.publishes;
  if (--entry.open > 0) return false;
  out = {entry.cookie, entry.worst};
  backlog_.bytes -= entry.bytes;
  entry.batch.reset();
  free_slots_.push_back(slot_of(ticket));
  return true;
}

const PublishBatch& BatchBook::batch_of(Ticket ticket) const {
  const Entry& entry = entries_[slot_of(ticket)];
  FLEET_CHECK(entry.batch != nullptr);
  return *entry.batch;
}

bool BatchBook::take_room() {
  if (!full_told_ || backlog_.publishes > options_.queued_publishes_max / 2 ||
      backlog_.bytes > options_.queued_bytes_max / 2) {
    return false;
  }
  full_told_ = false;
  return true;
}

}  // namespace fleet::wire::mqtt
