// A scenario file and the files that it includes, as one tree.
#pragma once

#include <string>
#include <vector>

#include "settings/reader.h"
#include "settings/yaml_tree.h"
#include "wire/error.h"

namespace fleet::sim {

// Levels of files below the first one, and files altogether.
inline constexpr std::size_t kIncludeDepthMax = 8;
inline constexpr std::size_t kIncludedMax = 100;

struct IncludedTree {
  settings::NodePtr root;          // of kind empty where `text` is
  std::vector<std::string> files;  // included, in the order in which they were read
  std::string bytes;               // of all files, the first one's in front
};

// Parses `text` of `file` and what its key `include` names, beside the file that names it. A file lies on top of those
// that it includes, a later one of them on top of an earlier one. Errors: usage, placed at the file's own text or
// where it is included: it cannot be read, is empty, includes itself, lies too deep.
[[nodiscard]] wire::Result<IncludedTree> parse_with_includes(const std::string& text, const std::string& file,
                                                             const settings::MappingInfo& info);

}  // namespace fleet::sim
