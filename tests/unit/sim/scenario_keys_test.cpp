// Is every key of the language used: by a scenario that ships, or by a test?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "settings/yaml_tree.h"
#include "sim/scenario/tables.h"

namespace fleet::sim {
namespace {

using settings::KeyInfo;
using settings::MappingInfo;
using settings::YamlEntry;
using settings::YamlNode;
using testing::HasSubstr;
using testing::IsEmpty;

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// "fleet group.count" for every key that a tree gives, by the tables.
void note_used(const YamlNode& node, const MappingInfo& info, std::set<std::string>& used);

void note_value(const YamlNode& node, const KeyInfo& key, std::set<std::string>& used) {
  if (key.inner == nullptr) return;
  switch (key.form) {
    case Form::named:
      for (const YamlEntry& entry : node.entries) note_used(*entry.value, key.inner(), used);
      return;
    case Form::list:
      for (const settings::NodePtr& item : node.items) note_used(*item, key.inner(), used);
      return;
    default:
      return note_used(node, key.inner(), used);
  }
}

std::string id_of(const MappingInfo& info, std::string_view key) {
  return std::string(info.what) + "." + std::string(key);
}

void note_used(const YamlNode& node, const MappingInfo& info, std::set<std::string>& used) {
  for (const YamlEntry& entry : node.entries) {
    const KeyInfo* key = info.find(entry.key);
    if (key == nullptr) continue;
    used.insert(id_of(info, key->name));
    note_value(*entry.value, *key, used);
  }
}

// Every key once, with the mapping that it belongs to.
void note_all(const MappingInfo& info, std::set<std::pair<std::string, std::string>>& all) {
  for (const KeyInfo& key : info.keys) {
    const bool is_new = all.emplace(id_of(info, key.name), std::string(key.name)).second;
    if (is_new && key.inner != nullptr) note_all(key.inner(), all);
  }
}

// The scenarios of tests are inside their sources; "KEY: value" there, or a path that is set: "a.b.KEY".
bool is_in(const std::string& sources, const std::string& key) {
  for (const char* before : {" ", "{", "\n"}) {
    if (sources.find(before + key + ": ") != std::string::npos) return true;
  }
  return sources.find("." + key + "\"") != std::string::npos || sources.find("." + key + "=") != std::string::npos;
}

// The sources of some rooms of tests, one behind the other.
std::string sources_of(const std::filesystem::path& scenarios, const std::vector<const char*>& rooms) {
  std::string sources;
  for (const char* room : rooms) {
    for (const auto& file : std::filesystem::directory_iterator(scenarios / "../tests" / room)) {
      if (file.path().extension() == ".cpp") sources += read(file.path());
    }
  }
  return sources;
}

TEST(Keys, AreAllUsed) {
  const std::filesystem::path scenarios(FLEET_SCENARIOS);
  std::set<std::string> used;
  for (const auto& file : std::filesystem::directory_iterator(scenarios)) {
    if (file.path().extension() != ".yaml") continue;
    const auto tree = settings::parse_yaml(read(file.path()), kLanguage, file.path().string());
    ASSERT_TRUE(tree) << tree.error().text();
    note_used(**tree, scenario_table().info, used);
  }
  const std::string sources = sources_of(scenarios, {"unit/sim", "contract", "e2e"});
  std::set<std::pair<std::string, std::string>> all;
  note_all(scenario_table().info, all);
  EXPECT_GT(all.size(), 80u);
  std::vector<std::string> unused;
  for (const auto& [id, key] : all) {
    if (!used.contains(id) && !is_in(sources, key)) unused.push_back(id);
  }
  EXPECT_THAT(unused, IsEmpty());
}

TEST(ShippedScenarios, AskAQuestionAndAreListedAndPlayed) {
  const std::filesystem::path scenarios(FLEET_SCENARIOS);
  const std::string readme = read(scenarios / "README.md");
  const std::string tests = sources_of(scenarios, {"e2e"});
  for (const auto& file : std::filesystem::directory_iterator(scenarios)) {
    if (file.path().extension() != ".yaml") continue;
    const std::string name = file.path().filename().string();
    const auto scenario = load_scenario(file.path().string(), {}, {});
    ASSERT_TRUE(scenario) << scenario.error().text();
    EXPECT_TRUE(scenario->question.ends_with('?')) << name;
    EXPECT_FALSE(scenario->thresholds.empty()) << name;
    EXPECT_EQ(scenario->name + ".yaml", name);
    EXPECT_THAT(readme, HasSubstr("| [" + name + "](" + name + ") | " + scenario->question + " |\n"));
    EXPECT_THAT(tests, HasSubstr("\"" + name + "\"")) << "no end-to-end test plays it";
  }
}

}  // namespace
}  // namespace fleet::sim
