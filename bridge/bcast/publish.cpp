// BatchPub, PubBroadcast and RegisterMessage. Checks run in the order in which the plugin makes them.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "bridge/bcast/action.h"
#include "bridge/bcast/topic.h"

namespace fleet::bridge {
namespace {

using wire::mqtt::PublishBatch;
using wire::mqtt::Qos;
using wire::mqtt::SharedPayload;

// The plugin's defaults, of decoded bytes.
constexpr std::size_t kContentBytesMax = 10u << 10;
constexpr std::size_t kBroadcastBytesMax = 64u << 10;

constexpr std::string_view kDefaultShortName = "get";

using Refusal = tl::unexpected<const BcastError*>;

// Null where the call names a product that exists, and is anybody's or that of an account with the name of the caller's
// API key. Of a whole broker the plugin knows no products and takes any key; the bridge knows its own.
const BcastError* refuse_product(const BcastContext& context) {
  const BcastValue& key = context.body[BcastField::product_key];
  if (!key.is_text() || !is_bcast_name(key.text)) return &bcast::kInvalidProductKey;
  const Product* const product = context.registry.product(key.text);
  const bool may_use = product != nullptr && product->is_open_to(context.api_key);
  return may_use ? nullptr : &bcast::kInvalidProductKey;
}

// Names of devices need not be registered: the plugin knows none that was never connected.
const BcastError* refuse_devices(BcastContext& context) {
  const std::vector<std::string_view>& names = context.body.names();
  if (names.empty() || context.body.names_broken()) return &bcast::kInvalidDeviceName;
  if (!std::all_of(names.begin(), names.end(), is_bcast_name)) return &bcast::kInvalidDeviceName;
  if (names.size() > kBcastDevicesMax) return &bcast::kDeviceCountExceeded;
  const auto not_ascending = [](std::string_view a, std::string_view b) { return a >= b; };
  if (std::adjacent_find(names.begin(), names.end(), not_ascending) == names.end())
    return nullptr;  // as most callers do
  context.sorted = names;
  std::sort(context.sorted.begin(), context.sorted.end());
  const bool twice = std::adjacent_find(context.sorted.begin(), context.sorted.end()) != context.sorted.end();
  return twice ? &bcast::kDuplicateDeviceName : nullptr;
}

// The topic that the call asks for.
tl::expected<BcastTopic, const BcastError*> topic_of(const BcastContext& context) {
  const std::string_view product_key = context.body[BcastField::product_key].text;
  const BcastValue& short_name = context.body[BcastField::topic_short_name];
  const BcastValue& text = context.body[BcastField::topic_template_name];
  if (short_name.is_there() && !(short_name.is_text() && is_bcast_short_name(short_name.text))) {
    return Refusal(&bcast::kInvalidTopicTemplate);
  }
  if (!text.is_there()) {
    return BcastTopic::of_short_name(product_key, short_name.is_there() ? short_name.text : kDefaultShortName);
  }
  auto topic = text.is_text() ? BcastTopic::of_template(text.text, product_key) : std::nullopt;
  if (!topic) return Refusal(&bcast::kInvalidTopicTemplate);
  return *std::move(topic);
}

// Whether a caller may send there: callers choose topics freely, but those that the platform speaks on are not forged,
// and those of a product that the caller may not use are not touched.
bool is_open_topic(const BcastContext& context, std::string_view topic) {
  const auto first_level = [](std::string_view text) { return text.substr(0, text.find('/')); };
  for (const std::string_view broadcast : {"/sys/broadcast/", "/broadcast/"}) {
    if (!topic.starts_with(broadcast)) continue;
    return first_level(topic.substr(broadcast.size())) == context.body[BcastField::product_key].text;
  }
  for (const std::string_view platform : {"/sys/", "/ext/", "tmc/"}) {
    if (topic.starts_with(platform)) return false;
  }
  if (!topic.starts_with('/')) return true;
  const Product* const owner = context.registry.product(first_level(topic.substr(1)));
  return owner == nullptr || owner->is_open_to(context.api_key);
}

// Names of devices are part of the topics, so all of them are looked at, but where all begin with the product's key.
const BcastError* refuse_topics(const BcastContext& context, const BcastTopic& topic) {
  const std::string own = fmt::format("/{}/", context.body[BcastField::product_key].text);
  if (topic.front().starts_with(own) && is_open_topic(context, own)) return nullptr;  // no key such as "sys"
  std::string text;
  for (const std::string_view name : context.body.names()) {
    text.clear();
    topic.append_to(text, name);
    if (!is_open_topic(context, text)) return &bcast::kInvalidTopicTemplate;
  }
  return nullptr;
}

const BcastError* refuse_topic_bytes(const BcastTopic& topic, const std::vector<std::string_view>& names) {
  std::size_t longest = 0;
  for (const std::string_view name : names) longest = std::max(longest, name.size());
  return topic.size_with(longest) > kBcastTopicBytesMax ? &bcast::kInvalidTopicTemplate : nullptr;
}

tl::expected<SharedPayload, const BcastError*> decode_content(const BcastContext& context, std::size_t bytes_max) {
  const BcastValue& content = context.body[BcastField::message_content];
  std::vector<std::byte> bytes;
  if (!content.is_text() || !wire::base64_decode(content.text, bytes)) return Refusal(&bcast::kInvalidBase64);
  if (bytes.size() > bytes_max) return Refusal(&bcast::kMessageTooLarge);
  return std::make_shared<const std::vector<std::byte>>(std::move(bytes));
}

std::string content_id(const SharedPayload& payload) {
  return bcast_content_id({reinterpret_cast<const char*>(payload->data()), payload->size()});
}

bool names_one_content(const BcastBody& body) {
  return body[BcastField::message_content].is_there() != body[BcastField::message_id].is_there();
}

// A message that is kept, by its MessageId; null where there is none.
const BcastMessage* find_message(BcastContext& context) {
  const BcastValue& id = context.body[BcastField::message_id];
  return id.is_text() ? context.messages.find(id.text, context.wall) : nullptr;
}

struct Content {
  std::string id;
  SharedPayload payload;
};

// What a BatchPub sends. At QoS 1 its content is registered as far as there is room, so that later calls may name it;
// at QoS 0 nothing is kept, and the id stands for the call alone.
tl::expected<Content, const BcastError*> content_of(BcastContext& context, Qos qos) {
  if (context.body[BcastField::message_id].is_there()) {
    const BcastMessage* const message = find_message(context);
    if (message == nullptr) return Refusal(&bcast::kMessageNotFound);
    Content content{message->id, message->payload};
    if (qos != Qos::at_most_once) context.messages.refresh(content.id, context.wall);
    return content;
  }
  auto payload = decode_content(context, kContentBytesMax);
  if (!payload) return Refusal(payload.error());
  if (qos == Qos::at_most_once) return Content{context.ids.next(), *std::move(payload)};
  Content content{content_id(*payload), *std::move(payload)};
  // Where registered messages leave no room the call goes its way all the same.
  (void)context.messages.put(content.id, content.payload, BcastMessages::Origin::passing, context.wall);
  return content;
}

// 0 where it is absent; none for anything but the numbers 0 and 1.
std::optional<Qos> qos_of(const BcastValue& value) {
  if (!value.is_there()) return Qos::at_most_once;
  if (value.kind != BcastValue::Kind::other) return {};
  if (value.text == "0") return Qos::at_most_once;
  if (value.text == "1") return Qos::at_least_once;
  return {};
}

}  // namespace

BcastResult run_bcast_batch_pub(BcastContext& context) {
  const BcastBody& body = context.body;
  if (const BcastError* const error = refuse_product(context)) return Refusal(error);
  if (!body[BcastField::device_name].is_there()) return Refusal(&bcast::kInvalidDeviceName);
  if (!names_one_content(body)) return Refusal(&bcast::kMessageIdContentConflict);
  const auto qos = qos_of(body[BcastField::qos]);
  if (!qos) return Refusal(&bcast::kInvalidQos);
  if (body[BcastField::device_name].kind != BcastValue::Kind::list) return Refusal(&bcast::kInvalidDeviceName);
  auto topic = topic_of(context);
  if (!topic) return Refusal(topic.error());
  if (const BcastError* const error = refuse_devices(context)) return Refusal(error);
  if (const BcastError* const error = refuse_topic_bytes(*topic, body.names())) return Refusal(error);
  if (const BcastError* const error = refuse_topics(context, *topic)) return Refusal(error);
  auto content = content_of(context, *qos);
  if (!content) return Refusal(content.error());

  BcastOutcome outcome;
  outcome.publish = topic->plan(body.names(), content->payload, *qos);
  outcome.message_id = std::move(content->id);
  if (*qos == Qos::at_most_once) return outcome;
  outcome.ticket =
      BcastDeliveries::open(context.deliveries, {.id = context.ids.next(),
                                                 .message_id = outcome.message_id,
                                                 .product_key = std::string(body[BcastField::product_key].text),
                                                 .topic = *std::move(topic),
                                                 .batch = outcome.publish,
                                                 .created = context.wall,
                                                 .expires = context.wall + context.messages.keeps()});
  return outcome;
}

BcastResult run_bcast_pub_broadcast(BcastContext& context) {
  if (const BcastError* const error = refuse_product(context)) return Refusal(error);
  auto payload = decode_content(context, kBroadcastBytesMax);
  if (!payload) return Refusal(payload.error());
  const BcastValue& topic = context.body[BcastField::topic_full_name];
  const bool fits = topic.is_text() && is_bcast_full_topic(topic.text) && is_open_topic(context, topic.text);
  if (topic.is_there() && !fits) return Refusal(&bcast::kInvalidTopicTemplate);
  auto batch = std::make_shared<PublishBatch>();
  batch->payload = *std::move(payload);
  if (topic.is_there()) {
    batch->add_topic(topic.text);
  } else {
    batch->add_topic(std::string("/sys/broadcast/").append(context.body[BcastField::product_key].text));
  }
  return BcastOutcome{.message_id = context.ids.next(), .publish = std::move(batch)};
}

BcastResult run_bcast_register_message(BcastContext& context) {
  if (!names_one_content(context.body)) return Refusal(&bcast::kMessageIdContentConflict);
  if (context.body[BcastField::message_id].is_there()) {
    const BcastMessage* const message = find_message(context);
    if (message == nullptr) return Refusal(&bcast::kMessageNotFound);
    const std::string id = message->id;
    // One that BatchPub made on its way is a registered one from now on.
    if (!context.messages.put(id, message->payload, BcastMessages::Origin::registered, context.wall)) {
      return Refusal(&bcast::kQuotaExceeded);
    }
    return BcastOutcome{.message_id = id};
  }
  const auto payload = decode_content(context, kContentBytesMax);
  if (!payload) return Refusal(payload.error());
  std::string id = content_id(*payload);
  if (!context.messages.put(id, *payload, BcastMessages::Origin::registered, context.wall)) {
    return Refusal(&bcast::kQuotaExceeded);
  }
  return BcastOutcome{.message_id = std::move(id)};
}

}  // namespace fleet::bridge
