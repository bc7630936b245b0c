// Deliveries of QoS 1 that are under way, for those who ask.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/bcast/topic.h"
#include "wire/clock.h"
#include "wire/mqtt/endpoint.h"

namespace fleet::bridge {

// One BatchPub at QoS 1 from its call until its answer. The bridge hands everything to the broker, which keeps what
// offline devices are owed: what is acknowledged to the bridge is the broker's, and of a call all of it at once.
struct BcastDelivery {
  std::string id;
  std::string message_id;
  std::string product_key;
  BcastTopic topic;                                         // says where in a topic the name is
  std::shared_ptr<const wire::mqtt::PublishBatch> batch{};  // its topics hold the names
  wire::WallTime created{};
  wire::WallTime expires{};  // of the message

  [[nodiscard]] std::string_view name(std::size_t index) const { return topic.name_in(batch->topic(index)); }
};

// Shared by the API and by the calls that are under way, whose number the backlog bounds; lives on their loop.
class BcastDeliveries {
 public:
  // Ends the delivery with itself.
  class Ticket {
   public:
    Ticket(std::shared_ptr<BcastDeliveries> owner, std::uint64_t number) : owner_(std::move(owner)), number_(number) {}
    ~Ticket() { owner_->open_.erase(number_); }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

   private:
    std::shared_ptr<BcastDeliveries> owner_;
    std::uint64_t number_;
  };

  // `self` is the one it is called on.
  [[nodiscard]] static std::shared_ptr<Ticket> open(const std::shared_ptr<BcastDeliveries>& self,
                                                    BcastDelivery delivery);

  // Null where there is none. O(deliveries), like all of these: they are for people.
  [[nodiscard]] const BcastDelivery* find(std::string_view id) const;
  [[nodiscard]] std::vector<const BcastDelivery*> of_device(std::string_view product_key,
                                                            std::string_view device_name) const;
  [[nodiscard]] std::size_t count_of_message(std::string_view message_id) const;
  // Forgets it; the publishes go their way, and the call is answered all the same. False where there is none.
  bool erase(std::string_view id);
  void erase_of_message(std::string_view message_id);
  [[nodiscard]] std::size_t size() const { return open_.size(); }

 private:
  std::map<std::uint64_t, BcastDelivery> open_;  // by number, which is by age
  std::uint64_t next_ = 0;
};

}  // namespace fleet::bridge
