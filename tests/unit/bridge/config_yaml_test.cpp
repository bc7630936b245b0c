// What of YAML does the bridge's configuration take, and what does it refuse?
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

#include "tests/unit/bridge/config_text.h"

namespace fleet::bridge {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Config, BadYamlIsToldWithItsPlace) {
  EXPECT_THAT(error_of("http: [\n"), StartsWith("bridge.yaml:"));
  EXPECT_THAT(error_of("http: {\n  a: b\n  c"), StartsWith("bridge.yaml:"));
  EXPECT_THAT(error_of("a: *nobody\n"), StartsWith("bridge.yaml:1:"));
  EXPECT_THAT(error_of("\tx"), StartsWith("bridge.yaml:"));
  EXPECT_THAT(error_of("? [a, b]\n: 1\n"), HasSubstr("a key must be a word"));
}

TEST(Config, AnchorsAndMergesAreResolved) {
  const Config config = config_of(R"(
accounts:
  - &first { access_key_id: a, access_key_secret: s, batch_pub: true }
  - { <<: *first, access_key_id: b }
products:
  - key: p1
    topics: &topics { get: subscribe }
  - key: p2
    topics: *topics
  - key: p3
    topics: { <<: [*topics, { get: publish, more: both }] }
)");
  ASSERT_EQ(config.accounts.size(), 2u);
  EXPECT_EQ(config.accounts[1].access_key_id, "b");
  EXPECT_EQ(config.accounts[1].access_key_secret, "s");
  EXPECT_TRUE(config.accounts[1].batch_pub);
  EXPECT_EQ(config.products[1].topics.at("get"), TopicOperation::subscribe);
  EXPECT_EQ(config.products[2].topics.at("get"), TopicOperation::subscribe);
  EXPECT_EQ(config.products[2].topics.at("more"), TopicOperation::both);
  EXPECT_THAT(error_of("accounts: [ { <<: word } ]\n"), EndsWith("<< merges a mapping or a list of mappings"));
}

TEST(Config, AnAliasInsideOfWhatItNamesIsRefused) {
  EXPECT_THAT(error_of("products: &p [ *p ]\n"), HasSubstr("the alias stands inside what it names"));
}

TEST(Config, AliasesThatMultiplyAreBounded) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 40; ++i) {
    text += fmt::format("a{}: &a{} [", i, i);
    for (int j = 0; j < 10; ++j) text += fmt::format("*a{}, ", i - 1);
    text += "]\n";
  }
  EXPECT_THAT(error_of(text), HasSubstr("more than 2000000 values"));
}

TEST(Config, DeepNestingIsRefusedAndNotFollowed) {
  for (const char* open : {"[", "{a: ", "- ", "{", "[{"}) {
    std::string text = "products: ";
    if (open[0] == '-') text += "\n  ";
    while (text.size() < 1'000'000) text += open;
    EXPECT_THAT(error_of(text), StartsWith("bridge.yaml:")) << open;
  }
}

TEST(Config, EnvironmentIsReadWhereTheFileNamesIt) {
  ::setenv("FLEET_CONFIG_TEST_SECRET", "from outside", 1);
  ::unsetenv("FLEET_CONFIG_TEST_NOTHING");
  const Config config = config_of("mqtt: { username: u, password: '<${env:FLEET_CONFIG_TEST_SECRET}>' }\n");
  EXPECT_EQ(config.mqtt.password, "<from outside>");
  EXPECT_EQ(error_of("mqtt: { password: '${env:FLEET_CONFIG_TEST_NOTHING}' }\n"),
            "bridge.yaml:1:19: the environment variable 'FLEET_CONFIG_TEST_NOTHING' is not set");
  EXPECT_THAT(error_of("mqtt: { password: '${env:FLEET' }\n"), HasSubstr("lacks its closing brace"));
}

TEST(Config, TwentyThousandDevicesAreRead) {
  std::string text = "products:\n  - key: a\n    devices:\n";
  for (int i = 0; i < 20'000; ++i) text += fmt::format("      - {{ name: lamp-{:05}, secret: 0123456789abcdef }}\n", i);
  EXPECT_EQ(config_of(text).products[0].devices.size(), 20'000u);
}

TEST(Config, FilesThatCannotBeReadAreTold) {
  EXPECT_EQ(load_config("/nowhere/bridge.yaml").error().text(),
            "/nowhere/bridge.yaml: cannot open the configuration: No such file or directory");
  const std::string directory = std::filesystem::temp_directory_path();
  EXPECT_EQ(load_config(directory).error().text(), directory + ": cannot read the configuration: Is a directory");
  EXPECT_EQ(load_config("/dev/null").error().text(), "/dev/null:1:1: the configuration is empty");
}

}  // namespace
}  // namespace fleet::bridge
