#include "settings/yaml_tree.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace fleet::settings {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr Language kLanguage{"file", 1u << 20, 1'000};

std::string error_of(const std::string& text) {
  const auto tree = parse_yaml(text, kLanguage, "f.yaml");
  return tree ? "accepted" : tree.error().text();
}

NodePtr tree_of(const std::string& text) {
  const auto tree = parse_yaml(text, kLanguage, "f.yaml");
  EXPECT_TRUE(tree) << tree.error().text();
  return tree.value_or(std::make_shared<YamlNode>());
}

// "{a: 1, b: [2, 3]}"
std::string shown(const YamlNode& node) {
  std::string text;
  for (const YamlEntry& entry : node.entries) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", entry.key, shown(*entry.value));
  }
  for (const NodePtr& item : node.items) text += fmt::format("{}{}", text.empty() ? "" : ", ", shown(*item));
  if (node.kind == YamlNode::Kind::mapping) return "{" + text + "}";
  return node.kind == YamlNode::Kind::list ? "[" + text + "]" : node.text;
}

TEST(YamlTree, RemembersWhereEverythingStood) {
  const NodePtr tree = tree_of("a:\n  - b: 1\n    c: two words\n");
  EXPECT_EQ(shown(*tree), "{a: [{b: 1, c: two words}]}");
  const YamlNode& inner = *tree->find("a")->value->items[0];
  EXPECT_EQ(inner.find("c")->place.text(), "f.yaml:3:5");
  EXPECT_EQ(inner.find("c")->value->place.text(), "f.yaml:3:8");
  EXPECT_EQ(inner.find("d"), nullptr);
  EXPECT_EQ(parse_yaml("a: [", kLanguage, "--set x", false).error().where, "--set x");
}

TEST(YamlTree, ResolvesAliasesAndMerges) {
  EXPECT_EQ(shown(*tree_of("a: &x {k: 1}\nb: *x\n")), "{a: {k: 1}, b: {k: 1}}");
  EXPECT_EQ(shown(*tree_of("a: &x {k: 1, l: 2}\nb: {<<: *x, k: 3}\n")), "{a: {k: 1, l: 2}, b: {k: 3, l: 2}}");
  EXPECT_EQ(shown(*tree_of("a: &x {k: 1}\nb: {<<: [*x, {k: 2, m: 4}]}\n")), "{a: {k: 1}, b: {k: 1, m: 4}}");
  EXPECT_EQ(shown(*tree_of("a: &x {k: 1}\nb: &y {<<: *x, l: 2}\nc: {<<: *y}\n")),
            "{a: {k: 1}, b: {l: 2, k: 1}, c: {l: 2, k: 1}}");
  EXPECT_EQ(shown(*tree_of("{'<<': 1}")), "{<<: 1}");
}

TEST(YamlTree, RefusesMergesOfAnythingElse) {
  EXPECT_EQ(error_of("{<<: word}"), "f.yaml:1:6: << merges a mapping or a list of mappings");
  EXPECT_EQ(error_of("{<<: [word]}"), "f.yaml:1:7: << merges mappings only");
  EXPECT_EQ(error_of("{<<: {}, <<: {}}"), "f.yaml:1:10: the key '<<' is given twice");
  EXPECT_EQ(error_of("a: &x {<<: *x}"), "f.yaml:1:12: the alias stands inside what it names");
}

TEST(YamlTree, FindsTheKeyThatIsGivenTwiceInSmallAndLargeMappings) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += fmt::format("k{}: 1\n", i);
  EXPECT_EQ(tree_of(text)->entries.size(), 40u);
  for (const int twice : {0, 20, 39}) {
    EXPECT_EQ(error_of(text + fmt::format("k{}: 2\n", twice)),
              fmt::format("f.yaml:41:1: the key 'k{}' is given twice", twice));
  }
}

TEST(YamlTree, CountsAliasesAsWhatTheyStandFor) {
  EXPECT_EQ(tree_of("a: &x [1, 2]\nb: [*x, *x]\n")->weight, 1u + 3 + 7);
  EXPECT_EQ(tree_of("a: &x {k: 1}\nb: {<<: *x}\n")->weight, 1u + 2 + 4);
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 40; ++i) {
    text += fmt::format("a{}: &a{} [", i, i);
    for (int j = 0; j < 10; ++j) text += fmt::format("*a{}, ", i - 1);
    text += "]\n";
  }
  EXPECT_THAT(error_of(text), EndsWith(": the file has more than 1000 values, aliases counted as what they stand for"));
  std::string list = "[";
  for (int i = 0; i < 1'000; ++i) list += "1,";
  EXPECT_THAT(error_of(list + "]"), HasSubstr("more than 1000 values"));
}

TEST(YamlTree, ReadsTheEnvironmentWhereTheTextNamesIt) {
  ::setenv("FLEET_SETTINGS_TEST", "from outside", 1);
  ::unsetenv("FLEET_SETTINGS_TEST_NOTHING");
  EXPECT_EQ(shown(*tree_of("a: '<${env:FLEET_SETTINGS_TEST}|${env:FLEET_SETTINGS_TEST}>'")),
            "{a: <from outside|from outside>}");
  EXPECT_EQ(error_of("a: ${env:FLEET_SETTINGS_TEST_NOTHING}"),
            "f.yaml:1:4: the environment variable 'FLEET_SETTINGS_TEST_NOTHING' is not set");
  EXPECT_EQ(error_of("a: ${env:}"), "f.yaml:1:4: the environment variable '' is not set");
  EXPECT_EQ(error_of("a: 'x${env:FLEET'"), "f.yaml:1:4: 'x${env:FLEET' lacks its closing brace; write ${env:NAME}");
  ::setenv("FLEET_SETTINGS_TEST", std::string(600'000, 'x').c_str(), 1);
  EXPECT_EQ(error_of("a: ${env:FLEET_SETTINGS_TEST}${env:FLEET_SETTINGS_TEST}"),
            "f.yaml:1:4: the environment makes this value larger than 1 MB");
}

}  // namespace
}  // namespace fleet::settings
