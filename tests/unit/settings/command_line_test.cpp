// Is a misspelt command told as such?
#include "settings/command_line.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

namespace fleet::settings {
namespace {

std::string complaint(std::initializer_list<const char*> arguments) {
  std::vector<const char*> argv = {"program"};
  argv.insert(argv.end(), arguments);
  const auto known = check_command(static_cast<int>(argv.size()), argv.data(), {"run", "plan", "schema"});
  return known ? "" : known.error().text();
}

TEST(CheckCommand, TakesCommandsAndOptions) {
  EXPECT_EQ(complaint({}), "");
  EXPECT_EQ(complaint({"plan", "paln"}), "");
  EXPECT_EQ(complaint({"--help", "paln"}), "");
}

TEST(CheckCommand, SaysWhatMayHaveBeenMeant) {
  EXPECT_EQ(complaint({"paln", "x.yaml"}), "no command 'paln'; did you mean 'plan'?");
  EXPECT_EQ(complaint({"x.yaml"}), "no command 'x.yaml'; allowed: run, plan, schema");
  EXPECT_EQ(complaint({"a\nb"}), "no command 'a?b'; allowed: run, plan, schema");
}

}  // namespace
}  // namespace fleet::settings
