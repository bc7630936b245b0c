// What the IoT service refuses: HTTP 200, Success false, a code and a sentence. Codes and texts: the service's public
// error table in English.
#pragma once

#include <string_view>

namespace fleet::bridge {

struct BusinessError {
  std::string_view code;
  std::string_view message;
};

namespace business {

inline constexpr BusinessError kSystemException{"iot.system.SystemException", "A system exception occurred."};
inline constexpr BusinessError kInvalidFormattedParameter{"iot.common.InvalidFormattedParameter",
                                                          "The format of the parameter is invalid."};
inline constexpr BusinessError kNullProductKey{"iot.prod.NullProductKey", "ProductKey cannot be empty."};
inline constexpr BusinessError kInvalidFormattedProductKey{"iot.prod.InvalidFormattedProductkey",
                                                           "The format of the ProductKey is invalid."};
inline constexpr BusinessError kNotExistedProduct{"iot.prod.NotExistedProduct",
                                                  "The specified product does not exist."};
inline constexpr BusinessError kNullDeviceName{"iot.device.NullDeviceName", "Device name cannot be empty."};
inline constexpr BusinessError kInvalidFormattedDeviceName{"iot.device.InvalidFormattedDeviceName",
                                                           "The format of the device name is invalid."};
inline constexpr BusinessError kNotExistedDevice{"iot.device.NotExistedDevice", "The specified device does not exist."};
inline constexpr BusinessError kNullMessageContent{"iot.messagebroker.NullMessageContent",
                                                   "Message content cannot be empty."};
inline constexpr BusinessError kMessageContentNotBase64{"iot.messagebroker.MessageContentIsNotBase64Encode",
                                                        "The message content is not base64 encoded."};
inline constexpr BusinessError kNullTopicName{"iot.messagebroker.NullTopicName", "Topic cannot be empty."};
inline constexpr BusinessError kInvalidFormattedTopicName{"iot.messagebroker.InvalidFormattedTopicName",
                                                          "Format of the topic is invalid."};
inline constexpr BusinessError kTopicTemplateIsNotFound{"iot.messagebroker.TopicTemplateIsNotFound",
                                                        "The topic category is not found."};
inline constexpr BusinessError kRateLimit{"iot.messagebroker.RateLimit", "Failed because of rate limit."};
inline constexpr BusinessError kPublishMessageException{"iot.messagebroker.PublishMessageException",
                                                        "An exception occurred when publishing message."};
inline constexpr BusinessError kPublishMessageFailed{"iot.messagebroker.PublishMessageFailed",
                                                     "Failed to publish message."};

}  // namespace business
}  // namespace fleet::bridge
