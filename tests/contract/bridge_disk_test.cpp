// What fleet-bridge tells its callers while the file of its registry cannot be written, and what is there afterwards.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/contract/lasting_bridge.h"

namespace fleet::tests {
namespace {

using nlohmann::json;

// A file that cannot grow any more, as on a full disk: the callers are told, and what they were told is true.
TEST(BridgeRegistryFile, CannotGrow) {
  LastingBridge bridge({"prlimit", "--fsize=400000"});
  bridge.start();
  ASSERT_FALSE(testing::Test::HasFatalFailure());
  std::vector<std::string> answered;
  json refusal;
  for (int i = 0; i < 10'000 && refusal.is_null(); ++i) {
    const std::string name = fmt::format("one-{}", i);
    const json answer = bridge.call("RegisterDevice", {{"ProductKey", "fresh"}, {"DeviceName", name}});
    if (answer.value("Success", false)) {
      answered.push_back(name);
    } else {
      refusal = answer;
    }
  }
  EXPECT_EQ(refusal.value("Code", ""), "iot.system.SystemException") << refusal;
  EXPECT_GT(answered.size(), 10U);
  const auto total = [&bridge] {
    return bridge.call("QueryDevice", {{"ProductKey", "fresh"}, {"PageSize", "1"}}).value("Total", std::size_t{0});
  };
  EXPECT_EQ(bridge.call("BatchRegisterDevice", {{"ProductKey", "fresh"}, {"Count", "10000"}}).value("Code", ""),
            "iot.system.SystemException");
  EXPECT_EQ(total(), answered.size()) << "it still answers";
  EXPECT_TRUE(bridge.logs("the registry's store cannot be written")) << bridge.log();
  bridge.kill();
  bridge.start_bare();
  EXPECT_EQ(total(), answered.size());
  EXPECT_EQ(bridge.call("QueryPageByApplyId", {{"ApplyId", "1000000"}}).value("Code", ""),
            "iot.device.DeviceApplyIsNotFound");
  (void)bridge.succeed("RegisterDevice", {{"ProductKey", "fresh"}, {"DeviceName", "there-is-room"}});
  bridge.kill();
}

// Another program in the middle of its own transaction, while the bridge runs.
TEST(BridgeRegistryFile, IsLockedForAWhile) {
  LastingBridge bridge;
  bridge.start();
  ASSERT_FALSE(testing::Test::HasFatalFailure());
  const auto add = [&bridge](const char* name) {
    return bridge.call("RegisterDevice", {{"ProductKey", "fresh"}, {"DeviceName", name}});
  };
  const auto total = [&bridge] {
    return bridge.call("QueryDevice", {{"ProductKey", "fresh"}, {"PageSize", "1"}}).value("Total", std::size_t{0});
  };
  EXPECT_EQ(add("before").value("Success", false), true);
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(bridge.file().c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_EQ(add("meanwhile").value("Code", ""), "iot.system.SystemException");
  EXPECT_EQ(total(), 1U) << "reads go on";
  EXPECT_TRUE(bridge.logs("the registry's store cannot be written")) << bridge.log();
  ASSERT_EQ(sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  EXPECT_EQ(add("meanwhile").value("Success", false), true);
  EXPECT_EQ(total(), 2U);
  bridge.kill();
  bridge.start();
  EXPECT_EQ(total(), 2U);
  bridge.kill();
}

}  // namespace
}  // namespace fleet::tests
