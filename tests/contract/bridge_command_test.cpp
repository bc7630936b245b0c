// What does fleet-bridge make of its command line?
#include <gtest/gtest.h>

#include <string>

#include "tests/support/bridge_program.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"

namespace fleet::tests {
namespace {

TEST(BridgeCommand, ChecksAConfiguration) {
  TempDir directory;
  ChildProcess good(
      {FLEET_BRIDGE_PROGRAM, "check", directory.write("a.yaml", "http: { listen: 127.0.0.1:0 }\n").string()});
  EXPECT_EQ(good.wait(), 0);
  const std::string bad_path = directory.write("b.yaml", "http: { lissen: 127.0.0.1:0 }\n").string();
  ChildProcess bad({FLEET_BRIDGE_PROGRAM, "check", bad_path});
  EXPECT_TRUE(bad.wait_for_output(bad_path + ":1:"));
  EXPECT_EQ(bad.wait(), 2);
  ChildProcess none({FLEET_BRIDGE_PROGRAM, "--config", "/nonexistent/bridge.yaml"});
  EXPECT_EQ(none.wait(), 2);
  ChildProcess nothing({FLEET_BRIDGE_PROGRAM});
  EXPECT_EQ(nothing.wait(), 2);
}

}  // namespace
}  // namespace fleet::tests
