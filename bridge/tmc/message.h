// One message of taobao.tmc.messages.produce: from the caller's text to a publish.
//
// The payload of the publish is `content` as the caller wrote it, decoded from the JSON string that it came in, and
// nothing else: ids, times, the producing app and the ex content are told by taobao.tmc.messages.consume only. The
// topic is tmc/{app_key}/{group}/{topic}, where the app is the one whose queue the message goes to, at QoS 1. (The
// platform itself has no MQTT: this mapping is the bridge's own.)
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "bridge/tmc/apps.h"
#include "wire/mqtt/endpoint.h"

namespace fleet::bridge {

inline constexpr std::size_t kTmcMessagesMax = 50;           // API page
inline constexpr std::size_t kTmcContentBytesMax = 122'880;  // page of the single call; of bytes (assumed)
inline constexpr std::string_view kExContentParam = "json_ex_content";

// For the documentation: what the parts of a message may be, in a list and in the single call.
inline constexpr std::string_view kTmcTopicRule = "a topic that the caller's app and the target have";
inline constexpr std::string_view kTmcContentRule = "JSON of at most 122,880 bytes; the payload of the publish";
inline constexpr std::string_view kTmcTargetGroupRule = "a group of the target; absent: `default`";
inline constexpr std::string_view kTmcTargetAppRule = "the app whose group gets the message; absent: the caller's own";
inline constexpr std::string_view kTmcExContentRule =
    "JSON of at most 122,880 bytes; told by taobao.tmc.messages.consume, no part of the payload";

// As the caller wrote it; empty: not given.
struct TmcMessageText {
  std::string_view topic{};
  std::string_view content{};         // JSON text
  std::string_view target_group{};    // "default" where it is empty
  std::string_view target_app_key{};  // the caller's own app where it is empty
  std::string_view ex_content{};      // JSON text
};

// A member of an element of `messages`. Reading an element, and the documentation, come from the rows.
struct TmcMember {
  std::string_view name;
  std::string_view TmcMessageText::*value;
  std::string_view needed;  // for the documentation
  std::string_view rule;    // likewise
};
[[nodiscard]] std::span<const TmcMember> tmc_members();

enum class TmcListError {
  none,
  not_a_list,  // no JSON, no array, or empty
  too_many,    // more than kTmcMessagesMax
};

// Reads the value of `messages`. An element that is no object, or has a member of ours that is neither a string nor
// null, becomes an empty optional; members of other names are passed over; of members given twice the last one counts.
// json_ex_content and target_app_key may be written as in the single call, ex_content and target_appkey (assumed). The
// texts view `json` or `storage`; both vectors are overwritten.
[[nodiscard]] TmcListError read_messages(std::string_view json, std::string& storage,
                                         std::vector<std::optional<TmcMessageText>>& out);

// Why a message was not accepted. Views of constants.
struct TmcRefusal {
  std::string_view code;
  std::string_view message;
};

// Where a message goes.
struct TmcRoute {
  const TmcApp* app = nullptr;
  TmcGroup* group = nullptr;
  const std::string* topic = nullptr;
};

// Checks a message by the rules of the API. The topic must be registered for the caller's app and, where another one is
// the target, for that as well; the group must be one of the target's (assumed: the page says "registered and
// authorised"). The platform's codes are known for a missing parameter only; the others are assumed.
[[nodiscard]] tl::expected<TmcRoute, TmcRefusal> check_message(const TmcApps& apps, const TmcApp& caller,
                                                               const TmcMessageText& message);

// `content` is copied once.
[[nodiscard]] std::shared_ptr<const wire::mqtt::PublishBatch> plan_message(const TmcRoute& route,
                                                                           std::string_view content);

}  // namespace fleet::bridge
