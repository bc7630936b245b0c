// BatchPub (apis: Alibaba Cloud IoT, 2018-01-20). Checks run in the order of the error table of the API: product and
// devices, content, counts and values, topic. Where the pages give no code, iot.common.InvalidFormattedParameter is
// answered: more than 100 names, a name twice, more than 256 KB, a Qos other than 0 and 1.
#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "bridge/actions/checks.h"
#include "bridge/fanout/plan.h"
#include "wire/encoding.h"

namespace fleet::bridge {
namespace {

constexpr std::size_t kNamesMax = 100;                // API page
constexpr std::size_t kContentBytesMax = 256u << 10;  // API page; of the decoded message (assumed)

// Every name must be a device of the product.
std::optional<BusinessError> find_devices(ActionContext& context, const Product& product) {
  product.find_devices(context.list, context.devices);
  for (std::size_t i = 0; i < context.list.size(); ++i) {
    if (context.devices[i] != nullptr) continue;
    return wire::is_device_name(context.list[i]) ? business::kNotExistedDevice : business::kInvalidFormattedDeviceName;
  }
  return {};
}

// Whether one of at most kNamesMax devices is there twice. The table is of the size of a call and not of the registry:
// a mark at each of a million devices would cost a cache miss a name.
bool any_twice(std::span<const Device* const> devices) {
  constexpr std::uint32_t kFree = std::numeric_limits<std::uint32_t>::max();
  constexpr unsigned kBits = 8;
  static_assert(kNamesMax * 2 < std::size_t{1} << kBits);
  std::array<std::uint32_t, std::size_t{1} << kBits> places;
  places.fill(kFree);
  for (const Device* const device : devices) {
    const std::uint32_t spread = device->index() * 0x9E3779B1u;  // 2^32 over the golden ratio
    std::size_t at = spread >> (32 - kBits);
    while (places[at] != kFree && places[at] != device->index()) at = (at + 1) % places.size();
    if (places[at] == device->index()) return true;
    places[at] = device->index();
  }
  return false;
}

// The short name in "/{pk}/${deviceName}/user/{short name}", where {pk} is the key or ${productKey}.
std::optional<std::string_view> short_name_of_template(std::string_view topic, std::string_view product_key) {
  const auto skip = [&topic](std::string_view part) {
    if (!topic.starts_with(part)) return false;
    topic.remove_prefix(part.size());
    return true;
  };
  if (!skip("/") || !(skip(product_key) || skip("${productKey}")) || !skip("/${deviceName}/user/")) return {};
  return topic;
}

// The limits of a whole topic hold for the longest name.
bool fits_limits(const FanoutTopic& topic, const std::vector<std::string_view>& names) {
  std::size_t longest = 0;
  for (const std::string_view name : names) longest = std::max(longest, name.size());
  const auto slashes = static_cast<std::size_t>(std::count(topic.short_name.begin(), topic.short_name.end(), '/'));
  return topic.size_with(longest) <= wire::kTopicBytesMax &&
         slashes + wire::kSlashesBeforeShortName <= wire::kTopicSlashesMax;
}

}  // namespace

ActionResult run_batch_pub(ActionContext& context) {
  const std::string_view product_key = context.text("ProductKey");
  const auto found = find_product(context, product_key);
  if (!found) return UnexpectedFailure(found.error());
  const Product* const product = *found;
  if (const auto error = find_devices(context, *product)) return UnexpectedFailure(*error);

  std::vector<std::byte> content;
  if (!wire::base64_decode(context.text("MessageContent"), content))
    return UnexpectedFailure(business::kMessageContentNotBase64);

  const auto qos = parse_qos(context.text("Qos"));
  if (context.list.size() > kNamesMax || any_twice(context.devices) || content.size() > kContentBytesMax || !qos) {
    return UnexpectedFailure(business::kInvalidFormattedParameter);
  }

  std::optional<std::string_view> short_name = context.text("TopicShortName");
  if (const std::string_view topic = context.text("TopicTemplateName"); !topic.empty()) {
    short_name = short_name_of_template(topic, product_key);
  }
  if (!short_name || !wire::is_topic_short_name(*short_name))
    return UnexpectedFailure(business::kInvalidFormattedTopicName);
  const FanoutTopic topic{.product_key = product_key, .short_name = *short_name};
  if (!fits_limits(topic, context.list)) return UnexpectedFailure(business::kInvalidFormattedTopicName);
  // Devices must be allowed to subscribe to it (API page). The code is assumed.
  const TopicClass* const topic_class = product->topic_class(*short_name);
  if (topic_class == nullptr || topic_class->operation == TopicOperation::publish) {
    return UnexpectedFailure(business::kTopicTemplateIsNotFound);
  }
  if (!context.device_rate.take(context.devices, context.moment.now)) return UnexpectedFailure(business::kRateLimit);
  return ActionOutcome{.publishes = {plan_fanout(topic, context.list, std::move(content), *qos)}};
}

}  // namespace fleet::bridge
