// The calls of those who look at registered messages and at deliveries that are under way.
#include <charconv>
#include <optional>

#include "bridge/bcast/action.h"

namespace fleet::bridge {
namespace {

using Json = nlohmann::ordered_json;
using Refusal = tl::unexpected<const BcastError*>;

constexpr std::size_t kLimit = 100;
constexpr std::size_t kLimitMax = 1'000;

// Decimal digits; `fallback` where the parameter is absent or empty, none for anything else.
std::optional<std::size_t> number(std::string_view text, std::size_t fallback) {
  if (text.empty()) return fallback;
  std::size_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

Json fields_of(const BcastMessage& message) {
  return {{"MessageId", message.id},
          {"CreatedAt", message.created.time_since_epoch().count()},
          {"ExpiresAt", message.expires.time_since_epoch().count()},
          {"PayloadSize", message.payload->size()}};
}

Json fields_of(const BcastDelivery& delivery) {
  Json names = Json::array();
  for (std::size_t i = 0; i < delivery.batch->size(); ++i) names.push_back(delivery.name(i));
  const std::size_t count = names.size();
  return {{"DeliveryId", delivery.id},
          {"MessageId", delivery.message_id},
          {"ProductKey", delivery.product_key},
          {"DeviceNames", std::move(names)},
          {"TargetCount", count},
          {"PendingCount", count},  // all of a call are acknowledged at once, and then it is gone
          {"CreatedAt", delivery.created.time_since_epoch().count()},
          {"ExpiresAt", delivery.expires.time_since_epoch().count()}};
}

}  // namespace

BcastFields run_bcast_list_messages(BcastContext& context) {
  const auto limit = number(context.param("limit"), kLimit);
  const auto offset = number(context.param("offset"), 0);
  if (!limit || !offset || *limit == 0 || *limit > kLimitMax) return Refusal(&bcast::kInvalidParams);
  Json messages = Json::array();
  for (const BcastMessage* message : context.messages.page(*offset, *limit, context.wall)) {
    messages.push_back(fields_of(*message));
  }
  return Json{{"TotalCount", context.messages.size()}, {"Messages", std::move(messages)}};
}

BcastFields run_bcast_get_message(BcastContext& context) {
  const BcastMessage* const message = context.messages.find(context.id, context.wall);
  if (message == nullptr) return Refusal(&bcast::kNoSuchMessage);
  Json fields = fields_of(*message);
  fields["DeliveryCount"] = context.deliveries->count_of_message(context.id);
  return fields;
}

BcastFields run_bcast_delete_message(BcastContext& context) {
  if (context.messages.find(context.id, context.wall) == nullptr) return Refusal(&bcast::kNoSuchMessage);
  context.messages.erase(context.id);
  context.deliveries->erase_of_message(context.id);
  return Json::object();
}

BcastFields run_bcast_query_deliveries(BcastContext& context) {
  const std::string_view product_key = context.param("product_key");
  const std::string_view device_name = context.param("device_name");
  if (product_key.empty() || device_name.empty()) return Refusal(&bcast::kInvalidParams);
  Json deliveries = Json::array();
  for (const BcastDelivery* delivery : context.deliveries->of_device(product_key, device_name)) {
    deliveries.push_back(fields_of(*delivery));
  }
  return Json{{"Deliveries", std::move(deliveries)}};
}

BcastFields run_bcast_get_delivery(BcastContext& context) {
  const BcastDelivery* const delivery = context.deliveries->find(context.id);
  if (delivery == nullptr) return Refusal(&bcast::kNoSuchDelivery);
  return fields_of(*delivery);
}

BcastFields run_bcast_delete_delivery(BcastContext& context) {
  if (!context.deliveries->erase(context.id)) return Refusal(&bcast::kNoSuchDelivery);
  return Json::object();
}

}  // namespace fleet::bridge
