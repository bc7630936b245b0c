#include "sim/scenario/overrides.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "settings/spelling.h"
#include "sim/scenario/tables.h"

namespace fleet::sim {

using settings::describe;
using settings::KeyInfo;
using settings::MappingInfo;
using settings::NodePtr;
using settings::Place;
using settings::shortened;
using settings::suggestion;
using settings::YamlEntry;
using settings::YamlNode;

namespace {

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> segments;
  for (;;) {
    const std::size_t dot = path.find('.');
    segments.push_back(path.substr(0, dot));
    if (dot == std::string_view::npos) return segments;
    path.remove_prefix(dot + 1);
  }
}

// What the tables say about a node on the way down: the keys of a mapping, or that the user chose them.
struct Rules {
  const MappingInfo* keys = nullptr;     // fixed keys
  const MappingInfo* entries = nullptr;  // names or indexes are the user's; this is what stands behind each
};

Rules rules_of(const KeyInfo& key) {
  const MappingInfo* inner = key.inner == nullptr ? nullptr : &key.inner();
  const bool users = key.form == Form::named || key.form == Form::list;
  return users ? Rules{nullptr, inner} : Rules{inner, nullptr};
}

class Setter {
 public:
  Setter(std::vector<std::string_view> segments, NodePtr value)
      : segments_(std::move(segments)), value_(std::move(value)) {}

  // Null when `error` was set.
  NodePtr apply(const NodePtr& node, std::size_t depth, const Rules& rules);
  std::string error;

 private:
  NodePtr into_list(const YamlNode& node, std::size_t depth, const Rules& rules);
  NodePtr into_mapping(const YamlNode& node, std::size_t depth, const Rules& rules);
  NodePtr refuse(std::string sentence) {
    error = std::move(sentence);
    return nullptr;
  }
  // "calls.push" for the first `depth` segments.
  [[nodiscard]] std::string walked(std::size_t depth) const {
    std::string path;
    for (std::size_t i = 0; i < depth; ++i) path.append(i == 0 ? "" : ".").append(segments_[i]);
    return path.empty() ? "the scenario" : "'" + path + "'";
  }

  std::vector<std::string_view> segments_;
  NodePtr value_;
};

NodePtr Setter::apply(const NodePtr& node, std::size_t depth, const Rules& rules) {
  if (depth == segments_.size()) return value_;
  switch (node->kind) {
    case YamlNode::Kind::list:
      return into_list(*node, depth, rules);
    case YamlNode::Kind::mapping:
    case YamlNode::Kind::empty:
      return into_mapping(*node, depth, rules);
    case YamlNode::Kind::scalar:
      break;
  }
  return refuse(fmt::format("{} is {}, and has no '{}' inside", walked(depth), describe(*node), segments_[depth]));
}

NodePtr Setter::into_list(const YamlNode& node, std::size_t depth, const Rules& rules) {
  const std::string_view segment = segments_[depth];
  std::size_t index = 0;
  const auto [stop, failure] = std::from_chars(segment.data(), segment.data() + segment.size(), index);
  if (failure != std::errc{} || stop != segment.data() + segment.size() || index >= node.items.size()) {
    return refuse(fmt::format("{} is a list of {} entries, numbered from 0; it has no entry '{}'", walked(depth),
                              node.items.size(), shortened(segment)));
  }
  auto changed = std::make_shared<YamlNode>(node);
  changed->items[index] = apply(node.items[index], depth + 1, Rules{rules.entries, nullptr});
  return changed->items[index] ? changed : nullptr;
}

NodePtr Setter::into_mapping(const YamlNode& node, std::size_t depth, const Rules& rules) {
  const std::string_view segment = segments_[depth];
  const KeyInfo* key = rules.keys == nullptr ? nullptr : rules.keys->find(segment);
  const YamlEntry* entry = node.find(segment);
  const bool last = depth + 1 == segments_.size();
  if (rules.keys != nullptr && key == nullptr) {
    std::vector<std::string_view> known;
    for (const KeyInfo& row : rules.keys->keys) known.push_back(row.name);
    return refuse(
        fmt::format("unknown key '{}' in {}{}", shortened(segment), walked(depth), suggestion(segment, known)));
  }
  if (rules.keys == nullptr && entry == nullptr && !last) {
    std::vector<std::string_view> known;
    for (const YamlEntry& other : node.entries) known.push_back(other.key);
    return refuse(fmt::format("{} has no '{}'{}", walked(depth), shortened(segment), suggestion(segment, known)));
  }
  auto changed = std::make_shared<YamlNode>(node);
  changed->kind = YamlNode::Kind::mapping;
  NodePtr before = entry == nullptr ? std::make_shared<const YamlNode>() : entry->value;
  NodePtr after = apply(before, depth + 1, key == nullptr ? Rules{rules.entries, nullptr} : rules_of(*key));
  if (!after) return nullptr;
  // What is set or made here is placed at --set; what was only passed through keeps its place.
  const Place place = last || entry == nullptr ? value_->place : entry->place;
  if (after->place.source == nullptr) {
    auto placed = std::make_shared<YamlNode>(*after);
    placed->place = place;
    after = placed;
  }
  if (entry == nullptr) {
    changed->entries.push_back(YamlEntry{std::string(segment), place, after});
  } else {
    YamlEntry& slot = changed->entries[static_cast<std::size_t>(entry - node.entries.data())];
    slot.value = after;
    slot.place = place;
  }
  return changed;
}

}  // namespace

wire::Result<NodePtr> apply_override(const NodePtr& root, const Override& set, const MappingInfo& info) {
  const std::string where = "--set " + shortened(set.path);
  const std::vector<std::string_view> segments = split_path(set.path);
  for (const std::string_view segment : segments) {
    if (segment.empty())
      return wire::usage_error("a path is made of keys and list indexes, like calls.push.rate", where);
  }
  // More than the language nests; bounds the recursion.
  if (segments.size() > settings::kYamlDepthMax)
    return wire::usage_error("the path is deeper than any scenario", where);
  auto value = settings::parse_yaml(set.value, kLanguage, where, false);
  if (!value) return tl::unexpected(value.error());
  Setter setter(segments, *value);
  NodePtr changed = setter.apply(root, 0, Rules{&info, nullptr});
  if (!changed) return wire::usage_error(setter.error, where);
  return changed;
}

}  // namespace fleet::sim
