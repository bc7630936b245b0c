#include "sim/scenario/scenario.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "sim/scenario/checks.h"
#include "sim/scenario/overrides.h"
#include "sim/scenario/tables.h"
#include "sim/scenario/yaml_tree.h"
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

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// At most one byte more than a document may have, so that devices and pipes without end are refused like large files.
wire::Result<std::string> read_text(const std::string& path) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rbe"));
  if (!file) return wire::usage_error(fmt::format("cannot open the scenario: {}", std::strerror(errno)), path);
  std::string text(kYamlBytesMax + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) {
    return wire::usage_error(fmt::format("cannot read the scenario: {}", std::strerror(errno)), path);
  }
  return text;
}

}  // namespace

wire::Result<Scenario> parse_scenario(const std::string& text, const std::string& name,
                                      const std::vector<Override>& overrides, std::optional<std::uint64_t> seed) {
  auto root = parse_yaml(text, name);
  if (!root) return tl::unexpected(root.error());
  if ((*root)->kind == YamlNode::Kind::empty) {
    return wire::usage_error("the scenario is empty; scenarios/quickstart.yaml is one to begin with",
                             (*root)->place.text());
  }
  const Table<Draft>& table = scenario_table();
  NodePtr tree = *root;
  for (const Override& set : overrides) {
    auto changed = apply_override(tree, set, table.info);
    if (!changed) return tl::unexpected(changed.error());
    tree = *changed;
  }
  Reader reader;
  Draft draft;
  read_mapping(reader, Value{nullptr, tree, "", ""}, table, draft);
  if (reader.failed()) return tl::unexpected(reader.first_error());
  if (seed) draft.seed = *seed;

  Scenario scenario;
  scenario.file = name;
  scenario.sha256 = wire::hash_hex(wire::HashMethod::sha256, text);
  scenario.question = question_of(text);
  check_draft(draft, reader, scenario);
  if (reader.failed()) return tl::unexpected(reader.first_error());
  return scenario;
}

wire::Result<Scenario> load_scenario(const std::string& path, const std::vector<Override>& overrides,
                                     std::optional<std::uint64_t> seed) {
  auto text = read_text(path);
  if (!text) return tl::unexpected(text.error());
  return parse_scenario(*text, path, overrides, seed);
}

}  // namespace fleet::sim
