#include "sim/scenario/include.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "settings/file.h"
#include "settings/units.h"
#include "sim/scenario/layers.h"
#include "sim/scenario/tables.h"

namespace fleet::sim {

using settings::MappingInfo;
using settings::NodePtr;
using settings::Place;
using settings::YamlEntry;
using settings::YamlNode;
using wire::Result;

namespace {

// The same file has one of these, however it is written.
std::string identity_of(const std::string& file) {
  std::error_code failed;
  const std::filesystem::path path = std::filesystem::weakly_canonical(file, failed);
  return failed ? file : path.string();
}

class Includer {
 public:
  explicit Includer(const MappingInfo& info) : info_(info) {}

  Result<NodePtr> parse(const std::string& text, const std::string& file) {
    out.bytes += text;
    auto root = settings::parse_yaml(text, kLanguage, file);
    if (!root) return root;
    weight_ += (*root)->weight;
    if (weight_ > kLanguage.values_max) {
      return wire::usage_error(
          fmt::format("with this file the scenario has more than {} values", settings::grouped(kLanguage.values_max)),
          file);
    }
    const YamlEntry* include = (*root)->find("include");
    if (include == nullptr) return root;
    chain_.push_back({file, identity_of(file)});
    auto all = below(*root, include->value, file);
    chain_.pop_back();
    return all;
  }

  IncludedTree out;

 private:
  struct Link {
    std::string file, identity;
  };

  // What is not a name is left to the reader of the whole.
  Result<NodePtr> below(const NodePtr& root, const NodePtr& named, const std::string& file) {
    std::vector<NodePtr> names = named->items;
    if (named->kind == YamlNode::Kind::scalar) names.push_back(named);
    NodePtr base;
    for (const NodePtr& name : names) {
      if (name->kind != YamlNode::Kind::scalar || name->text.empty()) continue;
      auto included = load(settings::beside(file, name->text), name->place);
      if (!included) return included;
      base = base ? laid_over(*included, base, info_) : *included;
    }
    return base ? laid_over(root, base, info_) : root;
  }

  Result<NodePtr> load(const std::string& file, const Place& place) {
    const std::string identity = identity_of(file);
    const auto known =
        std::find_if(chain_.begin(), chain_.end(), [&](const Link& l) { return l.identity == identity; });
    if (known != chain_.end()) {
      std::string circle;
      for (auto link = known; link != chain_.end(); ++link) circle += link->file + " -> ";
      return wire::usage_error("the file includes itself: " + circle + file, place.text());
    }
    if (chain_.size() > kIncludeDepthMax) {
      return wire::usage_error(fmt::format("'{}' lies more than {} files deep", file, kIncludeDepthMax), place.text());
    }
    if (out.files.size() == kIncludedMax) {
      return wire::usage_error(fmt::format("more than {} files are included", kIncludedMax), place.text());
    }
    out.files.push_back(file);
    const auto text = settings::read_file(file, kLanguage);
    if (!text) {
      return wire::usage_error(fmt::format("'include': {}: {}", file, text.error().message), place.text());
    }
    auto root = parse(*text, file);
    if (root && (*root)->kind != YamlNode::Kind::mapping) {
      return wire::usage_error(fmt::format("'include': {} holds {}, not keys of a scenario", file, describe(**root)),
                               place.text());
    }
    return root;
  }

  const MappingInfo& info_;
  std::vector<Link> chain_;
  std::uint64_t weight_ = 0;
};

}  // namespace

Result<IncludedTree> parse_with_includes(const std::string& text, const std::string& file, const MappingInfo& info) {
  Includer includer(info);
  auto root = includer.parse(text, file);
  if (!root) return tl::unexpected(root.error());
  includer.out.root = *root;
  return std::move(includer.out);
}

}  // namespace fleet::sim
