// What does fleet-bridge say on a machine that has too little of something? It must end with a sentence, or serve.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <string>

#include "tests/support/child_process.h"
#include "tests/support/http_caller.h"
#include "tests/support/sanitizers.h"
#include "tests/support/temp_dir.h"

namespace fleet::tests {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr int kFewest = 4;  // below that nothing starts
constexpr int kEnough = 24;

std::string configuration(const TempDir& directory, const std::string& publisher) {
  return directory
      .write("bridge.yaml", fmt::format("http: {{ listen: 127.0.0.1:0 }}\n"
                                        "mqtt: {{ broker: mqtt://127.0.0.1:1, publisher: {}, connections: 3 }}\n"
                                        "registry: {{ store: sqlite:{} }}\n",
                                        publisher, (directory.path() / "registry.db").string()))
      .string();
}

class Descriptors : public testing::TestWithParam<const char*> {};

// UBSan looks at objects through a pipe of its own, and takes them for broken where there is none to be had.
constexpr const char* kNeedsDescriptors = "sanitizers need descriptors, too";

TEST_P(Descriptors, AreAskedForInASentence) {
  if (kSanitized) GTEST_SKIP() << kNeedsDescriptors;
  int served = 0;
  for (int count = kFewest; count <= kEnough; ++count) {
    const TempDir directory;
    ChildProcess bridge({"prlimit", fmt::format("--nofile={}", count), FLEET_BRIDGE_PROGRAM, "--config",
                         configuration(directory, GetParam())});
    if (bridge.wait_for_output("listening on")) {
      ++served;
      EXPECT_EQ(bridge.stop(), 0) << count << ": " << bridge.output();
      continue;
    }
    // What a program inherits counts too: with too few left for its libraries the loader ends it before it is one.
    if (bridge.output().find("while loading shared libraries") != std::string::npos) continue;
    EXPECT_EQ(bridge.wait(), 3) << count;
    EXPECT_THAT(bridge.output(), StartsWith("fleet-bridge: ")) << count;
    EXPECT_THAT(bridge.output(), AnyOf(HasSubstr("raise the limit of open files"), HasSubstr("Too many open files")))
        << count;
  }
  EXPECT_GT(served, 0);
  EXPECT_LT(served, kEnough - kFewest);
}

INSTANTIATE_TEST_SUITE_P(Bridge, Descriptors, testing::Values("native", "paho"),
                         [](const auto& tested) { return std::string(tested.param); });

// Callers beyond the descriptors wait, and are served when there are some again.
TEST(Bridge, ServesWhoeverItHasADescriptorFor) {
  if (kSanitized) GTEST_SKIP() << kNeedsDescriptors;
  const TempDir directory;
  ChildProcess bridge({"prlimit", "--nofile=32", FLEET_BRIDGE_PROGRAM, "--config", configuration(directory, "native")});
  const std::string ready = "listening on http://127.0.0.1:";
  ASSERT_TRUE(bridge.wait_for_output(ready)) << bridge.output();
  const std::string output = bridge.output();
  const auto port = static_cast<std::uint16_t>(std::stoi(output.substr(output.find(ready) + ready.size())));
  const std::string health = "GET /healthz HTTP/1.1\r\nHost: bridge\r\n\r\n";
  std::vector<HttpCaller> callers;
  for (int i = 0; i < 60; ++i) callers.emplace_back(port);
  ASSERT_TRUE(callers.back().send(health));
  EXPECT_EQ(callers.front().call(health)->status, 503U) << "no broker";
  callers.erase(callers.begin(), callers.end() - 1);
  EXPECT_EQ(callers.back().read()->status, 503U);
  EXPECT_EQ(bridge.stop(), 0);
  EXPECT_THAT(bridge.output(), Not(HasSubstr("aborted")));
}

// Another program in the middle of its own transaction.
TEST(Bridge, EndsWhereItsFileIsLocked) {
  const TempDir directory;
  const std::string path = directory.path() / "registry.db";
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "CREATE TABLE t(a); BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);
  ChildProcess bridge({FLEET_BRIDGE_PROGRAM, "--config", configuration(directory, "native")});
  EXPECT_EQ(bridge.wait(), 3) << bridge.output();
  EXPECT_THAT(bridge.output(), HasSubstr(path + ": another process has this registry open"));
  sqlite3_close(other);
}

// A file that was good when it was closed and is not any more.
TEST(Bridge, EndsWhereItsFileIsDamaged) {
  const TempDir directory;
  const std::string config = configuration(directory, "native");
  {
    ChildProcess bridge({FLEET_BRIDGE_PROGRAM, "--config", config});
    ASSERT_TRUE(bridge.wait_for_output("listening on")) << bridge.output();
    EXPECT_EQ(bridge.stop(), 0);
  }
  const std::string path = directory.path() / "registry.db";
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4'096);
  file << std::string(4'096, '\xEE');
  file.close();
  ChildProcess bridge({FLEET_BRIDGE_PROGRAM, "--config", config});
  EXPECT_EQ(bridge.wait(), 3);
  EXPECT_THAT(bridge.output(), HasSubstr(path + ": the database is damaged"));
}

}  // namespace
}  // namespace fleet::tests
