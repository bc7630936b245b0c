// What the IoT service refuses: HTTP 200, Success false, a code and a sentence. Codes and texts: the service's public
// error table in English, where nothing else is said.
#pragma once

#include <string_view>

namespace fleet::bridge {

struct BusinessError {
  std::string_view code;
  std::string_view message;
};

namespace business {

// The service as a whole.
inline constexpr BusinessError kSystemException{"iot.system.SystemException", "A system exception occurred."};
inline constexpr BusinessError kInvalidPageParams{"iot.common.InvalidPageParams",
                                                  "The specified page size or page number is invalid."};
// Text assumed: the table has it in Chinese only. It stands for every malformed value without a code of its own.
inline constexpr BusinessError kInvalidFormattedParameter{"iot.common.InvalidFormattedParameter",
                                                          "The format of the parameter is invalid."};

// Text assumed, as above.
inline constexpr BusinessError kAuthActionPermissionDeny{"iot.common.AuthActionPermissionDeny",
                                                         "The device belongs to another account."};

// Products.
inline constexpr BusinessError kNullProductKey{"iot.prod.NullProductKey", "ProductKey cannot be empty."};
inline constexpr BusinessError kInvalidFormattedProductKey{"iot.prod.InvalidFormattedProductkey",
                                                           "The format of the ProductKey is invalid."};
inline constexpr BusinessError kNotExistedProduct{"iot.prod.NotExistedProduct",
                                                  "The specified product does not exist."};
// Written with a capital P in the table, which has its text in Chinese only: assumed.
inline constexpr BusinessError kNotProductOwner{"iot.Prod.NotProductOwner", "The product belongs to another account."};
inline constexpr BusinessError kInvalidNodeType{"iot.prod.InvalidNodeType", "The node type of the product is invalid."};
inline constexpr BusinessError kNullProductName{"iot.prod.NullProductName", "ProductName cannot be empty."};
inline constexpr BusinessError kInvalidFormattedProductName{"iot.prod.InvalidFormattedProductName",
                                                            "The format of the ProductName is invalid."};
inline constexpr BusinessError kAlreadyExistedProductName{"iot.prod.AlreadyExistedProductName",
                                                          "The same product name already exists."};
inline constexpr BusinessError kLongProductDesc{"iot.prod.LongProductDesc",
                                                "The product description length exceeds the maximum limit."};
inline constexpr BusinessError kInvalidAliyunCommodityCode{"iot.prod.InvalidAliyunCommodityCode",
                                                           "The value of AliyunCommodityCode is invalid."};
inline constexpr BusinessError kProductCountExceedMax{"iot.prod.ProductCountExceedMax",
                                                      "The total number of products exceeds the maximum limit."};

// Devices.
inline constexpr BusinessError kNullDeviceName{"iot.device.NullDeviceName", "Device name cannot be empty."};
inline constexpr BusinessError kNoneDeviceNameElement{"iot.device.NoneDeviceNameElement",
                                                      "The device name list cannot be empty."};
inline constexpr BusinessError kInvalidFormattedDeviceName{"iot.device.InvalidFormattedDeviceName",
                                                           "The format of the device name is invalid."};
inline constexpr BusinessError kInvalidIotId{"iot.device.InvalidIoTId", "The device IotId is incorrect."};
inline constexpr BusinessError kNotExistedDevice{"iot.device.NotExistedDevice", "The specified device does not exist."};
inline constexpr BusinessError kAlreadyExistedDeviceName{"iot.device.AlreadyExistedDeviceName",
                                                         "The device name already exists."};
inline constexpr BusinessError kDeviceCountExceeded{"iot.device.DeviceCountExceeded",
                                                    "Number of devices requested exceeds the maximum limit."};
// The table gives no text for the first of these and a Chinese one for the second: assumed.
inline constexpr BusinessError kInvalidDeviceNameExisted{
    "iot.device.InvalidDeviceNameExisted", "The device name list contains invalid names, see the returned lists."};
inline constexpr BusinessError kInvalidDeviceNicknameExisted{
    "iot.device.InvalidDeviceNickNameExisted",
    "The device nickname list contains invalid nicknames, see the returned lists."};

// Apply batches.
inline constexpr BusinessError kNullApplyId{"iot.device.NullApplyId", "ApplyId cannot be empty."};
inline constexpr BusinessError kInvalidFormattedApplyId{"iot.device.InvalidFormattedApplyId",
                                                        "The ApplyId is incorrect."};
inline constexpr BusinessError kDeviceApplyIsNotFound{"iot.device.DeviceApplyIsNotFound", "The ApplyId is not found."};
inline constexpr BusinessError kIncorrectDeviceApplyInfo{
    "iot.device.IncorrentDeviceApplyInfo",  // spelt as in the table
    "The device application information is not correct."};
inline constexpr BusinessError kCreateDeviceTaskIsRunning{"iot.device.CreateDeviceTaskIsRunning",
                                                          "The device creation task is still in progress."};
inline constexpr BusinessError kApplyManyDevicesFailed{"iot.device.ApplyManyDevicesFailed",
                                                       "Failed to batch register devices."};

// Topology.
inline constexpr BusinessError kAddTopoRelationFailed{"iot.device.AddTopoRelationFailed",
                                                      "Failed to add topological relationship."};
inline constexpr BusinessError kRemoveTopoRelationFailed{"iot.device.RemoveTopoRelationFailed",
                                                         "Failed to delete the topological relationship."};
inline constexpr BusinessError kTopoRelationCountExceeded{"iot.device.TopoRelationCountExceeded",
                                                          "The number of topology relationships exceeds the limit."};
inline constexpr BusinessError kVerifyDeviceFailed{"iot.device.VerifyDeviceFailed", "Failed to verify the device."};

// Messages.
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
