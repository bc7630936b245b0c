#include "bridge/fanout/split.h"

#include <cstdint>

namespace fleet::bridge {

using wire::mqtt::PublishBatch;

std::size_t connection_of(std::string_view topic, std::size_t connections) {
  // FNV-1a, 64 bits, up to the slash behind the device name.
  std::uint64_t hash = 14'695'981'039'346'656'037ULL;
  int slashes = 0;
  for (const char c : topic) {
    if (c == '/' && ++slashes == 3) break;
    hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211ULL;
  }
  // FNV's last bytes reach few bits; this spreads them (the finalizer of MurmurHash3).
  hash ^= hash >> 33;
  hash *= 0xFF51'AFD7'ED55'8CCDULL;
  hash ^= hash >> 33;
  return static_cast<std::size_t>(hash % connections);
}

void split_batch(const std::shared_ptr<const PublishBatch>& batch, std::size_t connections,
                 std::vector<std::shared_ptr<const PublishBatch>>& parts) {
  parts.assign(connections, nullptr);
  if (connections == 1) {
    parts[0] = batch;
    return;
  }
  // What each connection gets is known before it is written down: no part grows topic by topic.
  struct Share {
    std::size_t topics = 0;
    std::size_t bytes = 0;
    std::shared_ptr<PublishBatch> part{};
  };
  std::vector<Share> shares(connections);
  std::vector<std::uint32_t> dealt(batch->size());
  for (std::size_t i = 0; i < batch->size(); ++i) {
    const std::string_view topic = batch->topic(i);
    const std::size_t connection = connection_of(topic, connections);
    dealt[i] = static_cast<std::uint32_t>(connection);
    ++shares[connection].topics;
    shares[connection].bytes += topic.size();
  }
  for (Share& share : shares) {
    if (share.topics == 0) continue;
    share.part = std::make_shared<PublishBatch>();
    share.part->topics.reserve(share.bytes);
    share.part->topic_ends.reserve(share.topics);
    share.part->payload = batch->payload;
    share.part->qos = batch->qos;
    share.part->retain = batch->retain;
  }
  for (std::size_t i = 0; i < batch->size(); ++i) shares[dealt[i]].part->add_topic(batch->topic(i));
  for (std::size_t i = 0; i < connections; ++i) parts[i] = std::move(shares[i].part);
}

}  // namespace fleet::bridge
