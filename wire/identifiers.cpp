#include "wire/identifiers.h"

#include <algorithm>
#include <array>

#include "wire/mqtt/utf8.h"

namespace fleet::wire {
namespace {

constexpr std::string_view kAlphanumerics = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

consteval std::array<bool, 256> make_table(std::string_view more) {
  std::array<bool, 256> table{};
  for (const char c : kAlphanumerics) table[static_cast<unsigned char>(c)] = true;
  for (const char c : more) table[static_cast<unsigned char>(c)] = true;
  return table;
}

constexpr auto kProductKeyCharacters = make_table("");
constexpr auto kDeviceNameCharacters = make_table("_@.:-");
constexpr auto kTopicCharacters = make_table("_");

bool consists_of(std::string_view text, const std::array<bool, 256>& table) {
  for (const char c : text) {
    if (!table[static_cast<unsigned char>(c)]) return false;
  }
  return true;
}

}  // namespace

bool is_product_key(std::string_view text) {
  return !text.empty() && text.size() <= kProductKeyBytesMax && consists_of(text, kProductKeyCharacters);
}

bool is_device_name(std::string_view text) {
  return text.size() >= kDeviceNameBytesMin && text.size() <= kDeviceNameBytesMax && is_device_name_piece(text);
}

bool is_device_name_piece(std::string_view text) { return consists_of(text, kDeviceNameCharacters); }

bool is_topic_short_name(std::string_view text) {
  for (;;) {
    const std::size_t slash = text.find('/');
    const std::string_view segment = text.substr(0, slash);
    if (segment.empty() || !consists_of(segment, kTopicCharacters)) return false;
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash + 1);
  }
}

bool is_tmc_name(std::string_view text) {
  const auto is_bad = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '/' || c == '+' || c == '#';
  };
  return !text.empty() && text.size() <= kTmcNameBytesMax && std::none_of(text.begin(), text.end(), is_bad) &&
         mqtt::valid_utf8(text);
}

std::string_view name_of(TopicOperation operation) {
  switch (operation) {
    case TopicOperation::publish:
      return "publish";
    case TopicOperation::subscribe:
      return "subscribe";
    case TopicOperation::both:
      break;
  }
  return "both";
}

}  // namespace fleet::wire
