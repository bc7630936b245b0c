#include "bridge/envelope/markup.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "wire/mqtt/utf8.h"

namespace fleet::bridge {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

// XML 1.0 §2.2.
bool may_stand_in_xml(std::string_view character) {
  if (character.size() == 1) return character >= " " || character == "\t" || character == "\n";
  return character != "\xef\xbf\xbe" && character != "\xef\xbf\xbf";
}

}  // namespace

void append_json_text(std::string_view text, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out.append("\\u00");
      out.push_back(kHex[static_cast<unsigned char>(c) >> 4]);
      out.push_back(kHex[static_cast<unsigned char>(c) & 15]);
    } else {
      out.push_back(c);
    }
  }
}

void append_json(const nlohmann::ordered_json& value, std::string& out) {
  out.append(value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

void append_xml_text(std::string_view text, std::string& out) {
  while (!text.empty()) {
    std::size_t size = 1;
    switch (text.front()) {
      case '&':
        out.append("&amp;");
        break;
      case '<':
        out.append("&lt;");
        break;
      case '>':
        out.append("&gt;");
        break;
      case '\r':
        out.append("&#13;");
        break;
      default:
        size = wire::mqtt::utf8_character_size(text);
        out.append(size != 0 && may_stand_in_xml(text.substr(0, size)) ? text.substr(0, size) : kReplacement);
        size = std::max<std::size_t>(size, 1);
    }
    text.remove_prefix(size);
  }
}

void append_xml_member(const std::string& name, const nlohmann::ordered_json& value, std::string& out) {
  if (value.is_array()) {
    for (const auto& item : value) append_xml_member(name, item, out);
    return;
  }
  out.append("<").append(name).push_back('>');
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) append_xml_member(key, member, out);
  } else if (value.is_string()) {
    append_xml_text(value.get_ref<const std::string&>(), out);
  } else {
    out.append(value.dump());
  }
  out.append("</").append(name).push_back('>');
}

}  // namespace fleet::bridge
