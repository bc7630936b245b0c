#include "bridge/actions/action.h"

namespace fleet::bridge {
namespace {

constexpr ActionParam kBatchPubParams[] = {
    {.name = "ProductKey", .when_empty = &business::kNullProductKey},
    {.name = "DeviceName", .when_empty = &business::kNullDeviceName, .is_list = true},
    {.name = "TopicShortName", .when_empty = &business::kNullTopicName, .replaced_by = "TopicTemplateName"},
    {.name = "MessageContent", .when_empty = &business::kNullMessageContent},
};

constexpr Action kActions[] = {
    {.name = "BatchPub",
     .per_second = 50,
     .allow_list = &AccountConfig::batch_pub,
     .params = kBatchPubParams,
     .run = run_batch_pub},
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
