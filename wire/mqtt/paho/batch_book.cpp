#include "wire/mqtt/paho/batch_book.h"

#include <algorithm>
#include <utility>

#include "wire/error.h"

namespace fleet::wire::mqtt {
namespace {

constexpr std::size_t kHeaderBytesMax = 10;  // fixed header 5, topic length 2, identifier 2, property length 1
constexpr std::size_t kTopicBytesMax = 65'535;
constexpr std::size_t kPacketBytesMax = 268'435'455;  // MQTT 5.0 §1.5.5

}  // namespace

Offer BatchBook::take(std::shared_ptr<const PublishBatch> batch, std::uint64_t cookie, Ticket& first) {
  const std::size_t count = batch->size();
  FLEET_CHECK(count > 0);
  std::size_t topic_max = 0;
  for (std::size_t i = 0; i < count; ++i) topic_max = std::max(topic_max, batch->topic(i).size());
  const std::size_t payload_size = batch->payload_bytes().size();
  const std::uint64_t bytes = payload_size + batch->topics.size() + count * kHeaderBytesMax;
  if (topic_max > kTopicBytesMax || payload_size + topic_max + kHeaderBytesMax > kPacketBytesMax ||
      count > options_.queued_publishes_max || count > kBatchMax || bytes > options_.queued_bytes_max) {
    return Offer::too_large;
  }
  if (backlog_.publishes + count > options_.queued_publishes_max ||
      backlog_.bytes + bytes > options_.queued_bytes_max) {
    full_told_ = true;
    return Offer::full;
  }
  first = next_number_ << kIndexBits;
  entries_.emplace(next_number_++, Entry{std::move(batch), cookie, bytes, count, std::vector<bool>(count), {}});
  backlog_.publishes += count;
  backlog_.bytes += bytes;
  return Offer::queued;
}

bool BatchBook::finish(Ticket ticket, ReasonCode reason, Finished& out) {
  const auto at = entries_.find(ticket >> kIndexBits);
  if (at == entries_.end() || at->second.is_done[index_of(ticket)]) return false;
  Entry& entry = at->second;
  entry.is_done[index_of(ticket)] = true;
  if (is_failure(reason) && !is_failure(entry.worst)) entry.worst = reason;
  --backlog_.publishes;
  if (--entry.open > 0) return false;
  out = {entry.cookie, entry.worst};
  backlog_.bytes -= entry.bytes;
  entries_.erase(at);
  return true;
}

const PublishBatch* BatchBook::find(Ticket ticket) const {
  const auto at = entries_.find(ticket >> kIndexBits);
  return at == entries_.end() || at->second.is_done[index_of(ticket)] ? nullptr : at->second.batch.get();
}

std::vector<BatchBook::Ticket> BatchBook::unfinished() const {
  std::vector<Ticket> tickets;
  for (const auto& [number, entry] : entries_) {
    for (std::size_t i = 0; i < entry.is_done.size(); ++i) {
      if (!entry.is_done[i]) tickets.push_back((number << kIndexBits) + i);
    }
  }
  return tickets;
}

bool BatchBook::holds(Qos qos) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [qos](const auto& entry) { return entry.second.batch->qos == qos; });
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
