// Any text inside an answer: the answer is XML and JSON to parsers that are not ours, and what it can say it says.
#include <cstdint>
#include <iterator>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "bridge/envelope/markup.h"
#include "wire/error.h"
#include "wire/mqtt/utf8.h"

namespace {

using Json = nlohmann::ordered_json;

// Characters that XML 1.0 §2.2 lets stand in a document.
bool is_sayable(std::string_view text) {
  if (!fleet::wire::mqtt::valid_utf8(text)) return false;
  for (const char c : text) {
    if (c >= 0 && c < ' ' && c != '\t' && c != '\n' && c != '\r') return false;
  }
  return text.find("\xef\xbf\xbe") == std::string_view::npos && text.find("\xef\xbf\xbf") == std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  const Json member = {{"Text", text}, {"List", {{"Item", {text, 7, true}}}}};

  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
  fleet::bridge::append_xml_member("Answer", member, xml);
  FLEET_CHECK(fleet::wire::mqtt::valid_utf8(xml));
  pugi::xml_document document;
  FLEET_CHECK(document.load_buffer(xml.data(), xml.size(), pugi::parse_default | pugi::parse_ws_pcdata));
  const pugi::xml_node answer = document.child("Answer");
  const pugi::xml_node list = answer.child("List");
  FLEET_CHECK(std::distance(list.begin(), list.end()) == 3);
  if (is_sayable(text)) FLEET_CHECK(text == answer.child("Text").text().get());

  std::string written;
  fleet::bridge::append_json(member, written);
  const auto read = nlohmann::json::parse(written, nullptr, false);
  FLEET_CHECK(!read.is_discarded() && read["List"]["Item"].size() == 3);
  if (is_sayable(text)) FLEET_CHECK(read["Text"] == text);

  if (fleet::wire::mqtt::valid_utf8(text)) {
    std::string quoted = "\"";
    fleet::bridge::append_json_text(text, quoted);
    FLEET_CHECK(nlohmann::json::parse(quoted + "\"", nullptr, false) == text);
  }
  return 0;
}
