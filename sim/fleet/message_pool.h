// Messages that are filled anew and again: after warm-up, publishing telemetry allocates nothing of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "wire/mqtt/endpoint.h"

namespace fleet::sim {

// Owned by one worker; lives on its thread. As many messages as were ever under way at once.
class MessagePool {
 public:
  enum class Kind : std::uint8_t { request, telemetry, reply };  // request: of a gateway
  struct Message {
    std::shared_ptr<wire::mqtt::PublishBatch> batch;
    std::shared_ptr<std::vector<std::byte>> payload;  // the batch's, to be written
    Kind kind = Kind::telemetry;
    bool measured = false;          // of telemetry: due in the hold; of a reply: to what came in the hold
    std::uint16_t fleet_group = 0;  // of a reply
  };

  // A message without a topic, with an empty payload, not retained, to be filled in; its number is the cookie under
  // which it comes back.
  [[nodiscard]] std::uint32_t take() {
    if (free_.empty()) {
      messages_.emplace_back();
      free_.push_back(static_cast<std::uint32_t>(messages_.size() - 1));
    }
    const std::uint32_t number = free_.back();
    free_.pop_back();
    Message& message = messages_[number];
    // Whoever took the batch may keep it longer than he needs it: then it is his.
    if (!message.batch || message.batch.use_count() > 1 || message.payload.use_count() > 2) {
      message.batch = std::make_shared<wire::mqtt::PublishBatch>();
      message.payload = std::make_shared<std::vector<std::byte>>();
      message.batch->payload = message.payload;
    }
    message.batch->topics.clear();
    message.batch->topic_ends.clear();
    message.batch->retain = false;
    message.payload->clear();
    return number;
  }
  [[nodiscard]] Message& at(std::uint64_t number) { return messages_.at(number); }
  void give_back(std::uint32_t number) { free_.push_back(number); }
  [[nodiscard]] std::size_t under_way() const { return messages_.size() - free_.size(); }

 private:
  std::vector<Message> messages_;
  std::vector<std::uint32_t> free_;
};

}  // namespace fleet::sim
