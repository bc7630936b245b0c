// Pub and PubBroadcast, the companions of BatchPub for one device and for a whole product (API pages of both).
#include <algorithm>
#include <charconv>
#include <utility>

#include "bridge/actions/checks.h"
#include "wire/encoding.h"
#include "wire/identifiers.h"
#include "wire/mqtt/topic.h"
#include "wire/mqtt/utf8.h"

namespace fleet::bridge {
namespace {

using wire::mqtt::PublishBatch;
using wire::mqtt::Qos;

constexpr std::size_t kPubBytesMax = 256u << 10;       // documentation of limits; of the decoded message (assumed)
constexpr std::size_t kBroadcastBytesMax = 64u << 10;  // API page

// The original tells its online devices alone. The bridge does not see who is online: it publishes to all, and the
// broker drops what nobody is subscribed to. That needs a bound, and batches that fit into the backlog.
constexpr std::size_t kBroadcastDevicesMax = 100'000;
constexpr std::size_t kBroadcastBatch = 10'000;

constexpr std::string_view kBroadcast = "/broadcast/";

// A custom field: topic levels of any characters but wildcards (assumed: the page says "custom"), and but those over
// which a broker ends the connection.
bool is_broadcast_topic(std::string_view topic, std::string_view product_key) {
  if (!topic.starts_with(kBroadcast)) return false;
  const std::string_view rest = topic.substr(kBroadcast.size());
  return rest.starts_with(product_key) && rest.size() > product_key.size() + 1 && rest[product_key.size()] == '/' &&
         topic.size() <= wire::kTopicBytesMax && wire::mqtt::valid_topic_name(topic) &&
         wire::mqtt::harmless_utf8(topic);
}

bool fits_limits(std::string_view topic) {
  return topic.size() <= wire::kTopicBytesMax &&
         static_cast<std::size_t>(std::count(topic.begin(), topic.end(), '/')) <= wire::kTopicSlashesMax;
}

// The device of "/{ProductKey}/{DeviceName}/user/{TopicShortName}", a device and class of the product.
tl::expected<const Device*, BusinessError> find_device(const Product& product, std::string_view topic) {
  constexpr std::string_view kUser = "/user/";
  std::string_view rest = topic;
  if (!fits_limits(topic) || !rest.starts_with('/')) return tl::unexpected(business::kInvalidFormattedTopicName);
  rest.remove_prefix(1);
  if (!rest.starts_with(product.key()) || rest.size() == product.key().size()) {
    return tl::unexpected(business::kInvalidFormattedTopicName);
  }
  rest.remove_prefix(product.key().size());
  if (!rest.starts_with('/')) return tl::unexpected(business::kInvalidFormattedTopicName);
  rest.remove_prefix(1);
  const std::string_view name = rest.substr(0, rest.find('/'));
  rest.remove_prefix(name.size());
  if (!wire::is_device_name(name) || !rest.starts_with(kUser))
    return tl::unexpected(business::kInvalidFormattedTopicName);
  rest.remove_prefix(kUser.size());
  if (!wire::is_topic_short_name(rest)) return tl::unexpected(business::kInvalidFormattedTopicName);
  const Device* const device = product.device(name);
  if (device == nullptr) return tl::unexpected(business::kNotExistedDevice);
  // Devices must be allowed to subscribe to it (API page). The code is assumed.
  const TopicClass* const topic_class = product.topic_class(rest);
  if (topic_class == nullptr || topic_class->operation == TopicOperation::publish) {
    return tl::unexpected(business::kTopicTemplateIsNotFound);
  }
  return device;
}

std::shared_ptr<const PublishBatch> one_publish(std::string_view topic, std::vector<std::byte> content, Qos qos) {
  auto batch = std::make_shared<PublishBatch>();
  batch->add_topic(topic);
  batch->set_payload(std::move(content));
  batch->qos = qos;
  return batch;
}

// One publish for each device, on its own topic of broadcasts.
std::vector<std::shared_ptr<const PublishBatch>> to_all_devices(const Product& product, std::uint64_t message_id,
                                                                std::vector<std::byte> content) {
  const auto payload = std::make_shared<const std::vector<std::byte>>(std::move(content));
  std::vector<std::shared_ptr<const PublishBatch>> batches;
  const std::string id = std::to_string(message_id);
  std::string topic;
  for (std::size_t first = 0; first < product.device_count(); first += kBroadcastBatch) {
    auto batch = std::make_shared<PublishBatch>();
    batch->payload = payload;
    for (const Device* device : product.device_page(first, kBroadcastBatch)) {
      topic.assign("/sys/").append(product.key()).append("/").append(device->name());
      batch->add_topic(topic.append("/broadcast/request/").append(id));
    }
    batches.push_back(std::move(batch));
  }
  return batches;
}

}  // namespace

ActionResult run_pub(ActionContext& context) {
  const auto product = find_product(context, context.text("ProductKey"));
  if (!product) return UnexpectedFailure(product.error());
  std::vector<std::byte> content;
  if (!wire::base64_decode(context.text("MessageContent"), content)) {
    return UnexpectedFailure(business::kMessageContentNotBase64);
  }
  const auto qos = parse_qos(context.text("Qos"));
  if (content.size() > kPubBytesMax || !qos) return UnexpectedFailure(business::kInvalidFormattedParameter);
  const std::string_view topic = context.text("TopicFullName");
  const bool broadcast = is_broadcast_topic(topic, (*product)->key());
  if (!broadcast) {
    const auto device = find_device(**product, topic);
    if (!device) return UnexpectedFailure(device.error());
    const Device* const one[] = {*device};
    if (!context.device_rate.take(one, context.moment.now)) return UnexpectedFailure(business::kRateLimit);
  }
  return ActionOutcome{.fields = {{"MessageId", std::to_string(next_message_id(context))}},
                       .publishes = {one_publish(topic, std::move(content), *qos)}};
}

ActionResult run_pub_broadcast(ActionContext& context) {
  const auto product = find_product(context, context.text("ProductKey"));
  if (!product) return UnexpectedFailure(product.error());
  std::vector<std::byte> content;
  if (!wire::base64_decode(context.text("MessageContent"), content)) {
    return UnexpectedFailure(business::kMessageContentNotBase64);
  }
  if (content.size() > kBroadcastBytesMax) return UnexpectedFailure(business::kInvalidFormattedParameter);
  const std::uint64_t message_id = next_message_id(context);
  nlohmann::ordered_json fields = {{"MessageId", message_id}};
  if (const std::string_view topic = context.text("TopicFullName"); !topic.empty()) {
    if (!is_broadcast_topic(topic, (*product)->key())) return UnexpectedFailure(business::kInvalidFormattedTopicName);
    return ActionOutcome{.fields = std::move(fields),
                         .publishes = {one_publish(topic, std::move(content), Qos::at_most_once)}};
  }
  if ((*product)->device_count() > kBroadcastDevicesMax) return UnexpectedFailure(business::kPublishMessageFailed);
  return ActionOutcome{.fields = std::move(fields),
                       .publishes = to_all_devices(**product, message_id, std::move(content))};
}

}  // namespace fleet::bridge
