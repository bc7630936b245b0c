#include "bridge/actions/action.h"

namespace fleet::bridge {
namespace {

using namespace business;  // NOLINT(google-build-using-namespace): the table names hardly anything else

constexpr ActionParam kProductKeyParam{.name = "ProductKey",
                                       .need = Need::mandatory,
                                       .rule = "1 to 32 letters and digits",
                                       .when_empty = &kNullProductKey};
constexpr ActionParam kApplyIdParam{
    .name = "ApplyId", .need = Need::mandatory, .rule = "a positive whole number", .when_empty = &kNullApplyId};
constexpr ActionParam kContentParam{.name = "MessageContent",
                                    .need = Need::mandatory,
                                    .rule = "base64 (RFC 4648, padded) of at most 256 KB",
                                    .when_empty = &kNullMessageContent};
constexpr ActionParam kQosParam{.name = "Qos", .need = Need::optional, .rule = "0 (default) or 1"};

// A device by IotId, which wins, or by ProductKey and DeviceName.
constexpr ActionParam kIotIdParam{
    .name = "IotId", .need = Need::optional, .rule = "instead of ProductKey and DeviceName; wins where both are given"};
constexpr ActionParam kNamedProductParam{.name = "ProductKey", .need = Need::optional, .rule = "with DeviceName"};
constexpr ActionParam kNamedDeviceParam{
    .name = "DeviceName", .need = Need::optional, .rule = "4 to 32 of A-Z a-z 0-9 _ @ . : -, with ProductKey"};

constexpr ActionParam kCurrentPageParam{
    .name = "CurrentPage", .need = Need::optional, .rule = "from 1 (default); a page past the end is empty"};
constexpr ActionParam kPageSizeParam{.name = "PageSize", .need = Need::optional, .rule = "1 to 50, default 10"};

constexpr ActionParam kBatchPubParams[] = {
    kProductKeyParam,
    {.name = "DeviceName.N",
     .need = Need::mandatory,
     .rule = "1 to 100 devices of the product, each once",
     .when_empty = &kNullDeviceName},
    {.name = "TopicShortName",
     .need = Need::mandatory,
     .rule = "words of A-Z a-z 0-9 _ with / between them; a topic class that devices may subscribe to",
     .when_empty = &kNullTopicName,
     .replaced_by = "TopicTemplateName"},
    {.name = "TopicTemplateName",
     .need = Need::optional,
     .rule = "/{ProductKey}/${deviceName}/user/{TopicShortName}; wins over TopicShortName"},
    kContentParam,
    kQosParam,
};
constexpr const BusinessError* kBatchPubErrors[] = {&kNullProductKey,          &kInvalidFormattedProductKey,
                                                    &kNotExistedProduct,       &kNotProductOwner,
                                                    &kNullDeviceName,          &kInvalidFormattedDeviceName,
                                                    &kNotExistedDevice,        &kNullMessageContent,
                                                    &kMessageContentNotBase64, &kInvalidFormattedParameter,
                                                    &kNullTopicName,           &kInvalidFormattedTopicName,
                                                    &kTopicTemplateIsNotFound, &kRateLimit,
                                                    &kPublishMessageException, &kPublishMessageFailed};

constexpr ActionParam kPubParams[] = {
    kProductKeyParam,
    {.name = "TopicFullName",
     .need = Need::mandatory,
     .rule = "/{ProductKey}/{DeviceName}/user/{TopicShortName} of a class that devices may subscribe to, or "
             "/broadcast/{ProductKey}/{any}; at most 128 bytes",
     .when_empty = &kNullTopicName},
    kContentParam,
    kQosParam,
};
constexpr const BusinessError* kPubErrors[] = {
    &kNullProductKey,          &kInvalidFormattedProductKey, &kNotExistedProduct,       &kNotProductOwner,
    &kNotExistedDevice,        &kNullMessageContent,         &kMessageContentNotBase64, &kInvalidFormattedParameter,
    &kNullTopicName,           &kInvalidFormattedTopicName,  &kTopicTemplateIsNotFound, &kRateLimit,
    &kPublishMessageException, &kPublishMessageFailed};

constexpr ActionParam kPubBroadcastParams[] = {
    kProductKeyParam,
    {.name = "MessageContent",
     .need = Need::mandatory,
     .rule = "base64 (RFC 4648, padded) of at most 64 KB",
     .when_empty = &kNullMessageContent},
    {.name = "TopicFullName",
     .need = Need::optional,
     .rule =
         "/broadcast/{ProductKey}/{any}, at most 128 bytes; absent: every device of the product, at most 100,000 of "
         "them, on /sys/{ProductKey}/{DeviceName}/broadcast/request/{MessageId}"},
};
constexpr const BusinessError* kPubBroadcastErrors[] = {
    &kNullProductKey,     &kInvalidFormattedProductKey, &kNotExistedProduct,         &kNotProductOwner,
    &kNullMessageContent, &kMessageContentNotBase64,    &kInvalidFormattedParameter, &kInvalidFormattedTopicName,
    &kRateLimit,          &kPublishMessageException,    &kPublishMessageFailed};

constexpr ActionParam kBatchCheckDeviceNamesParams[] = {
    kProductKeyParam,
    {.name = "DeviceName.N",
     .need = Need::optional,
     .rule = "4 to 32 of A-Z a-z 0-9 _ @ . : -, each once; the first 10,000 count (x509 products: 1,000), more are "
             "dropped; this or DeviceNameList"},
    {.name = "DeviceNameList.N.DeviceName", .need = Need::in_each, .rule = "as DeviceName.N, and wins over it"},
    {.name = "DeviceNameList.N.DeviceNickname",
     .need = Need::optional,
     .rule =
         "Chinese and Japanese characters, letters, digits and _; 4 to 64, where a Chinese or Japanese one counts 2"},
};
constexpr const BusinessError* kBatchCheckDeviceNamesErrors[] = {&kNullProductKey,
                                                                 &kInvalidFormattedProductKey,
                                                                 &kNotExistedProduct,
                                                                 &kNotProductOwner,
                                                                 &kNoneDeviceNameElement,
                                                                 &kInvalidDeviceNameExisted,
                                                                 &kInvalidDeviceNicknameExisted,
                                                                 &kApplyManyDevicesFailed};

constexpr ActionParam kApplyParams[] = {kProductKeyParam, kApplyIdParam};
constexpr const BusinessError* kQueryStatusErrors[] = {
    &kNullProductKey, &kInvalidFormattedProductKey, &kNotExistedProduct,     &kNotProductOwner,
    &kNullApplyId,    &kInvalidFormattedApplyId,    &kDeviceApplyIsNotFound, &kIncorrectDeviceApplyInfo};
constexpr const BusinessError* kRegisterWithIdErrors[] = {&kNullProductKey,
                                                          &kInvalidFormattedProductKey,
                                                          &kNotExistedProduct,
                                                          &kNotProductOwner,
                                                          &kNullApplyId,
                                                          &kInvalidFormattedApplyId,
                                                          &kDeviceApplyIsNotFound,
                                                          &kIncorrectDeviceApplyInfo,
                                                          &kCreateDeviceTaskIsRunning};

constexpr ActionParam kBatchRegisterDeviceParams[] = {
    kProductKeyParam,
    {.name = "Count", .need = Need::mandatory, .rule = "1 to 10,000", .when_empty = &kInvalidFormattedParameter},
};
constexpr const BusinessError* kBatchRegisterDeviceErrors[] = {
    &kNullProductKey,        &kInvalidFormattedProductKey, &kNotExistedProduct,
    &kNotProductOwner,       &kInvalidFormattedParameter,  &kDeviceCountExceeded,
    &kApplyManyDevicesFailed};

constexpr ActionParam kQueryPageParams[] = {kApplyIdParam, kCurrentPageParam, kPageSizeParam};
constexpr const BusinessError* kQueryPageErrors[] = {&kNullApplyId, &kInvalidFormattedApplyId, &kInvalidPageParams,
                                                     &kDeviceApplyIsNotFound};

constexpr ActionParam kBatchAddThingTopoParams[] = {
    {.name = "GwProductKey",
     .need = Need::mandatory,
     .rule = "of a product of gateways",
     .when_empty = &kNullProductKey},
    {.name = "GwDeviceName", .need = Need::mandatory, .rule = "the gateway", .when_empty = &kNullDeviceName},
    {.name = "TopoAddItem.N.ProductKey",
     .need = Need::mandatory,
     .rule = "of the sub-device; at most 10 items, each sub-device once; one of another account is refused with "
             "iot.Prod.NotProductOwner (assumed)",
     .when_empty = &kNullProductKey},
    {.name = "TopoAddItem.N.DeviceName",
     .need = Need::mandatory,
     .rule = "of the sub-device; one that has another gateway is moved",
     .when_empty = &kNullDeviceName},
    {.name = "TopoAddItem.N.Sign",
     .need = Need::mandatory,
     .rule = "hex of SignMethod(device secret, content), content being the names of the item's other parameters but "
             "SignMethod, each with a small first letter and its value behind it, in letter order",
     .when_empty = &kVerifyDeviceFailed},
    {.name = "TopoAddItem.N.SignMethod",
     .need = Need::mandatory,
     .rule = "hmacMd5, hmacSha1, hmacSha256 or Sha256, in any case",
     .when_empty = &kInvalidFormattedParameter},
    {.name = "TopoAddItem.N.Timestamp",
     .need = Need::optional,
     .rule = "signed where it is sent; not checked otherwise"},
    {.name = "TopoAddItem.N.ClientId",
     .need = Need::optional,
     .rule = "signed where it is sent; not checked otherwise"},
};
constexpr const BusinessError* kBatchAddThingTopoErrors[] = {
    &kAuthActionPermissionDeny,   &kNullProductKey,   &kInvalidFormattedProductKey,
    &kNotExistedProduct,          &kNotProductOwner,  &kNullDeviceName,
    &kInvalidFormattedDeviceName, &kNotExistedDevice, &kInvalidFormattedParameter,
    &kVerifyDeviceFailed,         &kInvalidNodeType,  &kAddTopoRelationFailed,
    &kTopoRelationCountExceeded};

constexpr ActionParam kGetThingTopoParams[] = {
    {.name = "PageNo", .need = Need::mandatory, .rule = "from 1", .when_empty = &kInvalidPageParams},
    {.name = "PageSize", .need = Need::mandatory, .rule = "1 to 50", .when_empty = &kInvalidPageParams},
    kIotIdParam,
    kNamedProductParam,
    kNamedDeviceParam,
};
constexpr const BusinessError* kGetThingTopoErrors[] = {
    &kInvalidPageParams, &kInvalidIotId,    &kNullProductKey, &kInvalidFormattedProductKey,
    &kNotExistedProduct, &kNotProductOwner, &kNullDeviceName, &kInvalidFormattedDeviceName,
    &kNotExistedDevice};

constexpr ActionParam kNotifyAddThingTopoParams[] = {
    {.name = "GwIotId",
     .need = Need::optional,
     .rule = "instead of GwProductKey and GwDeviceName; wins where both are given"},
    {.name = "GwProductKey", .need = Need::optional, .rule = "of a product of gateways, with GwDeviceName"},
    {.name = "GwDeviceName", .need = Need::optional, .rule = "the gateway, with GwProductKey"},
    {.name = "DeviceListStr",
     .need = Need::optional,
     .rule = "JSON: a list of at most 30, each {\"productKey\", \"deviceName\"} or {\"IotId\"}"},
};
constexpr const BusinessError* kNotifyAddThingTopoErrors[] = {
    &kInvalidIotId,   &kNullProductKey,   &kInvalidFormattedProductKey, &kNotExistedProduct,         &kNotProductOwner,
    &kNullDeviceName, &kNotExistedDevice, &kInvalidFormattedDeviceName, &kInvalidFormattedParameter, &kInvalidNodeType};

constexpr ActionParam kNamedDeviceParams[] = {kIotIdParam, kNamedProductParam, kNamedDeviceParam};
constexpr const BusinessError* kNamedDeviceErrors[] = {
    &kInvalidIotId,    &kNullProductKey, &kInvalidFormattedProductKey, &kNotExistedProduct,
    &kNotProductOwner, &kNullDeviceName, &kInvalidFormattedDeviceName, &kNotExistedDevice};

constexpr ActionParam kCreateProductParams[] = {
    {.name = "ProductName",
     .need = Need::mandatory,
     .rule = "Chinese characters, letters, digits and _; 4 to 30, where a Chinese one counts 2; no other product's",
     .when_empty = &kNullProductName},
    {.name = "NodeType", .need = Need::mandatory, .rule = "0 devices, 1 gateways", .when_empty = &kInvalidNodeType},
    {.name = "ProtocolType",
     .need = Need::optional,
     .rule = "with NodeType 0: devices that connect through gateways only; not looked at otherwise"},
    {.name = "AuthType", .need = Need::optional, .rule = "x509, or else secret"},
    {.name = "DataFormat", .need = Need::optional, .rule = "0 or 1; answered, not used"},
    {.name = "AliyunCommodityCode", .need = Need::optional, .rule = "iothub_senior or iothub; answered, not used"},
    {.name = "Description", .need = Need::optional, .rule = "at most 100 characters; answered, not kept"},
};
constexpr const BusinessError* kCreateProductErrors[] = {
    &kNullProductName,           &kInvalidFormattedProductName, &kInvalidNodeType,
    &kInvalidFormattedParameter, &kInvalidAliyunCommodityCode,  &kLongProductDesc,
    &kAlreadyExistedProductName, &kProductCountExceedMax};

constexpr ActionParam kProductParams[] = {kProductKeyParam};
constexpr const BusinessError* kProductErrors[] = {&kNullProductKey, &kInvalidFormattedProductKey, &kNotExistedProduct,
                                                   &kNotProductOwner};

constexpr ActionParam kRegisterDeviceParams[] = {
    kProductKeyParam,
    {.name = "DeviceName", .need = Need::optional, .rule = "4 to 32 of A-Z a-z 0-9 _ @ . : -; absent: a random one"},
    {.name = "Nickname", .need = Need::optional, .rule = "as DeviceNickname of BatchCheckDeviceNames"},
};
constexpr const BusinessError* kRegisterDeviceErrors[] = {
    &kNullProductKey,           &kInvalidFormattedProductKey, &kNotExistedProduct,
    &kNotProductOwner,          &kInvalidFormattedDeviceName, &kInvalidFormattedParameter,
    &kAlreadyExistedDeviceName, &kDeviceCountExceeded};

constexpr ActionParam kQueryDeviceParams[] = {kProductKeyParam, kCurrentPageParam, kPageSizeParam};
constexpr const BusinessError* kQueryDeviceErrors[] = {&kNullProductKey, &kInvalidFormattedProductKey,
                                                       &kNotExistedProduct, &kNotProductOwner, &kInvalidPageParams};

constexpr std::string_view kApplyIdAnswer = "Data{ApplyId}";

// Quotas: "QPS limits" of the API pages; of QueryDeviceDetail and DeleteDevice assumed, like their siblings'.
constexpr Action kActions[] = {
    {.name = "BatchPub",
     .purpose = "Sends one message to up to 100 devices of a product, or to none of them.",
     .per_second = 50,
     .allow_list = &AccountConfig::batch_pub,
     .params = kBatchPubParams,
     .errors = kBatchPubErrors,
     .run = run_batch_pub},
    {.name = "Pub",
     .purpose = "Sends one message to one device, or to a broadcast topic.",
     .per_second = 1'600,
     .params = kPubParams,
     .answer = "MessageId",
     .errors = kPubErrors,
     .run = run_pub},
    {.name = "PubBroadcast",
     .purpose = "Sends one message to a broadcast topic, or to all devices of a product. At QoS 0.",
     .per_second = 1,
     .params = kPubBroadcastParams,
     .answer = "MessageId",
     .errors = kPubBroadcastErrors,
     .run = run_pub_broadcast},
    {.name = "BatchCheckDeviceNames",
     .purpose = "Begins a batch of devices: checks their names and nicknames.",
     .per_second = 10,
     .data_on_failure = true,
     .params = kBatchCheckDeviceNamesParams,
     .answer =
         "Data{ApplyId}; in a failure Data{InvalidDeviceNameList, InvalidDeviceNicknameList, "
         "RepeatedDeviceNameList, InvalidDetailList{DeviceName, NickName, ErrorMsg}}, as far as they are not empty",
     .errors = kBatchCheckDeviceNamesErrors,
     .run = run_batch_check_device_names},
    {.name = "QueryBatchRegisterDeviceStatus",
     .purpose = "Tells how far a batch has come: CHECK, CHECK_SUCCESS, CHECK_FAILED, CREATE, CREATE_SUCCESS, "
                "CREATE_FAILED.",
     .per_second = 30,
     .params = kApplyParams,
     .answer = "Data{Status, ValidList{Name}, InvalidList{Name}}, in CHECK_FAILED and CREATE_FAILED with "
               "InvalidDetailList{DeviceName, ErrorMsg}",
     .errors = kQueryStatusErrors,
     .run = run_query_batch_register_device_status},
    {.name = "BatchRegisterDeviceWithApplyId",
     .purpose = "Registers the devices of a batch in CHECK_SUCCESS. One that is done already is answered alike.",
     .per_second = 500,
     .params = kApplyParams,
     .answer = kApplyIdAnswer,
     .errors = kRegisterWithIdErrors,
     .run = run_batch_register_device_with_apply_id},
    {.name = "BatchRegisterDevice",
     .purpose = "Begins a batch of devices under random names and registers them.",
     .per_second = 10,
     .params = kBatchRegisterDeviceParams,
     .answer = kApplyIdAnswer,
     .errors = kBatchRegisterDeviceErrors,
     .run = run_batch_register_device},
    {.name = "QueryPageByApplyId",
     .purpose = "Lists the devices that a batch has registered.",
     .per_second = 50,
     .params = kQueryPageParams,
     .answer = "Page, PageSize, PageCount, Total, ApplyDeviceList{ApplyDeviceInfo{DeviceId, DeviceName, DeviceSecret, "
               "IotId}}",
     .errors = kQueryPageErrors,
     .run = run_query_page_by_apply_id},
    {.name = "BatchAddThingTopo",
     .purpose = "Attaches up to ten sub-devices to a gateway, or none of them. The gateways concerned are told on "
                "/sys/{ProductKey}/{DeviceName}/thing/topo/change.",
     .per_second = 10,
     .params = kBatchAddThingTopoParams,
     .errors = kBatchAddThingTopoErrors,
     .run = run_batch_add_thing_topo},
    {.name = "GetThingTopo",
     .purpose = "Lists the sub-devices of a gateway.",
     .per_second = 500,
     .params = kGetThingTopoParams,
     .answer = "Data{PageCount, PageSize, CurrentPage, Total, List{deviceInfo{DeviceName, ProductKey, DeviceSecret, "
               "IotId}}}",
     .errors = kGetThingTopoErrors,
     .run = run_get_thing_topo},
    {.name = "RemoveThingTopo",
     .purpose = "Detaches all sub-devices of a gateway, or a sub-device from its gateway. They are told as by "
                "BatchAddThingTopo.",
     .per_second = 500,
     .params = kNamedDeviceParams,
     .answer = "Data: true",
     .errors = kNamedDeviceErrors,
     .run = run_remove_thing_topo},
    {.name = "NotifyAddThingTopo",
     .purpose = "Asks a gateway to attach sub-devices, on /sys/{ProductKey}/{DeviceName}/thing/topo/add/notify.",
     .per_second = 500,
     .params = kNotifyAddThingTopoParams,
     .answer = "Data{MessageId}",
     .errors = kNotifyAddThingTopoErrors,
     .run = run_notify_add_thing_topo},
    {.name = "CreateProduct",
     .purpose = "Makes a product with the topic classes update and update/error (published by devices) and get "
                "(subscribed to).",
     .per_second = 50,
     .params = kCreateProductParams,
     .answer = "ProductKey, Data{ProductKey, ProductName, ProductSecret, NodeType, AuthType, Id2} and of Description, "
               "AliyunCommodityCode, ProtocolType and DataFormat what was given",
     .errors = kCreateProductErrors,
     .run = run_create_product},
    {.name = "QueryProductTopic",
     .purpose = "Lists the topic classes of a product.",
     .per_second = 3,
     .params = kProductParams,
     .answer = "Data{ProductTopicInfo{TopicShortName, Operation (0 publish, 1 subscribe, 2 both), Id, ProductKey}}",
     .errors = kProductErrors,
     .run = run_query_product_topic},
    {.name = "RegisterDevice",
     .purpose = "Registers one device.",
     .per_second = 30,
     .params = kRegisterDeviceParams,
     .answer = "Data{ProductKey, DeviceName, DeviceSecret, IotId, Nickname}",
     .errors = kRegisterDeviceErrors,
     .run = run_register_device},
    {.name = "QueryDevice",
     .purpose =
         "Lists the devices of a product, the youngest first. DeviceStatus is ONLINE for a sub-device that is "
         "logged in and for a gateway through which one is: the bridge sees no more of connections. It is DISABLE "
         "where DisableThing has made it so, OFFLINE where a device was online before, otherwise UNACTIVE.",
     .per_second = 50,
     .params = kQueryDeviceParams,
     .answer = "Page, PageSize, PageCount, Total, Data{DeviceInfo{DeviceId, DeviceName, DeviceSecret, DeviceStatus, "
               "GmtCreate, GmtModified, IotId, Nickname, ProductKey, UtcCreate, UtcModified}}",
     .errors = kQueryDeviceErrors,
     .run = run_query_device},
    {.name = "QueryDeviceDetail",
     .purpose = "Tells about one device. Status as in QueryDevice.",
     .per_second = 500,
     .params = kNamedDeviceParams,
     .answer = "Data{ProductKey, ProductName, DeviceName, Nickname, DeviceSecret, IotId, GmtCreate, UtcCreate, Status, "
               "NodeType, Owner, Region}",
     .errors = kNamedDeviceErrors,
     .run = run_query_device_detail},
    {.name = "DisableThing",
     .purpose = "Forbids a device to come online, and ends its session; of a gateway, those of its sub-devices. The "
                "gateway of a sub-device is told as by BatchAddThingTopo.",
     .per_second = 500,
     .params = kNamedDeviceParams,
     .errors = kNamedDeviceErrors,
     .run = run_disable_thing},
    {.name = "EnableThing",
     .purpose = "Allows a device that was disabled to come online again. Its gateway is told.",
     .per_second = 500,
     .params = kNamedDeviceParams,
     .errors = kNamedDeviceErrors,
     .run = run_enable_thing},
    {.name = "DeleteDevice",
     .purpose = "Deletes a device and its topology.",
     .per_second = 500,
     .params = kNamedDeviceParams,
     .errors = kNamedDeviceErrors,
     .run = run_delete_device},
};

}  // namespace

std::span<const Action> actions() { return kActions; }

const Action* find_action(std::string_view name) {
  for (const Action& action : kActions) {
    if (action.name == name) return &action;
  }
  return nullptr;
}

}  // namespace fleet::bridge
