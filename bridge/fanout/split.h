// Deals the publishes of a call to several broker connections.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "wire/mqtt/endpoint.h"

namespace fleet::bridge {

// Which of `connections` (1 or more) carries a topic. All topics of one device, /{ProductKey}/{DeviceName}/..., take
// the same one, so that a device sees its messages in order; the same for all runs.
[[nodiscard]] std::size_t connection_of(std::string_view topic, std::size_t connections);

// Part i goes to connection i; null where it gets nothing. The parts share the payload. With one connection the batch
// itself is the part. `parts` is overwritten; its storage is reused.
void split_batch(const std::shared_ptr<const wire::mqtt::PublishBatch>& batch, std::size_t connections,
                 std::vector<std::shared_ptr<const wire::mqtt::PublishBatch>>& parts);

}  // namespace fleet::bridge
