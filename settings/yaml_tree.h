// A YAML document as a plain tree that remembers where everything stood. Aliases and merge keys (<<) are resolved; what
// else YAML allows and settings have no use for (tags, repeated keys, several documents) is refused here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wire/error.h"

namespace fleet::settings {

// What a kind of file is called in sentences, and how large one may be.
struct Language {
  std::string_view word;  // "scenario"
  std::size_t bytes_max = 0;
  std::uint32_t values_max = 0;  // of one document, aliases counted as what they stand for
};

// Where a node was written: "file:line:col", both from 1, or the source alone where line is 0.
struct Place {
  std::shared_ptr<const std::string> source;
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  [[nodiscard]] std::string text() const;
};

struct YamlNode;
// Nodes are const once built, and shared where an alias names them again.
using NodePtr = std::shared_ptr<const YamlNode>;

struct YamlEntry {
  std::string key;
  Place place;  // of the key
  NodePtr value;
};

struct YamlNode {
  enum class Kind : std::uint8_t { empty, scalar, mapping, list };
  Kind kind = Kind::empty;
  std::uint32_t weight = 1;  // this value and those inside, aliases counted as what they stand for
  Place place;
  std::string text;                // scalar, ${env:NAME} expanded
  std::vector<YamlEntry> entries;  // mapping, in order; keys are unique
  std::vector<NodePtr> items;      // list

  [[nodiscard]] const YamlEntry* find(std::string_view key) const;
};

// Levels of nesting; the deepest language needs 6.
inline constexpr std::size_t kYamlDepthMax = 32;

// Parses one document of at most `language`'s bounds. `source` stands for the file in places. With `positions` false
// places name the source alone. An empty document gives a node of kind empty. Errors: usage, with the place.
[[nodiscard]] wire::Result<NodePtr> parse_yaml(std::string_view text, const Language& language,
                                               const std::string& source, bool positions = true);

}  // namespace fleet::settings
