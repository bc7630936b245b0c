// What the bcast API refuses: an HTTP status, a code and a sentence.
#pragma once

#include <span>
#include <string_view>

namespace fleet::bridge {

// Views of constants. What the broker's HTTP gate refuses in front of the plugin has a shape of its own, in small
// letters and without a RequestId.
struct BcastError {
  unsigned status;
  std::string_view code;
  std::string_view message;
  bool of_gate = false;
};

// Codes and statuses of the plugin are those of its API reference, its sentences our own. Those of the gate are
// assumed.
namespace bcast {
inline constexpr BcastError kMissingAction{400, "MissingAction", "Action is missing"};
inline constexpr BcastError kUnknownAction{400, "UnknownAction", "there is no such Action"};
inline constexpr BcastError kInvalidProductKey{400, "InvalidProductKey",
                                               "ProductKey must be the key of a product that exists and is yours"};
inline constexpr BcastError kInvalidDeviceName{
    400, "InvalidDeviceName",
    "DeviceName must be a list of at least one name, each of 1 to 255 bytes without / + # $ and control characters"};
inline constexpr BcastError kDeviceCountExceeded{400, "DeviceCountExceeded", "DeviceName has more than 10000 names"};
inline constexpr BcastError kDuplicateDeviceName{400, "DuplicateDeviceName", "DeviceName has a name twice"};
inline constexpr BcastError kMessageIdContentConflict{400, "MessageIdContentConflict",
                                                      "exactly one of MessageContent and MessageId must be there"};
inline constexpr BcastError kInvalidBase64{400, "InvalidBase64", "MessageContent must be base64 with padding"};
inline constexpr BcastError kMessageTooLarge{
    400, "MessageTooLarge", "MessageContent must be at most 10240 bytes, of a broadcast 65536, before base64"};
inline constexpr BcastError kMessageNotFound{400, "MessageNotFound", "there is no message with this MessageId"};
inline constexpr BcastError kInvalidQos{400, "InvalidQos", "Qos must be the number 0 or 1"};
inline constexpr BcastError kInvalidTopicTemplate{
    400, "InvalidTopicTemplate",
    "a topic must have no wildcards and no placeholders but ${productKey} and ${deviceName}, which a template for "
    "devices needs; a short name has no / either; at most 1024 bytes"};
inline constexpr BcastError kInvalidParams{400, "InvalidParams", "a parameter of the query is missing or no good"};
inline constexpr BcastError kNoSuchMessage{404, "MessageNotFound", "there is no message with this MessageId"};
inline constexpr BcastError kNoSuchDelivery{404, "DeliveryNotFound", "there is no delivery with this DeliveryId"};
inline constexpr BcastError kBusy{429, "Busy", "the message broker does not keep up; try again later"};
inline constexpr BcastError kQuotaExceeded{429, "QuotaExceeded", "no further message can be registered"};
// The API reference says no more than "internal error" about any of the next.
inline constexpr BcastError kBrokerAway{500, "InternalError", "the message broker is not there"};
inline constexpr BcastError kBrokerRefused{500, "InternalError", "the message broker refused the message"};
inline constexpr BcastError kUnconfirmed{500, "InternalError",
                                         "the message broker has not confirmed the message in time"};
inline constexpr BcastError kStopping{500, "InternalError", "the service is stopping"};

inline constexpr BcastError kNoCredentials{401, "AUTHORIZATION_HEADER_ERROR",
                                           "authorization must be Basic, with an API key and its secret", true};
inline constexpr BcastError kBadCredentials{401, "BAD_API_KEY_OR_SECRET", "Check api_key/api_secret", true};
inline constexpr BcastError kNotFound{404, "NOT_FOUND", "there is no such call", true};
inline constexpr BcastError kNotJson{400, "BAD_REQUEST", "the body must be a JSON object", true};
inline constexpr BcastError kMediaType{415, "UNSUPPORTED_MEDIA_TYPE", "content-type must be application/json", true};
}  // namespace bcast

// What any call may answer besides the errors of its own row.
[[nodiscard]] std::span<const BcastError* const> bcast_gate_errors();

}  // namespace fleet::bridge
