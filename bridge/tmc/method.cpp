#include "bridge/tmc/method.h"

namespace fleet::bridge {
namespace {

constexpr TopParam kMessagesProduceParams[] = {{"messages", true}};
constexpr TopParam kMessageProduceParams[] = {
    {"content", true}, {"topic", true}, {"target_group", false}, {"target_appkey", false}, {"ex_content", false}};
constexpr TopParam kMessagesConsumeParams[] = {{"group_name", false}, {"quantity", false}};
constexpr TopParam kMessagesConfirmParams[] = {
    {"s_message_ids", true}, {"group_name", false}, {"f_message_ids", false}};

constexpr TopMethod kMethods[] = {
    {.name = "taobao.tmc.messages.produce",
     .purpose = "Sends up to 50 messages, each of which is accepted or refused for itself.",
     .needs_session = true,
     .params = kMessagesProduceParams,
     .run = run_messages_produce},
    {.name = "taobao.tmc.message.produce",
     .purpose = "Sends one message.",
     .needs_session = true,
     .params = kMessageProduceParams,
     .run = run_message_produce},
    {.name = "taobao.tmc.messages.consume",
     .purpose = "Takes 10 to 200 messages of a group; those not confirmed come again after 5 minutes.",
     .needs_session = false,
     .params = kMessagesConsumeParams,
     .run = run_messages_consume},
    {.name = "taobao.tmc.messages.confirm",
     .purpose = "Ends up to 200 messages that were taken, ids with commas between them.",
     .needs_session = false,
     .params = kMessagesConfirmParams,
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
