// A YAML document as a flat tree with the place of every node. The parser's own node graph is several times slower and
// keeps no bound on what aliases expand to; a list of 20,000 devices has 100,000 nodes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/error.h"

namespace fleet::bridge {

enum class YamlKind : std::uint8_t { null, scalar, list, map };

struct YamlNode {
  YamlKind kind = YamlKind::null;
  std::uint32_t line = 0;               // from 1
  std::uint32_t column = 0;             // from 1
  std::uint32_t weight = 1;             // nodes in this subtree, aliases expanded; at most kYamlNodesMax
  std::string text;                     // scalar only, as written
  std::vector<std::uint32_t> children;  // list: items; map: key, value, key, value, each key a scalar and unique
};

// Bounds on one document: far above 20,000 devices, far below what could hurt.
inline constexpr std::size_t kYamlBytesMax = 64u << 20;
inline constexpr std::uint32_t kYamlNodesMax = 2'000'000;

struct YamlTree {
  std::string name;  // of the file, for errors
  std::vector<YamlNode> nodes;
  std::uint32_t root = 0;

  [[nodiscard]] const YamlNode& at(std::uint32_t index) const { return nodes[index]; }
  // "name:line:col".
  [[nodiscard]] std::string where(const YamlNode& node) const;
};

// Parses exactly one document; merge keys (<<) and aliases are resolved. Errors: not YAML, empty, more than one
// document, a key that is no scalar or is given twice, an alias of an enclosing node, a bound above.
[[nodiscard]] wire::Result<YamlTree> parse_yaml(const std::string& text, const std::string& name);

}  // namespace fleet::bridge
