#include "sim/scenario/scenario.h"

#include <fmt/format.h>

#include "settings/file.h"
#include "settings/yaml_tree.h"
#include "sim/scenario/checks.h"
#include "sim/scenario/include.h"
#include "sim/scenario/layers.h"
#include "sim/scenario/overrides.h"
#include "sim/scenario/tables.h"
#include "wire/signing.h"

namespace fleet::sim {

namespace {

// "# How fast …?" on line 1.
std::string question_of(const std::string& text) {
  if (!text.starts_with('#')) return {};
  std::string line = text.substr(1, text.find_first_of("\r\n") - 1);
  line.erase(0, line.find_first_not_of(' '));
  return line;
}

bool is_default(const Override& set) { return set.path == "defaults" || set.path.starts_with("defaults."); }

// Defaults are set before groups inherit them; all else is set in what the groups have then. A group that is set itself
// inherits too.
wire::Result<settings::NodePtr> with_values(settings::NodePtr tree, const std::vector<Override>& overrides,
                                            const settings::MappingInfo& info) {
  for (const bool defaults : {true, false}) {
    for (const Override& set : overrides) {
      if (is_default(set) != defaults) continue;
      if (set.path == "include") {
        return wire::usage_error("files are included before values are set; write 'include' in the scenario",
                                 "--set include");
      }
      auto changed = apply_override(tree, set, info);
      if (!changed) return changed;
      tree = std::move(*changed);
    }
    auto filled = with_defaults(tree, info);
    if (!filled) return filled;
    tree = std::move(*filled);
  }
  return tree;
}

}  // namespace

wire::Result<Scenario> parse_scenario(const std::string& text, const std::string& name,
                                      const std::vector<Override>& overrides, std::optional<std::uint64_t> seed) {
  const Table<Draft>& table = scenario_table();
  auto included = parse_with_includes(text, name, table.info);
  if (!included) return tl::unexpected(included.error());
  settings::NodePtr tree = included->root;
  if (tree->kind == settings::YamlNode::Kind::empty) {
    return wire::usage_error("the scenario is empty; fleet-sim new writes one to begin with", tree->place.text());
  }
  auto filled = with_values(tree, overrides, table.info);
  if (!filled) return tl::unexpected(filled.error());
  Reader reader(*filled, kLanguage);
  Draft draft;
  read_mapping(reader, reader.root(), table, draft);
  if (reader.failed()) return tl::unexpected(reader.first_error());
  if (seed) draft.seed = *seed;

  Scenario scenario;
  scenario.file = name;
  scenario.includes = std::move(included->files);
  scenario.sha256 = wire::hash_hex(wire::HashMethod::sha256, included->bytes);
  scenario.question = question_of(text);
  check_draft(draft, reader, scenario);
  if (reader.failed()) return tl::unexpected(reader.first_error());
  return scenario;
}

wire::Result<Scenario> load_scenario(const std::string& path, const std::vector<Override>& overrides,
                                     std::optional<std::uint64_t> seed) {
  auto text = settings::read_file(path, kLanguage);
  if (!text) return tl::unexpected(text.error());
  return parse_scenario(*text, path, overrides, seed);
}

}  // namespace fleet::sim
