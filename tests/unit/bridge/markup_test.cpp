// Whatever callers write, an answer that repeats it stays JSON or XML: read back by parsers that are not ours.
#include "bridge/envelope/markup.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <string>

namespace fleet::bridge {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kReplacement = "\xef\xbf\xbd";

std::string in_xml(const std::string& text) {
  std::string document = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
  append_xml_member("Text", text, document);
  pugi::xml_document parsed;
  const auto result = parsed.load_buffer(document.data(), document.size());
  EXPECT_TRUE(result) << result.description() << " in " << document;
  return parsed.child("Text").text().get();
}

std::string in_json(const std::string& text) {
  std::string document;
  append_json(Json{{"Text", text}}, document);
  return nlohmann::json::parse(document)["Text"];
}

TEST(Markup, KeepsEveryCharacterThatADocumentCanHold) {
  for (const std::string text :
       {"", "plain", "<a href=\"x\">&amp;</a>", "]]>", "tab\tline\nreturn\r\n\r.", " two  spaces ", "caf\xc3\xa9",
        "\xe6\x99\xba\xe8\x83\xbd", "\xf0\xa0\x80\x80\xf4\x8f\xbf\xbf", "\xef\xbf\xbd", "\x7f\xc2\x80"}) {
    EXPECT_EQ(in_xml(text), text);
    EXPECT_EQ(in_json(text), text);
  }
}

TEST(Markup, ReplacesWhatNoDocumentCanHold) {
  for (const std::string bad : {"\xff", "\xc3", "\x80", "\xc0\xaf", "\xed\xa0\x80", "\xe6\x99", "\xf4\x90\x80\x80"}) {
    const std::string xml = in_xml("a" + bad + "b");
    EXPECT_TRUE(xml.starts_with(std::string("a") + kReplacement) && xml.ends_with("b")) << xml;
    const std::string json = in_json("a" + bad + "b");
    EXPECT_TRUE(json.starts_with(std::string("a") + kReplacement) && json.ends_with("b")) << json;
  }
  for (int byte = 0; byte < 0x20; ++byte) {
    const char c = static_cast<char>(byte);
    const bool kept = c == '\t' || c == '\n' || c == '\r';
    EXPECT_EQ(in_xml(std::string("a") + c + "b"), kept ? std::string("a") + c + "b"
                                                       : "a\xef\xbf\xbd"
                                                         "b")
        << byte;
    EXPECT_EQ(in_json(std::string("a") + c + "b"), std::string("a") + c + "b") << byte;
  }
  EXPECT_EQ(in_xml("\xef\xbf\xbe|\xef\xbf\xbf"), std::string(kReplacement) + "|" + kReplacement);
}

TEST(Markup, ListsAreRepeatedElements) {
  std::string out;
  append_xml_member("Data", Json{{"List", {{"Item", {"a", "<"}}}}, {"Empty", {{"Item", Json::array()}}}, {"N", 3}},
                    out);
  EXPECT_EQ(out, "<Data><List><Item>a</Item><Item>&lt;</Item></List><Empty></Empty><N>3</N></Data>");
}

}  // namespace
}  // namespace fleet::bridge
