#include "bridge/tmc/message.h"

#include <utility>

#include "bridge/tmc/json_scan.h"

namespace fleet::bridge {
namespace {

constexpr std::string_view kPrefix = "tmc/";

// The page's own spelling, with a letter missing.
constexpr std::string_view kInvalid = "isv.invalid-paramter";
constexpr TmcRefusal kRequired{kInvalid, "parameter required"};
constexpr TmcRefusal kUnknownTopic{kInvalid, "topic is not registered"};
constexpr TmcRefusal kUnknownApp{kInvalid, "target_app_key does not exist"};
constexpr TmcRefusal kUnknownGroup{kInvalid, "target_group does not exist"};
constexpr TmcRefusal kContentTooLong{kInvalid, "content is longer than 122880 bytes"};
constexpr TmcRefusal kContentNotJson{kInvalid, "content is not JSON"};
constexpr TmcRefusal kExContentTooLong{kInvalid, "json_ex_content is longer than 122880 bytes"};
constexpr TmcRefusal kExContentNotJson{kInvalid, "json_ex_content is not JSON"};

constexpr TmcMember kMembers[] = {
    {"topic", &TmcMessageText::topic, "in each element", kTmcTopicRule},
    {"content", &TmcMessageText::content, "in each element", kTmcContentRule},
    {"target_group", &TmcMessageText::target_group, "no", kTmcTargetGroupRule},
    {"target_app_key", &TmcMessageText::target_app_key, "no", kTmcTargetAppRule},
    {"target_appkey", &TmcMessageText::target_app_key, "no", "target_app_key as the single call writes it (assumed)"},
    {kExContentParam, &TmcMessageText::ex_content, "no", kTmcExContentRule},
    {"ex_content", &TmcMessageText::ex_content, "no", "json_ex_content as the single call writes it (assumed)"},
};

const TmcMember* find_member(std::string_view name) {
  for (const TmcMember& member : kMembers) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

// The element at the scan's place, whose text may be no message (`out` is empty then); false where it is no JSON.
bool read_element(JsonScan& scan, std::string& storage, std::optional<TmcMessageText>& out) {
  out.reset();
  if (!scan.take('{')) return scan.skip_value();
  TmcMessageText message;
  bool is_message = true;
  if (!scan.take('}')) {
    do {
      std::string_view name;
      if (!scan.read_string(storage, name) || !scan.take(':')) return false;
      const TmcMember* const member = find_member(name);
      const char begin = scan.peek();
      if (member == nullptr || begin != '"') {
        is_message = is_message && (member == nullptr || begin == 'n');  // null: as if it were not there
        if (!scan.skip_value()) return false;
      } else if (!scan.read_string(storage, message.*(member->value))) {
        return false;
      }
    } while (scan.take(','));
    if (!scan.take('}')) return false;
  }
  if (is_message) out = message;
  return true;
}

}  // namespace

std::span<const TmcMember> tmc_members() { return kMembers; }

TmcListError read_messages(std::string_view json, std::string& storage,
                           std::vector<std::optional<TmcMessageText>>& out) {
  storage.clear();
  storage.reserve(json.size());
  out.clear();
  JsonScan scan(json);
  if (!scan.take('[') || scan.peek() == ']') return TmcListError::not_a_list;
  do {
    if (out.size() == kTmcMessagesMax) return TmcListError::too_many;
    if (!read_element(scan, storage, out.emplace_back())) return TmcListError::not_a_list;
  } while (scan.take(','));
  return scan.take(']') && scan.at_end() ? TmcListError::none : TmcListError::not_a_list;
}

tl::expected<TmcRoute, TmcRefusal> check_message(const TmcApps& apps, const TmcApp& caller,
                                                 const TmcMessageText& message) {
  const auto refuse = [](const TmcRefusal& why) { return tl::unexpected(why); };
  if (message.topic.empty() || message.content.empty()) return refuse(kRequired);
  TmcRoute route;
  route.app = &caller;
  if (caller.topic(message.topic) == nullptr) return refuse(kUnknownTopic);
  if (!message.target_app_key.empty()) route.app = apps.find(message.target_app_key);
  if (route.app == nullptr) return refuse(kUnknownApp);
  route.topic = route.app->topic(message.topic);
  if (route.topic == nullptr) return refuse(kUnknownTopic);
  route.group = route.app->group(message.target_group.empty() ? kDefaultGroup : message.target_group);
  if (route.group == nullptr) return refuse(kUnknownGroup);
  if (message.content.size() > kTmcContentBytesMax) return refuse(kContentTooLong);
  if (message.ex_content.size() > kTmcContentBytesMax) return refuse(kExContentTooLong);
  if (!is_json(message.content)) return refuse(kContentNotJson);
  if (!message.ex_content.empty() && !is_json(message.ex_content)) return refuse(kExContentNotJson);
  return route;
}

std::shared_ptr<const wire::mqtt::PublishBatch> plan_message(const TmcRoute& route, std::string_view content) {
  auto batch = std::make_shared<wire::mqtt::PublishBatch>();
  const auto* const begin = reinterpret_cast<const std::byte*>(content.data());
  batch->set_payload(std::vector<std::byte>(begin, begin + content.size()));
  batch->qos = wire::mqtt::Qos::at_least_once;
  std::string& topic = batch->topics;
  topic.reserve(kPrefix.size() + route.app->key().size() + route.group->name.size() + route.topic->size() + 2);
  topic.append(kPrefix).append(route.app->key()).append("/").append(route.group->name).append("/").append(*route.topic);
  batch->topic_ends.push_back(static_cast<std::uint32_t>(topic.size()));
  return batch;
}

}  // namespace fleet::bridge
