// The table of actions: complete rows, and docs/api.md made from them.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "bridge/actions/action.h"
#include "bridge/document.h"
#include "bridge/envelope/rpc_params.h"

namespace fleet::bridge::test {
namespace {

TEST(ActionTable, RowsAreComplete) {
  std::set<std::string_view> names;
  for (const Action& action : actions()) {
    EXPECT_TRUE(names.insert(action.name).second) << action.name;
    EXPECT_EQ(find_action(action.name), &action);
    EXPECT_NE(action.run, nullptr);
    EXPECT_GT(action.per_second, 0);
    EXPECT_TRUE(action.purpose.ends_with('.')) << action.name;
    std::set<std::string_view> lists;
    std::size_t members = 0;
    for (const ActionParam& param : action.params) {
      EXPECT_FALSE(param.rule.empty()) << param.name;
      EXPECT_TRUE(param.name[0] >= 'A' && param.name[0] <= 'Z');
      EXPECT_TRUE(!param.is_list() || lists.insert(param.base()).second) << param.name;
      if (param.is_member()) ++members;
      EXPECT_TRUE(param.need != Need::in_each || param.is_member()) << param.name;
      if (param.when_empty == nullptr) continue;
      const bool listed =
          std::find(action.errors.begin(), action.errors.end(), param.when_empty) != action.errors.end();
      EXPECT_TRUE(listed) << action.name << " " << param.name;
    }
    EXPECT_LE(lists.size(), 1u);
    EXPECT_LE(members, StructItem::kMembersMax);
    std::set<std::string_view> codes;
    for (const BusinessError* error : action.errors) EXPECT_TRUE(codes.insert(error->code).second) << error->code;
  }
  EXPECT_EQ(find_action(""), nullptr);
  EXPECT_EQ(find_action("batchPub"), nullptr);
}

TEST(ActionTable, ParametersKnowTheirParts) {
  constexpr ActionParam member{.name = "TopoAddItem.N.Sign", .need = Need::mandatory, .rule = ""};
  EXPECT_TRUE(member.is_member());
  EXPECT_FALSE(member.is_list());
  EXPECT_EQ(member.base(), "TopoAddItem");
  EXPECT_EQ(member.member(), "Sign");
  constexpr ActionParam list{.name = "DeviceName.N", .need = Need::optional, .rule = ""};
  EXPECT_TRUE(list.is_list());
  EXPECT_FALSE(list.is_member());
  EXPECT_EQ(list.base(), "DeviceName");
}

TEST(ActionTable, TheDocumentIsWhatTheTablesSay) {
  std::ifstream file(FLEET_SOURCE_DIR "/docs/api.md", std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), api_document()) << "make it anew: fleet-bridge actions > docs/api.md";
}

}  // namespace
}  // namespace fleet::bridge::test
