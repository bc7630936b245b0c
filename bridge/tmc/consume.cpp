// taobao.tmc.messages.consume and taobao.tmc.messages.confirm: a group's messages for readers without MQTT.
#include <charconv>
#include <optional>

#include "bridge/envelope/top_time.h"
#include "bridge/tmc/method.h"

namespace fleet::bridge {
namespace {

using Json = nlohmann::ordered_json;

// API page of consume.
constexpr std::uint64_t kQuantityMin = 10;
constexpr std::uint64_t kQuantityMax = 200;
constexpr std::uint64_t kQuantityDefault = 100;
constexpr std::size_t kIdsMax = 200;  // API page of confirm
// Contents in one answer; a message of the largest size always fits. Assumed: 200 of the largest would be 24 MB.
constexpr std::size_t kAnswerBytesMax = 1u << 20;

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

// Null where the call names a group that the app does not have.
TmcGroup* group_of(const TmcContext& context) {
  const std::string_view name = context.params.get("group_name");
  return context.caller->group(name.empty() ? kDefaultGroup : name);
}

// user_id and user_nick are left out: the bridge knows no sellers.
Json message_fields(const TmcQueue::Taken& taken) {
  const TmcMessage& message = *taken.message;
  const std::vector<std::byte>& content = *message.content;
  Json fields = {{"id", taken.id},
                 {"topic", *message.topic},
                 {"pub_app_key", *message.pub_app_key},
                 {"pub_time", top_time_text(message.pub_time)},
                 {"content", std::string(reinterpret_cast<const char*>(content.data()), content.size())}};
  // Not on the page, which knows no ex content; without it there would be no way to read it.
  if (!message.ex_content.empty()) fields[std::string(kExContentParam)] = message.ex_content;
  return fields;
}

}  // namespace

TopResult run_messages_consume(TmcContext& context) {
  TmcGroup* const group = group_of(context);
  if (group == nullptr) return tl::unexpected(invalid_argument("group_name"));
  std::uint64_t quantity = kQuantityDefault;
  if (const std::string_view text = context.params.get("quantity"); !text.empty()) {
    const auto number = parse_number(text);
    if (!number || *number < kQuantityMin || *number > kQuantityMax)
      return tl::unexpected(invalid_argument("quantity"));
    quantity = *number;
  }
  group->queue.consume(quantity, kAnswerBytesMax, context.now, context.taken);
  Json items = Json::array();
  for (const TmcQueue::Taken& taken : context.taken) items.push_back(message_fields(taken));
  TopOutcome outcome;
  outcome.fields["messages"]["tmc_message"] = std::move(items);
  return outcome;
}

// Ids that are not there any more are passed over: a message may be confirmed twice, or too late. f_message_ids, the
// failed ones, are out of use: those come again by themselves.
TopResult run_messages_confirm(TmcContext& context) {
  TmcGroup* const group = group_of(context);
  if (group == nullptr) return tl::unexpected(invalid_argument("group_name"));
  std::vector<std::uint64_t> ids;
  std::string_view rest = context.params.get("s_message_ids");
  for (bool more = true; more;) {
    const std::size_t comma = rest.find(',');
    const auto id = parse_number(rest.substr(0, comma));
    if (!id || ids.size() == kIdsMax) return tl::unexpected(invalid_argument("s_message_ids"));
    ids.push_back(*id);
    more = comma != std::string_view::npos;
    if (more) rest.remove_prefix(comma + 1);
  }
  for (const std::uint64_t id : ids) (void)group->queue.confirm(id);
  TopOutcome outcome;
  outcome.fields["is_success"] = true;
  return outcome;
}

}  // namespace fleet::bridge
