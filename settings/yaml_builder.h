// From the events of yaml-cpp to a tree of settings.
#pragma once

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "settings/yaml_tree.h"

namespace fleet::settings {

// Lives for one parse. After the first error the rest of the events is ignored: nothing is thrown through the parser.
class YamlBuilder final : public YAML::EventHandler {
 public:
  // `language` outlives the builder.
  YamlBuilder(const Language& language, std::shared_ptr<const std::string> source, bool positions)
      : language_(language), source_(std::move(source)), positions_(positions) {}

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { close(); }

  // The parser gave up. Events of a broken document can mislead, so this stands in front of what they led to say.
  void fail_parse(const YAML::Mark& mark, std::string sentence);
  // The parser gave up because of the nesting.
  void fail_depth(const YAML::Mark& mark);
  [[nodiscard]] const std::optional<wire::Error>& error() const { return error_; }
  // Null where there was no document.
  [[nodiscard]] NodePtr root() const { return root_; }

 private:
  struct Level {
    std::shared_ptr<YamlNode> node;
    YAML::anchor_t anchor = 0;             // 0: none
    std::unordered_set<std::string> keys;  // of a large mapping; empty where `node` is quickly searched
    std::optional<YamlEntry> entry;        // mapping: the key whose value comes next
    bool merging = false;                  // that key is <<
    NodePtr merged;                        // the value of <<
  };

  void fail(const Place& place, std::string sentence);
  void fail(const YAML::Mark& mark, std::string sentence) { fail(place(mark), std::move(sentence)); }
  [[nodiscard]] Place place(const YAML::Mark& mark) const;
  [[nodiscard]] bool expects_key() const;
  [[nodiscard]] std::shared_ptr<YamlNode> make(const YAML::Mark& mark, YamlNode::Kind kind);
  void take_key(const YAML::Mark& mark, const std::string& key, bool plain);
  void add(const YAML::Mark& mark, YAML::anchor_t anchor, NodePtr node);
  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind);
  void close();
  void merge(Level& level, const YamlNode& source);
  void merge_mapping(Level& level, const YamlNode& source);
  void grow(YamlNode& parent, std::uint32_t weight, const Place& place);
  void fail_values(const Place& place);
  bool refuse_tag(const YAML::Mark& mark, const std::string& tag);
  // False where the mapping has the key already.
  static bool insert_key(Level& level, const std::string& key);

  const Language& language_;
  std::shared_ptr<const std::string> source_;
  bool positions_;
  int documents_ = 0;
  std::uint32_t made_ = 0;  // nodes
  std::vector<Level> levels_;
  std::map<YAML::anchor_t, NodePtr> anchors_;  // null while what it names is still open
  NodePtr root_;
  std::optional<wire::Error> error_;
  bool too_deep_ = false;  // that is what error_ says
};

}  // namespace fleet::settings
