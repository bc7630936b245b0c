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
  std::vector<std::shared_ptr<PublishBatch>> made(connections);
  for (std::size_t i = 0; i < batch->size(); ++i) {
    const std::string_view topic = batch->topic(i);
    auto& part = made[connection_of(topic, connections)];
    if (!part) {
      part = std::make_shared<PublishBatch>();
      part->payload = batch->payload;
      part->qos = batch->qos;
      part->retain = batch->retain;
    }
    part->add_topic(topic);
  }
  for (std::size_t i = 0; i < connections; ++i) parts[i] = std::move(made[i]);
}

}  // namespace fleet::bridge
