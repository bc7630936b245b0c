#include "bridge/config/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <optional>
#include <sstream>
#include <unordered_set>

namespace fleet::bridge {
namespace {

std::string place(const std::string& name, const YAML::Mark& mark) {
  if (mark.is_null()) return name;
  return fmt::format("{}:{}:{}", name, mark.line + 1, mark.column + 1);
}

// Builds the tree from the parser's events. After the first error it lets the rest of the document pass by, because
// nothing of ours is thrown through the parser.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(YamlTree& tree) : tree_(tree) {}

  [[nodiscard]] const std::optional<wire::Error>& error() const { return error_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (error_) return;
    place_in_parent(add(mark, anchor, YamlKind::null), mark);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (error_) return;
    const std::uint32_t index = anchor < anchors_.size() ? anchors_[anchor] : kNone;
    for (const std::uint32_t open : open_) {
      if (open == index) return fail(mark, "an alias must not stand inside of what it names");
    }
    if (index == kNone) return fail(mark, "the alias names nothing");
    place_in_parent(index, mark);
  }

  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, const std::string& value) override {
    if (error_) return;
    const std::uint32_t index = add(mark, anchor, YamlKind::scalar);
    tree_.nodes[index].text = value;
    place_in_parent(index, mark);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    if (!error_) open_.push_back(add(mark, anchor, YamlKind::list));
  }
  void OnSequenceEnd() override {
    if (!error_) close();
  }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    if (!error_) open_.push_back(add(mark, anchor, YamlKind::map));
  }
  void OnMapEnd() override {
    if (error_) return;
    finish_map(open_.back());
    if (!error_) close();
  }

 private:
  static constexpr std::uint32_t kNone = ~0u;

  void fail(const YAML::Mark& mark, std::string message) {
    if (!error_) error_ = wire::Error{wire::ErrorKind::usage, std::move(message), place(tree_.name, mark)};
  }
  void fail(const YamlNode& node, std::string message) {
    if (!error_) error_ = wire::Error{wire::ErrorKind::usage, std::move(message), tree_.where(node)};
  }

  std::uint32_t add(const YAML::Mark& mark, YAML::anchor_t anchor, YamlKind kind) {
    const auto index = static_cast<std::uint32_t>(tree_.nodes.size());
    YamlNode& node = tree_.nodes.emplace_back();
    node.kind = kind;
    node.line = static_cast<std::uint32_t>(mark.line + 1);
    node.column = static_cast<std::uint32_t>(mark.column + 1);
    if (anchor != 0) {
      if (anchors_.size() <= anchor) anchors_.resize(anchor + 1, kNone);
      anchors_[anchor] = index;
    }
    return index;
  }

  void place_in_parent(std::uint32_t index, const YAML::Mark& mark) {
    if (open_.empty()) {
      tree_.root = index;
      return;
    }
    YamlNode& parent = tree_.nodes[open_.back()];
    parent.children.push_back(index);
    grow(parent, tree_.nodes[index].weight, mark);
  }

  void grow(YamlNode& parent, std::uint32_t weight, const YAML::Mark& mark) {
    parent.weight += weight;  // both at most kYamlNodesMax: no overflow
    if (parent.weight > kYamlNodesMax || tree_.nodes.size() > kYamlNodesMax) {
      fail(mark,
           fmt::format("the document has more than {} values, aliases counted as what they stand for", kYamlNodesMax));
    }
  }

  void close() {
    const std::uint32_t index = open_.back();
    open_.pop_back();
    const YamlNode& node = tree_.nodes[index];
    YAML::Mark mark;
    mark.line = static_cast<int>(node.line) - 1;
    mark.column = static_cast<int>(node.column) - 1;
    place_in_parent(index, mark);
  }

  // Checks the keys of a complete map and resolves its merge key.
  void finish_map(std::uint32_t index) {
    // By value: a merge replaces the children.
    const std::vector<std::uint32_t> given = tree_.nodes[index].children;
    std::vector<std::uint32_t> kept;
    std::vector<std::uint32_t> merged;
    keys_.clear();
    for (std::size_t i = 0; i + 1 < given.size(); i += 2) {
      const YamlNode& key = tree_.nodes[given[i]];
      if (key.kind != YamlKind::scalar) return fail(key, "a key must be a plain word");
      if (key.text == "<<") {
        merged.push_back(given[i + 1]);
        continue;
      }
      if (!keys_.insert(key.text).second) return fail(key, fmt::format("key '{}' is given twice", key.text));
      kept.push_back(given[i]);
      kept.push_back(given[i + 1]);
    }
    if (merged.empty()) return;
    for (const std::uint32_t source : merged) merge(source, kept);
    tree_.nodes[index].children = std::move(kept);
  }

  // Adds the pairs of `source` (a map or a list of maps) whose keys are not there yet; the first one wins.
  void merge(std::uint32_t source, std::vector<std::uint32_t>& pairs) {
    const YamlNode& node = tree_.nodes[source];
    if (node.kind == YamlKind::list) {
      for (const std::uint32_t item : node.children) {
        if (tree_.nodes[item].kind != YamlKind::map) return fail(tree_.nodes[item], "<< merges maps only");
        merge(item, pairs);
      }
      return;
    }
    if (node.kind != YamlKind::map) return fail(node, "<< merges a map or a list of maps");
    for (std::size_t i = 0; i + 1 < node.children.size(); i += 2) {
      if (!keys_.insert(tree_.nodes[node.children[i]].text).second) continue;
      pairs.push_back(node.children[i]);
      pairs.push_back(node.children[i + 1]);
    }
  }

  YamlTree& tree_;
  std::vector<std::uint32_t> open_;     // the nodes around the one that is read, outermost first
  std::vector<std::uint32_t> anchors_;  // the parser's anchor number -> node
  std::unordered_set<std::string_view> keys_;
  std::optional<wire::Error> error_;
};

}  // namespace

std::string YamlTree::where(const YamlNode& node) const {
  return fmt::format("{}:{}:{}", name, node.line, node.column);
}

wire::Result<YamlTree> parse_yaml(const std::string& text, const std::string& name) {
  if (text.size() > kYamlBytesMax) {
    return wire::usage_error(fmt::format("the file is larger than {} MB", kYamlBytesMax >> 20), name);
  }
  if (text.find('\0') != std::string::npos) return wire::usage_error("this is not a text file", name);
  YamlTree tree;
  tree.name = name;
  TreeBuilder builder(tree);
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder) || tree.nodes.empty()) return wire::usage_error("the file is empty", name);
    if (builder.error()) return tl::unexpected(*builder.error());
    struct Ignore final : YAML::EventHandler {
      void OnDocumentStart(const YAML::Mark&) override {}
      void OnDocumentEnd() override {}
      void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
      void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
      void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
      void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
      void OnSequenceEnd() override {}
      void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
      void OnMapEnd() override {}
    } rest;
    if (parser.HandleNextDocument(rest)) return wire::usage_error("the file must hold one document only", name);
  } catch (const YAML::DeepRecursion& exception) {
    return wire::usage_error(fmt::format("the document is nested deeper than {} levels", exception.depth()),
                             place(name, exception.mark));
  } catch (const YAML::Exception& exception) {
    return wire::usage_error(exception.msg, place(name, exception.mark));
  }
  return tree;
}

}  // namespace fleet::bridge
