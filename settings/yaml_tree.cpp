#include "settings/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>

#include "settings/text_check.h"
#include "settings/yaml_builder.h"

namespace fleet::settings {

std::string Place::text() const {
  if (!source) return {};
  return line == 0 ? *source : fmt::format("{}:{}:{}", *source, line, column);
}

const YamlEntry* YamlNode::find(std::string_view key) const {
  for (const YamlEntry& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

wire::Result<NodePtr> parse_yaml(std::string_view text, const Language& language, const std::string& source,
                                 bool positions) {
  const auto name = std::make_shared<const std::string>(source);
  const auto place = [&](std::uint32_t line, std::uint32_t column) {
    return positions ? Place{name, line, column} : Place{name, 0, 0};
  };
  if (text.size() > language.bytes_max) {
    return wire::usage_error(fmt::format("larger than {} MB", language.bytes_max >> 20), source);
  }
  if (const auto fault = find_text_fault(text)) {
    return wire::usage_error(
        fmt::format("the byte 0x{:02X} is not text; a {} is YAML in UTF-8", fault->byte, language.word),
        place(fault->line, fault->column).text());
  }
  YamlBuilder builder(language, name, positions);
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    while (!builder.error() && parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::DeepRecursion& failure) {
    builder.fail_depth(failure.mark);
  } catch (const YAML::Exception& failure) {
    builder.fail_parse(failure.mark, "not YAML: " + failure.msg);
  }
  if (builder.error()) return tl::unexpected(*builder.error());
  if (builder.root()) return builder.root();
  auto empty = std::make_shared<YamlNode>();
  empty->place = place(1, 1);
  return NodePtr(empty);
}

}  // namespace fleet::settings
