#include "sim/scenario/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <cstdlib>
#include <map>
#include <optional>
#include <sstream>
#include <unordered_set>

#include "sim/scenario/spelling.h"
#include "sim/scenario/text_check.h"

namespace fleet::sim {

namespace {

// Builds the tree from yaml-cpp's events. After the first error the rest of the events is ignored.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::shared_ptr<const std::string> source, bool positions)
      : source_(std::move(source)), positions_(positions) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) fail(mark, "a second document begins here; a scenario is one document");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(mark, anchor, make(mark, {})); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { close(); }

  void fail(const YAML::Mark& mark, std::string sentence) {
    if (!error_) error_ = wire::Error{wire::ErrorKind::usage, std::move(sentence), place(mark).text()};
  }
  // The parser gave up. Events of a broken document can mislead, so this stands in front of what they led to say.
  void fail_parse(const YAML::Mark& mark, std::string sentence) {
    if (!too_deep_) error_.reset();
    fail(mark, std::move(sentence));
  }
  [[nodiscard]] const std::optional<wire::Error>& error() const { return error_; }
  [[nodiscard]] NodePtr root() const { return root_; }

 private:
  struct Level {
    std::shared_ptr<YamlNode> node;
    YAML::anchor_t anchor = 0;  // 0: none
    std::unordered_set<std::string> keys;
    std::optional<YamlEntry> entry;  // mapping: the key whose value comes next
  };

  [[nodiscard]] Place place(const YAML::Mark& mark) const {
    if (!positions_) return {source_, 0, 0};
    return {source_, static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1)};
  }
  [[nodiscard]] bool expects_key() const {
    return !levels_.empty() && levels_.back().node->kind == YamlNode::Kind::mapping && !levels_.back().entry;
  }
  [[nodiscard]] std::shared_ptr<YamlNode> make(const YAML::Mark& mark, YamlNode::Kind kind) const {
    auto node = std::make_shared<YamlNode>();
    node->kind = kind;
    node->place = place(mark);
    return node;
  }
  void take_key(const YAML::Mark& mark, const std::string& key, bool plain);
  void add(const YAML::Mark& mark, YAML::anchor_t anchor, NodePtr node);
  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind);
  void close();
  bool refuse_tag(const YAML::Mark& mark, const std::string& tag);
  std::optional<std::string> expand(const YAML::Mark& mark, const std::string& text);

  std::shared_ptr<const std::string> source_;
  bool positions_;
  int documents_ = 0;
  std::vector<Level> levels_;
  std::map<YAML::anchor_t, NodePtr> anchors_;  // null while what it names is still open
  NodePtr root_;
  std::optional<wire::Error> error_;
  bool too_deep_ = false;  // that is what error_ says
};

std::string too_deep() { return fmt::format("nested deeper than {} levels", kYamlDepthMax); }

// yaml-cpp gives "?" to plain scalars and collections without a tag, "!" to quoted scalars.
bool TreeBuilder::refuse_tag(const YAML::Mark& mark, const std::string& tag) {
  if (tag.empty() || tag == "?" || tag == "!") return false;
  fail(mark, fmt::format("the tag '{}' has no meaning in a scenario; leave it out", shortened(tag)));
  return true;
}

void TreeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  if (error_) return;
  if (expects_key()) return fail(mark, "an alias cannot be a key; write the key out");
  const auto named = anchors_.find(anchor);
  if (named == anchors_.end() || !named->second) return fail(mark, "the alias stands inside what it names");
  add(mark, 0, named->second);
}

void TreeBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& value) {
  if (error_ || refuse_tag(mark, tag)) return;
  if (expects_key()) return take_key(mark, value, tag != "!");
  auto expanded = expand(mark, value);
  if (!expanded) return;
  auto node = make(mark, YamlNode::Kind::scalar);
  node->text = std::move(*expanded);
  add(mark, anchor, node);
}

void TreeBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                                  YAML::EmitterStyle::value /*style*/) {
  open(mark, tag, anchor, YamlNode::Kind::list);
}

void TreeBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                             YAML::EmitterStyle::value /*style*/) {
  open(mark, tag, anchor, YamlNode::Kind::mapping);
}

