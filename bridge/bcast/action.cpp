#include "bridge/bcast/action.h"

#include <algorithm>

namespace fleet::bridge {
namespace {

using Field = BcastField;

constexpr std::string_view kYes = "yes";
constexpr std::string_view kNo = "no";
constexpr std::string_view kEither = "one of the two";

constexpr BcastParam kProductKey{
    Field::product_key, kYes, "key of a product that exists, of nobody or of an account with the name of the API key"};
constexpr BcastParam kMessageId{Field::message_id, kEither, "of RegisterMessage, or of an answer of BatchPub at QoS 1"};
constexpr std::string_view kContentRule = "base64 (RFC 4648, padded) of at most 10 KB";

constexpr BcastParam kBatchPubParams[] = {
    kProductKey,
    {Field::device_name, kYes, "list of 1 to 10,000 names, each once, of 1 to 255 bytes without / + # $"},
    {Field::message_content, kEither, kContentRule},
    kMessageId,
    {Field::qos, kNo, "0 (default) or 1, a number"},
    {Field::topic_short_name, kNo,
     "without / + # $ { }; the topic is /{ProductKey}/{DeviceName}/user/{TopicShortName}"},
    {Field::topic_template_name, kNo,
     "wins over TopicShortName; ${deviceName} is expanded and must be there, ${productKey} may be; at most 1,024 "
     "bytes; a topic that is open to the caller"},
};
constexpr const BcastError* kBatchPubErrors[] = {
    &bcast::kInvalidProductKey,
    &bcast::kInvalidDeviceName,
    &bcast::kMessageIdContentConflict,
    &bcast::kInvalidQos,
    &bcast::kInvalidTopicTemplate,
    &bcast::kDeviceCountExceeded,
    &bcast::kDuplicateDeviceName,
    &bcast::kInvalidBase64,
    &bcast::kMessageTooLarge,
    &bcast::kMessageNotFound,
    &bcast::kBusy,
    &bcast::kBrokerAway,
    &bcast::kBrokerRefused,
    &bcast::kUnconfirmed,
    &bcast::kStopping,
};

constexpr BcastParam kPubBroadcastParams[] = {
    kProductKey,
    {Field::message_content, kYes, "base64 (RFC 4648, padded) of at most 64 KB"},
    {Field::topic_full_name, kNo,
     "default /sys/broadcast/{ProductKey}; without + # $ { }, at most 1,024 bytes; a topic that is open to "
     "the caller"},
};
constexpr const BcastError* kPubBroadcastErrors[] = {
    &bcast::kInvalidProductKey,    &bcast::kInvalidBase64, &bcast::kMessageTooLarge,
    &bcast::kInvalidTopicTemplate, &bcast::kBusy,          &bcast::kBrokerAway,
    &bcast::kBrokerRefused,        &bcast::kStopping,
};

constexpr BcastParam kRegisterMessageParams[] = {
    {Field::message_content, kEither, kContentRule},
    {Field::message_id, kEither, "of a message that is there"},
};
constexpr const BcastError* kRegisterMessageErrors[] = {&bcast::kMessageIdContentConflict, &bcast::kInvalidBase64,
                                                        &bcast::kMessageTooLarge, &bcast::kMessageNotFound,
                                                        &bcast::kQuotaExceeded};

constexpr BcastAction kActions[] = {
    {.name = "BatchPub",
     .counted_as = "bcast.BatchPub",
     .purpose = "Sends one message to up to 10,000 devices of a product, or to none of them. At QoS 1 its content is "
                "registered on the way.",
     .params = kBatchPubParams,
     .errors = kBatchPubErrors,
     .run = run_bcast_batch_pub},
    {.name = "PubBroadcast",
     .counted_as = "bcast.PubBroadcast",
     .purpose = "Sends one message at QoS 0 to a topic that devices of the product share.",
     .params = kPubBroadcastParams,
     .errors = kPubBroadcastErrors,
     .run = run_bcast_pub_broadcast},
    {.name = "RegisterMessage",
     .counted_as = "bcast.RegisterMessage",
     .purpose = "Keeps a content for calls that name it by MessageId, or keeps it for longer. The same content has the "
                "same MessageId.",
     .params = kRegisterMessageParams,
     .errors = kRegisterMessageErrors,
     .run = run_bcast_register_message},
};

constexpr std::string_view kDeliveryFields =
    "DeliveryId, MessageId, ProductKey, DeviceNames, TargetCount, PendingCount, CreatedAt, ExpiresAt";
constexpr const BcastError* kParamErrors[] = {&bcast::kInvalidParams};
constexpr const BcastError* kMessageErrors[] = {&bcast::kNoSuchMessage};
constexpr const BcastError* kDeliveryErrors[] = {&bcast::kNoSuchDelivery};

constexpr BcastManagementCall kManagementCalls[] = {
    {.method = "GET",
     .path = "messages",
     .has_id = false,
     .purpose = "Registered messages, the newest first.",
     .query = "limit (1 to 1,000, default 100), offset (default 0)",
     .answer = "TotalCount, Messages, a list of: MessageId, CreatedAt, ExpiresAt, PayloadSize",
     .errors = kParamErrors,
     .run = run_bcast_list_messages},
    {.method = "GET",
     .path = "messages",
     .has_id = true,
     .purpose = "One message.",
     .query = "",
     .answer = "MessageId, CreatedAt, ExpiresAt, PayloadSize, DeliveryCount",
     .errors = kMessageErrors,
     .run = run_bcast_get_message},
    {.method = "DELETE",
     .path = "messages",
     .has_id = true,
     .purpose = "Forgets a message and its deliveries.",
     .query = "",
     .answer = "",
     .errors = kMessageErrors,
     .run = run_bcast_delete_message},
    {.method = "GET",
     .path = "deliveries",
     .has_id = false,
     .purpose = "Deliveries that are under way to a device.",
     .query = "product_key, device_name",
     .answer = "Deliveries, a list of what a delivery holds",
     .errors = kParamErrors,
     .run = run_bcast_query_deliveries},
    {.method = "GET",
     .path = "deliveries",
     .has_id = true,
     .purpose = "One delivery.",
     .query = "",
     .answer = kDeliveryFields,
     .errors = kDeliveryErrors,
     .run = run_bcast_get_delivery},
    {.method = "DELETE",
     .path = "deliveries",
     .has_id = true,
     .purpose = "Forgets a delivery; its publishes are not recalled.",
     .query = "",
     .answer = "",
     .errors = kDeliveryErrors,
     .run = run_bcast_delete_delivery},
};

}  // namespace

std::string_view BcastContext::param(std::string_view name) const {
  const auto found = std::find_if(query.begin(), query.end(), [name](const wire::Param& p) { return p.key == name; });
  return found == query.end() ? std::string_view() : found->value;
}

std::span<const BcastAction> bcast_actions() { return kActions; }

std::span<const BcastManagementCall> bcast_management_calls() { return kManagementCalls; }

const BcastAction* find_bcast_action(std::string_view name) {
  for (const BcastAction& action : kActions) {
    if (action.name == name) return &action;
  }
  return nullptr;
}

const BcastManagementCall* find_bcast_management_call(std::string_view method, std::string_view rest,
                                                      std::string_view& id) {
  const std::size_t slash = rest.find('/');
  const bool has_id = slash != std::string_view::npos;
  id = has_id ? rest.substr(slash + 1) : std::string_view();
  for (const BcastManagementCall& call : kManagementCalls) {
    if (call.method == method && call.path == rest.substr(0, slash) && call.has_id == has_id) return &call;
  }
  return nullptr;
}

}  // namespace fleet::bridge
