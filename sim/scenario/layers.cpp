#include "sim/scenario/layers.h"

#include <fmt/format.h>

#include <string_view>
#include <unordered_map>

#include "settings/units.h"
#include "sim/scenario/tables.h"

namespace fleet::sim {

using settings::KeyInfo;
using settings::MappingInfo;
using settings::NodePtr;
using settings::YamlEntry;
using settings::YamlNode;

namespace {

// What the tables say about the values of a mapping.
struct Rules {
  const MappingInfo* keys = nullptr;     // its keys
  const MappingInfo* entries = nullptr;  // its keys are the user's; this is what stands behind each
  bool is_mapping = false;               // may be laid upon another
};

Rules rules_of(const Rules& parent, std::string_view name) {
  if (parent.entries != nullptr) return {parent.entries, nullptr, true};
  const KeyInfo* key = parent.keys == nullptr ? nullptr : parent.keys->find(name);
  if (key == nullptr) return {};
  switch (key->form) {
    case Form::mapping:
      return {&key->inner(), nullptr, true};
    case Form::shorthand:
      return {&key->inner(), nullptr, key->choices.empty()};
    case Form::named:
      return {nullptr, &key->inner(), true};
    case Form::named_choices:
      return {nullptr, nullptr, true};
    default:
      return {};
  }
}

NodePtr lay(const NodePtr& over, const NodePtr& under, const Rules& rules) {
  const bool both = over->kind == YamlNode::Kind::mapping && under->kind == YamlNode::Kind::mapping;
  if (!rules.is_mapping || !both) return over;
  auto out = std::make_shared<YamlNode>(*over);
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < over->entries.size(); ++i) places.emplace(over->entries[i].key, i);
  for (const YamlEntry& entry : under->entries) {
    const auto found = places.find(entry.key);
    if (found == places.end()) {
      out->entries.push_back(entry);
    } else {
      NodePtr& value = out->entries[found->second].value;
      value = lay(value, entry.value, rules_of(rules, entry.key));
    }
  }
  out->weight = 1;
  for (const YamlEntry& entry : out->entries) out->weight += entry.value->weight;
  return out;
}

// The entry of a mapping, null where there is none.
YamlEntry* entry_of(YamlNode& node, std::string_view key) {
  for (YamlEntry& entry : node.entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

}  // namespace

NodePtr laid_over(const NodePtr& over, const NodePtr& under, const MappingInfo& info) {
  return lay(over, under, {&info, nullptr, true});
}

wire::Result<NodePtr> with_defaults(const NodePtr& root, const MappingInfo& info) {
  if (root->kind != YamlNode::Kind::mapping) return root;
  const YamlEntry* defaults = root->find("defaults");
  if (defaults == nullptr || defaults->value->kind != YamlNode::Kind::mapping) return root;
  auto out = std::make_shared<YamlNode>(*root);
  std::uint64_t weight = root->weight;
  for (const YamlEntry& of_groups : defaults->value->entries) {
    YamlEntry* groups = entry_of(*out, of_groups.key);
    const Rules rules = rules_of({&info, nullptr, true}, of_groups.key);
    if (groups == nullptr || groups->value->kind != YamlNode::Kind::mapping || rules.entries == nullptr) continue;
    weight += std::uint64_t{of_groups.value->weight} * groups->value->entries.size();
    if (weight > kLanguage.values_max) {
      return wire::usage_error(fmt::format("the scenario has more than {} values, defaults counted in each group",
                                           settings::grouped(kLanguage.values_max)),
                               of_groups.place.text());
    }
    auto filled = std::make_shared<YamlNode>(*groups->value);
    for (YamlEntry& group : filled->entries)
      group.value = lay(group.value, of_groups.value, rules_of(rules, group.key));
    groups->value = filled;
  }
  out->weight = static_cast<std::uint32_t>(weight);
  return out;
}

}  // namespace fleet::sim
