// Arrows only downwards, and a third-party library only in the room that owns it: read from the #include lines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// What a room may include of the project. Both are prefixes of paths below the source directory; the longest room that
// a file's path begins with decides. A room may always include itself.
struct Room {
  std::string_view path;
  std::vector<std::string_view> may_include;
};

const std::vector<Room>& rooms() {
  static const std::vector<Room> all = {
      {"wire/", {}},
      {"settings/", {"wire/"}},
      // The names of the limits are those of the two tables of calls.
      {"bridge/config/", {"bridge/actions/action.h", "bridge/tmc/method.h", "settings/", "wire/"}},
      // A program of its own, inside the broker: of the bridge it knows the file.
      {"bridge/broker_auth/", {"bridge/registry/sqlite_", "wire/"}},
      {"bridge/", {"settings/command_line", "wire/"}},
      {"sim/scenario/", {"settings/", "wire/"}},
      {"sim/ledger/", {"sim/scenario/", "wire/"}},
      {"sim/report/", {"sim/ledger/", "sim/scenario/", "wire/"}},
      {"sim/launch/", {"sim/scenario/", "wire/"}},
      {"sim/fleet/", {"sim/ledger/", "sim/scenario/", "wire/"}},
      {"sim/proxy/", {"sim/fleet/", "sim/ledger/", "sim/scenario/", "wire/"}},
      {"sim/calls/", {"sim/fleet/", "sim/ledger/", "sim/scenario/", "wire/"}},
      {"sim/provision/", {"settings/", "sim/calls/", "sim/fleet/", "sim/ledger/", "sim/scenario/", "wire/"}},
      {"sim/", {"settings/command_line", "wire/"}},  // run/ and main.cpp: above all other rooms of sim
  };
  return all;
}

// A third-party header, by the beginning of its name, and the paths that may include it.
struct Owner {
  std::string_view header;
  std::vector<std::string_view> rooms;
};

const std::vector<Owner>& owners() {
  static const std::vector<Owner> all = {
      {"yaml-cpp/", {"settings/"}},
      {"mqtt/", {"wire/mqtt/paho/"}},
      {"MQTT", {"wire/mqtt/paho/"}},
      {"openssl/", {"wire/signing", "wire/tls", "wire/mqtt/tls", "bridge/server/tls", "sim/launch/certificates"}},
      {"boost/asio/ssl", {"wire/boost_impl", "wire/mqtt/tls", "bridge/server/tls"}},
      {"boost/beast", {"wire/boost_impl", "bridge/server/", "sim/calls/"}},
      {"pugixml", {"bridge/envelope/"}},
      {"prometheus/", {"bridge/metrics/"}},
      {"sqlite3", {"bridge/registry/"}},
      {"SQLiteCpp/", {"bridge/registry/"}},
      {"CLI/", {"bridge/main", "sim/main"}},
      {"mosquitto", {"bridge/broker_auth/plugin"}},
      {"gtest/", {}},
      {"gmock/", {}},
      {"benchmark/", {}},
  };
  return all;
}

bool is_below(std::string_view path, std::string_view prefix) { return path.starts_with(prefix); }

// The included names of a source text, without their brackets or quotes.
std::vector<std::string> includes_of(std::istream& text) {
  std::vector<std::string> names;
  for (std::string line; std::getline(text, line);) {
    const auto hash = line.find_first_not_of(" \t");
    if (hash == std::string::npos || line[hash] != '#') continue;
    const auto word = line.find_first_not_of(" \t", hash + 1);
    if (word == std::string::npos || line.compare(word, 7, "include") != 0) continue;
    const auto open = line.find_first_of("<\"", word + 7);
    if (open == std::string::npos) continue;
    const auto close = line.find_first_of(">\"", open + 1);
    if (close != std::string::npos) names.push_back(line.substr(open + 1, close - open - 1));
  }
  return names;
}

// Whether a file of the product may include a header; both as written below the source directory.
bool is_allowed(std::string_view file, std::string_view header) {
  const auto any_of = [](const std::vector<std::string_view>& prefixes, std::string_view path) {
    return std::ranges::any_of(prefixes, [path](std::string_view prefix) { return is_below(path, prefix); });
  };
  for (const Owner& owner : owners()) {
    if (is_below(header, owner.header) && !any_of(owner.rooms, file)) return false;
  }
  const bool ours = is_below(header, "wire/") || is_below(header, "settings/") || is_below(header, "bridge/") ||
                    is_below(header, "sim/");
  if (!ours) return !is_below(header, "tests/") && !is_below(header, "bench/");
  const Room* room = nullptr;
  for (const Room& candidate : rooms()) {
    if (is_below(file, candidate.path) && (room == nullptr || candidate.path.size() > room->path.size())) {
      room = &candidate;
    }
  }
  return room != nullptr && (is_below(header, room->path) || any_of(room->may_include, header));
}

