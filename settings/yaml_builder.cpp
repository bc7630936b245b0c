#include "settings/yaml_builder.h"

#include <fmt/format.h>

#include "settings/environment.h"
#include "settings/spelling.h"

namespace fleet::settings {

namespace {

// Mappings of people are this small: looking through them is quicker than hashing.
constexpr std::size_t kSearchedMax = 16;

}  // namespace

void YamlBuilder::fail(const Place& place, std::string sentence) {
  if (!error_) error_ = wire::Error{wire::ErrorKind::usage, std::move(sentence), place.text()};
}

void YamlBuilder::fail_parse(const YAML::Mark& mark, std::string sentence) {
  if (!too_deep_) error_.reset();
  fail(mark, std::move(sentence));
}

void YamlBuilder::fail_depth(const YAML::Mark& mark) {
  fail_parse(mark, fmt::format("nested deeper than {} levels", kYamlDepthMax));
  too_deep_ = true;
}

void YamlBuilder::fail_values(const Place& place) {
  fail(place, fmt::format("the {} has more than {} values, aliases counted as what they stand for", language_.word,
                          language_.values_max));
}

Place YamlBuilder::place(const YAML::Mark& mark) const {
  if (!positions_ || mark.is_null()) return {source_, 0, 0};
  return {source_, static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1)};
}

bool YamlBuilder::expects_key() const {
  if (levels_.empty() || levels_.back().node->kind != YamlNode::Kind::mapping) return false;
  return !levels_.back().entry && !levels_.back().merging;
}

std::shared_ptr<YamlNode> YamlBuilder::make(const YAML::Mark& mark, YamlNode::Kind kind) {
  auto node = std::make_shared<YamlNode>();
  node->kind = kind;
  node->place = place(mark);
  if (++made_ > language_.values_max) fail_values(node->place);
  return node;
}

// yaml-cpp gives "?" to plain scalars and collections without a tag, "!" to quoted scalars.
bool YamlBuilder::refuse_tag(const YAML::Mark& mark, const std::string& tag) {
  if (tag.empty() || tag == "?" || tag == "!") return false;
  fail(mark, fmt::format("the tag '{}' has no meaning in a {}; leave it out", shortened(tag), language_.word));
  return true;
}

void YamlBuilder::OnDocumentStart(const YAML::Mark& mark) {
  if (++documents_ == 1) return;
  fail(mark, fmt::format("a second document begins here; a {} is one document", language_.word));
}

void YamlBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  if (!error_) add(mark, anchor, make(mark, YamlNode::Kind::empty));
}

void YamlBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  if (error_) return;
  if (expects_key()) return fail(mark, "an alias cannot be a key; write the key out");
  const auto named = anchors_.find(anchor);
  if (named == anchors_.end() || !named->second) return fail(mark, "the alias stands inside what it names");
  add(mark, 0, named->second);
}

void YamlBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& value) {
  if (error_ || refuse_tag(mark, tag)) return;
  if (expects_key()) return take_key(mark, value, tag != "!");
  auto text = expand_environment(value, language_.bytes_max);
  if (!text) return fail(mark, std::move(text.error()));
  auto node = make(mark, YamlNode::Kind::scalar);
  node->text = std::move(*text);
  add(mark, anchor, std::move(node));
}

void YamlBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                                  YAML::EmitterStyle::value /*style*/) {
  open(mark, tag, anchor, YamlNode::Kind::list);
}

void YamlBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                             YAML::EmitterStyle::value /*style*/) {
  open(mark, tag, anchor, YamlNode::Kind::mapping);
}

bool YamlBuilder::insert_key(Level& level, const std::string& key) {
  if (level.keys.empty()) {
    if (level.node->find(key) != nullptr) return false;
    if (level.node->entries.size() < kSearchedMax) return true;
    for (const YamlEntry& entry : level.node->entries) level.keys.insert(entry.key);
  }
  return level.keys.insert(key).second;
}

void YamlBuilder::take_key(const YAML::Mark& mark, const std::string& key, bool plain) {
  Level& level = levels_.back();
  const bool is_merge = plain && key == "<<";
  if (is_merge ? level.merged != nullptr : !insert_key(level, key)) {
    return fail(mark, fmt::format("the key '{}' is given twice", shortened(key)));
  }
  level.merging = is_merge;
  if (!is_merge) level.entry = YamlEntry{key, place(mark), nullptr};
}

void YamlBuilder::grow(YamlNode& parent, std::uint32_t weight, const Place& place) {
  parent.weight += weight;  // both at most values_max: no overflow
  if (parent.weight > language_.values_max) fail_values(place);
}

void YamlBuilder::add(const YAML::Mark& mark, YAML::anchor_t anchor, NodePtr node) {
  if (error_) return;
  if (expects_key()) return fail(mark, "a key must be a word");
  if (anchor != 0) anchors_[anchor] = node;
  if (levels_.empty()) {
    root_ = std::move(node);
    return;
  }
  Level& level = levels_.back();
  grow(*level.node, node->weight, place(mark));
  if (level.node->kind == YamlNode::Kind::list) {
    level.node->items.push_back(std::move(node));
  } else if (level.merging) {
    level.merged = std::move(node);
    level.merging = false;
  } else {
    level.entry->value = std::move(node);
    level.node->entries.push_back(std::move(*level.entry));
    level.entry.reset();
  }
}

void YamlBuilder::open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind) {
  if (error_ || refuse_tag(mark, tag)) return;
  if (levels_.size() >= kYamlDepthMax) return fail_depth(mark);
  auto node = make(mark, kind);
  add(mark, 0, node);
  if (error_) return;
  if (anchor != 0) anchors_[anchor] = nullptr;
  levels_.push_back(Level{std::move(node), anchor, {}, std::nullopt, false, nullptr});
}

void YamlBuilder::close() {
  if (error_ || levels_.empty()) return;
  Level& level = levels_.back();
  if (level.merged) merge(level, *level.merged);
  if (error_) return;
  const std::shared_ptr<YamlNode> node = level.node;
  if (level.anchor != 0) anchors_[level.anchor] = node;
  levels_.pop_back();
  if (!levels_.empty()) grow(*levels_.back().node, node->weight - 1, node->place);  // 1 was added by open()
}

// https://yaml.org/type/merge.html
void YamlBuilder::merge(Level& level, const YamlNode& source) {
  if (source.kind == YamlNode::Kind::mapping) return merge_mapping(level, source);
  if (source.kind != YamlNode::Kind::list) return fail(source.place, "<< merges a mapping or a list of mappings");
  for (const NodePtr& item : source.items) {
    if (item->kind != YamlNode::Kind::mapping) return fail(item->place, "<< merges mappings only");
    merge_mapping(level, *item);
  }
}

// Adds the entries whose keys are not there yet: what was given first wins.
void YamlBuilder::merge_mapping(Level& level, const YamlNode& source) {
  for (const YamlEntry& entry : source.entries) {
    if (error_ || !insert_key(level, entry.key)) continue;
    level.node->entries.push_back(entry);
    grow(*level.node, entry.value->weight, entry.place);
  }
}

}  // namespace fleet::settings
