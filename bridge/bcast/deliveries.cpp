#include "bridge/bcast/deliveries.h"

#include <algorithm>
#include <utility>

namespace fleet::bridge {

std::shared_ptr<BcastDeliveries::Ticket> BcastDeliveries::open(const std::shared_ptr<BcastDeliveries>& self,
                                                               BcastDelivery delivery) {
  const std::uint64_t number = self->next_++;
  self->open_.emplace_hint(self->open_.end(), number, std::move(delivery));
  return std::make_shared<Ticket>(self, number);
}

const BcastDelivery* BcastDeliveries::find(std::string_view id) const {
  const auto found =
      std::find_if(open_.begin(), open_.end(), [id](const auto& entry) { return entry.second.id == id; });
  return found == open_.end() ? nullptr : &found->second;
}

std::vector<const BcastDelivery*> BcastDeliveries::of_device(std::string_view product_key,
                                                             std::string_view device_name) const {
  std::vector<const BcastDelivery*> out;
  for (const auto& [number, delivery] : open_) {
    if (delivery.product_key != product_key) continue;
    for (std::size_t i = 0; i < delivery.batch->size(); ++i) {
      if (delivery.name(i) != device_name) continue;
      out.push_back(&delivery);
      break;
    }
  }
  return out;
}

std::size_t BcastDeliveries::count_of_message(std::string_view message_id) const {
  const auto count = std::count_if(open_.begin(), open_.end(),
                                   [message_id](const auto& entry) { return entry.second.message_id == message_id; });
  return static_cast<std::size_t>(count);
}

bool BcastDeliveries::erase(std::string_view id) {
  return std::erase_if(open_, [id](const auto& entry) { return entry.second.id == id; }) > 0;
}

void BcastDeliveries::erase_of_message(std::string_view message_id) {
  std::erase_if(open_, [message_id](const auto& entry) { return entry.second.message_id == message_id; });
}

}  // namespace fleet::bridge
