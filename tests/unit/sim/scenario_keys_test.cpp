// Is every key of the language used: by a scenario that ships, or by a test?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <utility>

#include "settings/yaml_tree.h"
#include "sim/scenario/tables.h"

namespace fleet::sim {
namespace {

using settings::KeyInfo;
using settings::MappingInfo;
using settings::YamlEntry;
using settings::YamlNode;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

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

// Every key once, and every mapping.
void note_all(const MappingInfo& info, std::set<std::string>& keys, std::vector<const MappingInfo*>& mappings) {
  mappings.push_back(&info);
  for (const KeyInfo& key : info.keys) {
    const bool is_new = keys.insert(id_of(info, key.name)).second;
    if (is_new && key.inner != nullptr) note_all(key.inner(), keys, mappings);
  }
}

// A value that is set, or the path alone: "fleet.lamps.connect={rate: 50/s}".
void note_set(const std::string& words, std::set<std::string>& used) {
  if (words.find_first_of(".=") == std::string::npos) return;
  const std::size_t equals = words.find('=');
  std::istringstream path(words.substr(0, equals));
  const MappingInfo* info = &scenario_table().info;
  const KeyInfo* key = nullptr;
  bool is_entry = false;
  for (std::string segment; std::getline(path, segment, '.');) {
    key = info->find(segment);
    if (key == nullptr) return;
    used.insert(id_of(*info, key->name));
    if (key->inner == nullptr) return;
    info = &key->inner();
    is_entry = (key->form == Form::named || key->form == Form::list) && std::getline(path, segment, '.');
  }
  if (key == nullptr || equals == std::string::npos) return;
  const auto value = settings::parse_yaml(words.substr(equals + 1), kLanguage, "value");
  if (value) is_entry ? note_used(**value, *info, used) : note_value(**value, *key, used);
}

// The text of the string literals of a C++ source, of those beside each other as one.
std::vector<std::string> literals_of(const std::string& source) {
  std::vector<std::string> all;
  bool joins = false;  // nothing but space since the last one
  const auto add = [&](const std::string& text) {
    if (joins) {
      all.back() += text;
    } else {
      all.push_back(text);
    }
    joins = true;
  };
  for (std::size_t at = 0; at < source.size(); ++at) {
    const char c = source[at];
    const char next = at + 1 < source.size() ? source[at + 1] : '\0';
    if (c == '/' && next == '/') {
      at = std::min(source.find('\n', at), source.size());
    } else if (c == '\'' && (at == 0 || std::isalnum(static_cast<unsigned char>(source[at - 1])) == 0)) {
      at = std::min(source.find('\'', at + (next == '\\' ? 3 : 2)), source.size());
      joins = false;
    } else if (c == 'R' && next == '"') {
      const std::size_t open = source.find('(', at);
      const std::string end = ")" + source.substr(at + 2, open - at - 2) + "\"";
      const std::size_t close = source.find(end, open);
      if (close == std::string::npos) return all;
      add(source.substr(open + 1, close - open - 1));
      at = close + end.size() - 1;
    } else if (c == '"') {
      std::string text;
      for (++at; at < source.size() && source[at] != '"'; ++at) {
        if (source[at] != '\\') {
          text.push_back(source[at]);
        } else {
          text.push_back(source[++at] == 'n' ? '\n' : source[at]);
        }
      }
      add(text);
    } else if (std::isspace(static_cast<unsigned char>(c)) == 0) {
      joins = false;
    }
  }
  return all;
}

// A format string as fmt would write it.
std::string formatted(std::string text) {
  for (const auto& [from, to] : {std::pair("{}", "0"), std::pair("{{", "{"), std::pair("}}", "}")}) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; ++at) text.replace(at, 2, to);
  }
  return text;
}

// One piece of a scenario, for each mapping of the language that knows all its keys.
void note_piece(const YamlNode& piece, const std::vector<const MappingInfo*>& mappings, std::set<std::string>& used) {
  for (const settings::NodePtr& item : piece.items) note_piece(*item, mappings, used);
  if (piece.entries.empty()) return;
  for (const MappingInfo* info : mappings) {
    const auto is_known = [info](const YamlEntry& entry) { return info->find(entry.key) != nullptr; };
    if (std::all_of(piece.entries.begin(), piece.entries.end(), is_known)) note_used(piece, *info, used);
  }
}

// The pieces of scenarios in the sources of tests.
void note_pieces(const std::string& source, const std::vector<const MappingInfo*>& mappings,
                 std::set<std::string>& used) {
  for (const std::string& literal : literals_of(source)) {
    note_set(literal, used);
    auto tree = settings::parse_yaml(literal, kLanguage, "literal");
    if (!tree) tree = settings::parse_yaml(formatted(literal), kLanguage, "literal");
    if (tree) note_piece(**tree, mappings, used);
  }
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
  std::set<std::string> all, used;
  std::vector<const MappingInfo*> mappings;
  note_all(scenario_table().info, all, mappings);
  EXPECT_GT(all.size(), 80u);
  for (const auto& file : std::filesystem::directory_iterator(scenarios)) {
    if (file.path().extension() != ".yaml") continue;
    const auto tree = settings::parse_yaml(read(file.path()), kLanguage, file.path().string());
    ASSERT_TRUE(tree) << tree.error().text();
    note_used(**tree, scenario_table().info, used);
  }
  note_pieces(sources_of(scenarios, {"unit/sim", "contract", "e2e"}), mappings, used);
  std::vector<std::string> unused;
  std::set_difference(all.begin(), all.end(), used.begin(), used.end(), std::back_inserter(unused));
  EXPECT_THAT(unused, IsEmpty());
}

TEST(Keys, AreFoundInLiteralsOnly) {
  EXPECT_THAT(literals_of("f(\"a: 1\\n\"\n  \"b: \\\"2\\\"\"); // \"c\"\ng(1'000, '\"', '\\'', R\"x(d: \")x\");"),
              ElementsAre("a: 1\nb: \"2\"", "d: \""));
  std::set<std::string> all, used;
  std::vector<const MappingInfo*> mappings;
  note_all(scenario_table().info, all, mappings);
  note_pieces(R"text(f("count: 3, they said"); g("    keep_alive: 5s\n"); // "away: 5s"
    h("fleet.lamps.connect={rate: 5/s}", "{{ warm_up: {} }}");)text",
              mappings, used);
  EXPECT_THAT(used, AllOf(Contains(HasSubstr("keep_alive")), Contains(HasSubstr(".rate")), Contains("phases.warm_up"),
                          Not(Contains(HasSubstr("away")))));
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
