// Any text as the JSON of callers, beside a parser that is not ours: what that one takes ours takes, strings come out
// alike, and what is kept views the text or the storage and nothing else.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/bcast/body.h"
#include "bridge/tmc/json_scan.h"
#include "bridge/tmc/message.h"
#include "wire/error.h"

namespace {

using fleet::bridge::BcastField;
using fleet::bridge::BcastValue;
using nlohmann::json;

// Arrays and objects inside each other, strings not looked into: at least as many as there are.
int depth_of(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  for (const char c : text) {
    if (c == '[' || c == '{') deepest = std::max(deepest, ++depth);
    if (c == ']' || c == '}') --depth;
  }
  return deepest;
}

// Where the other parser has ideas of its own: a byte order mark, NUL as the end of the text.
bool is_comparable(std::string_view text) {
  return !text.starts_with("\xef\xbb\xbf") && text.find('\0') == std::string_view::npos &&
         depth_of(text) <= fleet::bridge::kJsonDepthMax;
}

// What the other parser refuses though it is in the grammar: lone surrogates, numbers beyond a double.
bool may_be_refused(std::string_view text) {
  if (text.find("\\u") != std::string_view::npos || text.size() > 300) return true;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if ((text[i] == 'e' || text[i] == 'E') && text[i - 1] >= '0' && text[i - 1] <= '9') return true;
  }
  return false;
}

bool views(std::string_view part, std::string_view whole) {
  const std::less_equal<> before;
  return part.empty() ||
         (before(whole.data(), part.data()) && before(part.data() + part.size(), whole.data() + whole.size()));
}

void check_string(std::string_view text, const json& parsed) {
  std::string storage;
  storage.reserve(text.size());
  fleet::bridge::JsonScan scan(text);
  std::string_view value;
  if (!scan.read_string(storage, value)) return;
  FLEET_CHECK(views(value, text) || views(value, storage));
  if (scan.at_end() && parsed.is_string()) FLEET_CHECK(value == parsed.get_ref<const std::string&>());
}

void check_messages(std::string_view text, const json& parsed) {
  std::string storage;
  std::vector<std::optional<fleet::bridge::TmcMessageText>> messages;
  const auto error = fleet::bridge::read_messages(text, storage, messages);
  FLEET_CHECK(messages.size() <= fleet::bridge::kTmcMessagesMax);
  if (error != fleet::bridge::TmcListError::none) return;
  FLEET_CHECK(!parsed.is_array() || parsed.size() == messages.size());
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (!messages[i]) continue;
    FLEET_CHECK(views(messages[i]->content, text) || views(messages[i]->content, storage));
    if (!parsed.is_array() || !parsed[i].contains("topic") || !parsed[i]["topic"].is_string()) continue;
    FLEET_CHECK(messages[i]->topic == parsed[i]["topic"].get_ref<const std::string&>());
  }
}

void check_body(std::string_view text, const json& parsed) {
  static fleet::bridge::BcastBody body;
  const bool is_body = body.read(text);
  FLEET_CHECK(!parsed.is_object() || is_body);
  FLEET_CHECK(body.names().size() <= fleet::bridge::kBcastDevicesMax + 1);
  if (!is_body || !parsed.is_object()) return;
  for (std::size_t i = 0; i < fleet::bridge::kBcastFields; ++i) {
    const auto field = static_cast<BcastField>(i);
    const auto member = parsed.find(std::string(name_of(field)));
    FLEET_CHECK(body[field].is_there() == (member != parsed.end()));
    if (member == parsed.end()) continue;
    FLEET_CHECK(body[field].is_text() == member->is_string());
    if (member->is_string()) FLEET_CHECK(body[field].text == member->get_ref<const std::string&>());
    if (body[field].kind != BcastValue::Kind::list || body.names_broken()) continue;
    FLEET_CHECK(member->size() == body.names().size() || member->size() > fleet::bridge::kBcastDevicesMax);
    for (std::size_t n = 0; n < body.names().size(); ++n) FLEET_CHECK(body.names()[n] == (*member)[n]);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  const bool taken = fleet::bridge::is_json(text);
  json parsed = json::value_t::discarded;
  if (is_comparable(text)) {
    parsed = json::parse(text, nullptr, false);
    FLEET_CHECK(parsed.is_discarded() || taken);
    FLEET_CHECK(!taken || !parsed.is_discarded() || may_be_refused(text));
  }
  check_string(text, parsed);
  check_messages(text, parsed);
  check_body(text, parsed);
  return 0;
}
