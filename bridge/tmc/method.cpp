#include "bridge/tmc/method.h"

namespace fleet::bridge {
namespace {

constexpr TopParam kGroupParam{"group_name", false, "a group of the caller's app; absent: `default`"};

constexpr TopParam kMessagesProduceParams[] = {
    {"messages", true,
     "JSON: a list of 1 to 50 objects whose members are texts or null; those of other names are passed over",
     tmc_members},
};
constexpr TopParam kMessageProduceParams[] = {
    {"content", true, kTmcContentRule},
    {"topic", true, kTmcTopicRule},
    {"target_group", false, kTmcTargetGroupRule},
    {"target_appkey", false, "the app whose group gets the message; absent: target_app_key, or the caller's own"},
    {"ex_content", false,
     "JSON of at most 122,880 bytes; told by taobao.tmc.messages.consume, no part of the payload; absent: "
     "json_ex_content"},
};
constexpr TopParam kMessagesConsumeParams[] = {
    kGroupParam,
    {"quantity", false, "10 to 200; absent: 100"},
};
constexpr TopParam kMessagesConfirmParams[] = {
    {"s_message_ids", true,
     "1 to 200 ids of messages that were taken, with commas between them; those that are not there any more are "
     "passed over"},
    kGroupParam,
    {"f_message_ids", false, "not looked at: what is not confirmed comes again by itself"},
};

constexpr TopMethod kMethods[] = {
    {.name = "taobao.tmc.messages.produce",
     .purpose = "Sends up to 50 messages, each of which is accepted or refused for itself.",
     .needs_session = true,
     .params = kMessagesProduceParams,
     .answer = "is_all_success, results{tmc_produce_result{is_success, error_code, error_message}}, in the order of "
               "the messages; code and message of refused ones only: isv.invalid-paramter for the caller's faults, "
               "isp.* for the broker's, which are worth another try",
     .run = run_messages_produce},
    {.name = "taobao.tmc.message.produce",
     .purpose = "Sends one message; its refusal is that of the call.",
     .needs_session = true,
     .params = kMessageProduceParams,
     .answer = "is_success: true",
     .run = run_message_produce},
    {.name = "taobao.tmc.messages.consume",
     .purpose = "Takes messages of a group; those not confirmed come again after 5 minutes.",
     .needs_session = false,
     .params = kMessagesConsumeParams,
     .answer = "messages{tmc_message{id, topic, pub_app_key, pub_time, content, json_ex_content}}: json_ex_content "
               "where the message has one; contents of 1 MB at most, so that there may be fewer than are left; no "
               "user_nick and no user_id, because the bridge knows no sellers",
     .run = run_messages_consume},
    {.name = "taobao.tmc.messages.confirm",
     .purpose = "Ends messages that were taken.",
     .needs_session = false,
     .params = kMessagesConfirmParams,
     .answer = "is_success: true",
     .run = run_messages_confirm},
};

}  // namespace

std::span<const TopMethod> top_methods() { return kMethods; }

const TopMethod* find_top_method(std::string_view name) {
  for (const TopMethod& method : kMethods) {
    if (method.name == name) return &method;
  }
  return nullptr;
}

}  // namespace fleet::bridge