void TreeBuilder::take_key(const YAML::Mark& mark, const std::string& key, bool plain) {
  if (plain && key == "<<") {
    return fail(mark, "merge keys (<<) are not supported; write the keys out, or alias a whole value (key: *name)");
  }
  if (!levels_.back().keys.insert(key).second) {
    return fail(mark, fmt::format("the key '{}' is given twice", shortened(key)));
  }
  levels_.back().entry = YamlEntry{key, place(mark), nullptr};
}

void TreeBuilder::add(const YAML::Mark& mark, YAML::anchor_t anchor, NodePtr node) {
  if (error_) return;
  if (expects_key()) return fail(mark, "a key must be a word");
  if (anchor != 0) anchors_[anchor] = node;
  if (levels_.empty()) {
    root_ = std::move(node);
    return;
  }
  Level& level = levels_.back();
  if (level.node->kind == YamlNode::Kind::list) {
    level.node->items.push_back(std::move(node));
    return;
  }
  level.entry->value = std::move(node);
  level.node->entries.push_back(std::move(*level.entry));
  level.entry.reset();
}

void TreeBuilder::open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind) {
  if (error_ || refuse_tag(mark, tag)) return;
  if (levels_.size() >= kYamlDepthMax) {
    too_deep_ = true;
    return fail(mark, too_deep());
  }
  auto node = make(mark, kind);
  add(mark, 0, node);
  if (error_) return;
  if (anchor != 0) anchors_[anchor] = nullptr;
  levels_.push_back(Level{std::move(node), anchor, {}, std::nullopt});
}

void TreeBuilder::close() {
  if (error_ || levels_.empty()) return;
  if (levels_.back().anchor != 0) anchors_[levels_.back().anchor] = levels_.back().node;
  levels_.pop_back();
}

std::optional<std::string> TreeBuilder::expand(const YAML::Mark& mark, const std::string& text) {
  constexpr std::string_view kOpen = "${env:";
  std::string out;
  std::size_t from = 0;
  for (;;) {
    const std::size_t begin = text.find(kOpen, from);
    out.append(text, from, begin == std::string::npos ? begin : begin - from);
    if (begin == std::string::npos) return out;
    const std::size_t end = text.find('}', begin);
    if (end == std::string::npos) {
      fail(mark, fmt::format("'{}' lacks its closing brace; write ${{env:NAME}}", shortened(text)));
      return std::nullopt;
    }
    const std::string name = text.substr(begin + kOpen.size(), end - begin - kOpen.size());
    const char* value = name.empty() ? nullptr : std::getenv(name.c_str());
    if (value == nullptr) {
      fail(mark, fmt::format("the environment variable '{}' is not set", shortened(name)));
      return std::nullopt;
    }
    out += value;
    if (out.size() > kYamlBytesMax) {
      fail(mark, "the environment makes this value larger than 4 MB");
      return std::nullopt;
    }
    from = end + 1;
  }
}

}  // namespace

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

wire::Result<NodePtr> parse_yaml(std::string_view text, const std::string& source, bool positions) {
  const auto name = std::make_shared<const std::string>(source);
  if (text.size() > kYamlBytesMax) {
    return wire::usage_error(fmt::format("larger than {} MB", kYamlBytesMax >> 20), source);
  }
  if (const auto fault = find_text_fault(text)) {
    const Place where = positions ? Place{name, fault->line, fault->column} : Place{name, 0, 0};
    return wire::usage_error(fault->sentence, where.text());
  }
  TreeBuilder builder(name, positions);
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    while (!builder.error() && parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::DeepRecursion& failure) {
    builder.fail_parse(failure.mark, too_deep());
  } catch (const YAML::Exception& failure) {
    builder.fail_parse(failure.mark, "not YAML: " + failure.msg);
  }
  if (builder.error()) return tl::unexpected(*builder.error());
  if (builder.root()) return builder.root();
  auto empty = std::make_shared<YamlNode>();
  empty->place = positions ? Place{name, 1, 1} : Place{name, 0, 0};
  return NodePtr(empty);
}

}  // namespace fleet::sim
