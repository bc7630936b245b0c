// The fleet-bridge program and the file of its registry.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"

namespace {

using fleet::tests::ChildProcess;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kSecret = "neverToBeSeenInALog";

class BridgeRegistry : public testing::Test {
 protected:
  // A bridge over the test's file; without a broker, which it does not need for this.
  [[nodiscard]] ChildProcess bridge() {
    const auto config = dir_.write(
        "bridge.yaml", fmt::format("http: {{ listen: 127.0.0.1:0 }}\nmqtt: {{ broker: mqtt://127.0.0.1:1 }}\n"
                                   "registry: {{ store: sqlite:{} }}\n"
                                   "products: [{{ key: lamp, devices: [{{ name: dev1, secret: {} }}] }}]\n",
                                   file_.string(), kSecret));
    return ChildProcess({FLEET_BRIDGE_PROGRAM, "--config", config.string()});
  }

  fleet::tests::TempDir dir_;
  std::filesystem::path file_ = dir_.path() / "registry.db";
};

TEST_F(BridgeRegistry, BelongsToOneBridge) {
  ChildProcess first = bridge();
  ASSERT_TRUE(first.wait_for_output("listening on")) << first.output();
  ChildProcess second = bridge();
  EXPECT_EQ(second.wait(), 3);
  EXPECT_THAT(second.output(), HasSubstr(file_.string() + ": another process has this registry open"));
  EXPECT_EQ(first.stop(), 0);
  EXPECT_THAT(first.output(), Not(HasSubstr(kSecret)));
}

TEST_F(BridgeRegistry, IsThereAgainAfterAKill) {
  {
    ChildProcess first = bridge();
    ASSERT_TRUE(first.wait_for_output("listening on")) << first.output();
    first.signal(SIGKILL);
    EXPECT_EQ(first.wait(), 128 + SIGKILL);
  }
  ChildProcess second = bridge();
  EXPECT_TRUE(second.wait_for_output("listening on")) << second.output();
  EXPECT_EQ(second.stop(), 0);
}

TEST_F(BridgeRegistry, IsReadableByItsUserAlone) {
  ChildProcess first = bridge();
  ASSERT_TRUE(first.wait_for_output("listening on")) << first.output();
  for (const char* behind : {"", "-wal", "-shm", "-lock"}) {
    const auto mode = std::filesystem::status(file_.string() + behind).permissions();
    EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write) << behind;
  }
  EXPECT_EQ(first.stop(), 0);
}

TEST_F(BridgeRegistry, EndsWithASentenceWhereTheFileCannotBeUsed) {
  std::ofstream(file_) << std::string(10'000, 'x');
  ChildProcess over_text = bridge();
  EXPECT_EQ(over_text.wait(), 3);
  EXPECT_THAT(over_text.output(), HasSubstr("this is no SQLite database"));
  file_ = dir_.path() / "none" / "registry.db";
  ChildProcess nowhere = bridge();
  EXPECT_EQ(nowhere.wait(), 3);
  EXPECT_THAT(nowhere.output(), HasSubstr("cannot be opened or made: No such file or directory"));
}

}  // namespace