TEST(Rooms, NoIncludeGoesUpwardsOrPastTheOwnerOfALibrary) {
  const fs::path root = FLEET_SOURCE_DIR;
  std::size_t files = 0;
  for (const char* top : {"wire", "settings", "bridge", "sim"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      const fs::path& path = entry.path();
      if (path.extension() != ".h" && path.extension() != ".cpp") continue;
      ++files;
      std::ifstream text(path);
      ASSERT_TRUE(text) << path;
      const std::string file = fs::relative(path, root).generic_string();
      for (const std::string& header : includes_of(text)) {
        EXPECT_TRUE(is_allowed(file, header)) << file << " must not include " << header;
      }
    }
  }
  EXPECT_GT(files, 40u) << "so few files cannot be the whole product";
}

TEST(Rooms, BadArrowsAreFound) {
  EXPECT_FALSE(is_allowed("bridge/main.cpp", "sim/ledger/tally.h"));
  EXPECT_FALSE(is_allowed("sim/calls/callers.cpp", "bridge/api.h"));
  EXPECT_FALSE(is_allowed("wire/stamp.cpp", "sim/ledger/tally.h"));
  EXPECT_FALSE(is_allowed("wire/mqtt/session.cpp", "bridge/api.h"));
  EXPECT_FALSE(is_allowed("settings/reader.cpp", "sim/scenario/scenario.h"));
  EXPECT_FALSE(is_allowed("wire/stamp.cpp", "settings/units.h"));
  EXPECT_FALSE(is_allowed("bridge/server/server.cpp", "settings/reader.h"));
  EXPECT_FALSE(is_allowed("sim/scenario/scenario.cpp", "sim/ledger/books.h"));
  EXPECT_FALSE(is_allowed("sim/ledger/books.cpp", "sim/calls/callers.h"));
  EXPECT_FALSE(is_allowed("sim/fleet/worker.cpp", "sim/calls/callers.h"));
  EXPECT_FALSE(is_allowed("sim/fleet/fleet.h", "sim/report/run_record.h"));
  EXPECT_FALSE(is_allowed("sim/calls/callers.h", "sim/report/run_record.h"));
  EXPECT_FALSE(is_allowed("bridge/config/config.cpp", "bridge/api.h"));
  EXPECT_FALSE(is_allowed("bridge/broker_auth/guard.cpp", "bridge/registry/registry.h"));
  EXPECT_FALSE(is_allowed("sim/ledger/group_books.h", "sim/calls/request.h"));
  EXPECT_FALSE(is_allowed("wire/stamp.cpp", "tests/support/broker.h"));
}

TEST(Rooms, GoodArrowsAreLeftAlone) {
  EXPECT_TRUE(is_allowed("wire/mqtt/session.cpp", "wire/clock.h"));
  EXPECT_TRUE(is_allowed("sim/run/run.cpp", "sim/calls/callers.h"));
  EXPECT_TRUE(is_allowed("bridge/config/config.cpp", "settings/reader.h"));
  EXPECT_TRUE(is_allowed("bridge/fanout/publisher.cpp", "wire/mqtt/endpoint.h"));
  EXPECT_TRUE(is_allowed("wire/mqtt/paho/paho_endpoint.cpp", "mqtt/async_client.h"));
  EXPECT_TRUE(is_allowed("sim/ledger/tally.cpp", "vector"));
}

TEST(Rooms, LibrariesOutsideTheirRoomAreFound) {
  EXPECT_FALSE(is_allowed("sim/scenario/scenario.cpp", "yaml-cpp/yaml.h"));
  EXPECT_FALSE(is_allowed("bridge/fanout/publisher.cpp", "mqtt/async_client.h"));
  EXPECT_FALSE(is_allowed("wire/mqtt/session.cpp", "MQTTAsync.h"));
  EXPECT_FALSE(is_allowed("bridge/server/server.cpp", "openssl/hmac.h"));
  EXPECT_FALSE(is_allowed("bridge/server/caller_socket.cpp", "openssl/ssl.h"));
  EXPECT_FALSE(is_allowed("bridge/server/server.cpp", "prometheus/counter.h"));
  EXPECT_FALSE(is_allowed("bridge/server/server.cpp", "pugixml.hpp"));
  EXPECT_FALSE(is_allowed("bridge/envelope/rpc.cpp", "sqlite3.h"));
  EXPECT_FALSE(is_allowed("sim/calls/callers.cpp", "CLI/CLI.hpp"));
  EXPECT_FALSE(is_allowed("bridge/broker_auth/guard.cpp", "mosquitto_broker.h"));
  EXPECT_FALSE(is_allowed("wire/stamp.cpp", "gtest/gtest.h"));
}

TEST(Rooms, IncludeLinesAreReadAsThePreprocessorReadsThem) {
  std::istringstream text(
      "#include <vector>\n"
      "  #  include \"wire/clock.h\"  // why\n"
      "// #include <no/comment.h>\n"
      "int include = 1;\n"
      "#include\n"
      "#define INCLUDE <no/macro.h>\n");
  EXPECT_THAT(includes_of(text), ElementsAre("vector", "wire/clock.h"));
  std::istringstream nothing;
  EXPECT_THAT(includes_of(nothing), IsEmpty());
}

}  // namespace
