// Files that the SQLite store must not, or cannot, work with.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "bridge/registry/registry.h"
#include "bridge/registry/sqlite_schema.h"
#include "tests/support/registry_fixture.h"

namespace fleet::bridge {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class SqliteStore : public testing::Test {
 protected:
  // A registry with 2,000 devices, closed.
  void fill() {
    const auto registry = Registry::open({.sqlite_path = path_}, some_products(), kRegistryDay);
    ASSERT_TRUE(registry.has_value()) << registry.error().text();
    ASSERT_TRUE((*registry)->register_devices("lamp", std::vector<NewDevice>(2'000), kRegistryDay).has_value());
    ASSERT_TRUE((*registry)->begin_create("lamp", 3, at_millis(0)).has_value());
  }

  void change(const std::string& sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
  }

  // The version, and all tables and indexes with their columns.
  std::string schema() {
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    std::string text;
    const auto append = [](void* out, int, char** values, char**) {
      static_cast<std::string*>(out)->append(values[0]).append("\n");
      return 0;
    };
    for (const char* const sql :
         {"PRAGMA user_version",
          "SELECT m.type || ' ' || m.name || ' ' || ifnull(c.name, '') AS line "
          "FROM sqlite_master AS m LEFT JOIN pragma_table_info(m.name) AS c WHERE m.type='table' UNION ALL "
          "SELECT m.type || ' ' || m.name || ' ' || ifnull(c.name, '') "
          "FROM sqlite_master AS m LEFT JOIN pragma_index_info(m.name) AS c WHERE m.type='index' ORDER BY line"}) {
      EXPECT_EQ(sqlite3_exec(database, sql, append, &text, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    }
    sqlite3_close(database);
    return text;
  }

  // The sentence of the refusal; it names the file.
  std::string refusal() {
    const auto registry = Registry::open({.sqlite_path = path_}, some_products(), kRegistryDay);
    if (registry) return "opened";
    EXPECT_EQ(registry.error().kind, wire::ErrorKind::environment);
    EXPECT_EQ(registry.error().where, path_);
    return registry.error().message;
  }

  tests::TempDir dir_;
  std::string path_ = dir_.path() / "registry.db";
};

TEST_F(SqliteStore, BelongsToOneBridge) {
  fill();
  const auto first = Registry::open({.sqlite_path = path_}, some_products(), kRegistryDay);
  ASSERT_TRUE(first.has_value());
  EXPECT_THAT(refusal(), HasSubstr("another process has this registry open"));
  const std::string link = dir_.path() / "link.db";
  std::filesystem::create_symlink(path_, link);
  const auto by_link = Registry::open({.sqlite_path = link}, some_products(), kRegistryDay);
  ASSERT_FALSE(by_link.has_value());
  EXPECT_THAT(by_link.error().message, HasSubstr("another process has this registry open"));
  EXPECT_TRUE((*first)->register_device("lamp", {.name = "new-1"}, kRegistryDay).has_value());
}

// SQLite keeps its log beside the name that was used: two names are two logs of one file.
TEST_F(SqliteStore, HasOneName) {
  fill();
  const std::string other = dir_.path() / "other.db";
  fs::create_hard_link(path_, other);
  EXPECT_THAT(refusal(), HasSubstr("the file has 2 names (hard links)"));
  fs::remove(other);
  EXPECT_EQ(refusal(), "opened");
}

TEST_F(SqliteStore, LeavesOtherFilesAlone) {
  std::ofstream(path_) << std::string(5'000, 'x');
  EXPECT_THAT(refusal(), HasSubstr("no SQLite database"));
  EXPECT_EQ(fs::file_size(path_), 5'000u);
  fs::remove(path_);
  change("CREATE TABLE mine(a)");
  EXPECT_THAT(refusal(), HasSubstr("another program"));
}

TEST_F(SqliteStore, RefusesANewerVersion) {
  fill();
  change("PRAGMA user_version=99");
  EXPECT_THAT(refusal(), HasSubstr("has version 99 of the registry"));
}

// What each version has added to the one before it, taken away.
constexpr std::array kUndone = {
    "ALTER TABLE devices DROP COLUMN activated; ALTER TABLE devices DROP COLUMN disabled;",  // 2
    "DROP INDEX devices_by_name; DROP INDEX devices_by_gateway;",                            // 3
    "ALTER TABLE products DROP COLUMN owner;",                                               // 4
    "DROP TABLE apps; DROP TABLE app_topics; DROP TABLE app_groups;",                        // 5
};
static_assert(kUndone.size() + 1 == kMigrations.size(), "a new version: take it away again here");

TEST_F(SqliteStore, TakesAFileOfEachOlderVersionAlong) {
  const auto whole = [this] {
    const auto registry = Registry::open({.sqlite_path = path_}, some_products(), kRegistryDay);
    return registry ? dump(**registry) : registry.error().text();
  };
  for (std::size_t version = kMigrations.size() - 1; version > 0; --version) {
    SCOPED_TRACE(version);
    path_ = dir_.path() / fmt::format("version-{}.db", version);
    fill();
    // Version 1 did not know who was online and who may not be.
    if (version > 1) change("UPDATE devices SET activated=1, disabled=1 WHERE name='lamp-3'");
    const std::string before = whole();
    const std::string tables = schema();
    for (std::size_t step = kMigrations.size(); step > version; --step) change(kUndone[step - 2]);
    change(fmt::format("PRAGMA user_version={}", version));
    EXPECT_NE(schema(), tables);
    EXPECT_EQ(whole(), before);
    EXPECT_EQ(schema(), tables);
    EXPECT_EQ(whole(), before) << "again, now of this version";
  }
}

TEST_F(SqliteStore, TellsADamagedFile) {
  fill();
  const auto size = fs::file_size(path_);
  const auto damage = [this](std::uintmax_t at) {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at));
    file << std::string(4'096, '\xEE');
  };
  fs::copy_file(path_, path_ + ".good");
  for (const std::uintmax_t at : {size / 2 / 4'096 * 4'096, size - 4'096, std::uintmax_t{4'096}}) {
    fs::copy_file(path_ + ".good", path_, fs::copy_options::overwrite_existing);
    damage(at);
    EXPECT_THAT(refusal(), HasSubstr("damaged")) << at;
  }
  fs::copy_file(path_ + ".good", path_, fs::copy_options::overwrite_existing);
  fs::resize_file(path_, size / 2);
  EXPECT_THAT(refusal(), HasSubstr("damaged"));
}

TEST_F(SqliteStore, TellsRowsThatCannotBe) {
  fill();
  fs::copy_file(path_, path_ + ".good");
  for (const char* sql : {
           "UPDATE products SET kind='toaster' WHERE idx=0",
           "UPDATE products SET key='' WHERE idx=0",
           "DELETE FROM products WHERE idx=0",
           "UPDATE topic_classes SET operation='x'",
           "UPDATE devices SET name='lamp-1' WHERE name='lamp-2'",
           "UPDATE devices SET name='' WHERE idx=3",
           "UPDATE devices SET name='123456789012345678901234567890123' WHERE idx=3",
           "UPDATE devices SET product=7 WHERE idx=3",
           "UPDATE devices SET product=-1 WHERE idx=3",
           "UPDATE devices SET idx=-5 WHERE idx=3",
           "UPDATE devices SET idx=5000000000 WHERE idx=3",
           "UPDATE devices SET iot_id='short' WHERE idx=3",
           "UPDATE devices SET gateway=-3 WHERE idx=3",
           "UPDATE apply_batches SET names=x'0501'",
           "UPDATE apply_batches SET marks=x''",
           "UPDATE apply_batches SET marks=x'000107'",
           "UPDATE apply_batches SET state='LATE'",
           "UPDATE apply_batches SET id=5",
           "UPDATE apply_batches SET product=5",
       }) {
    fs::copy_file(path_ + ".good", path_, fs::copy_options::overwrite_existing);
    change(sql);
    EXPECT_THAT(refusal(), HasSubstr("the database is damaged: row ")) << sql;
  }
  fs::copy_file(path_ + ".good", path_, fs::copy_options::overwrite_existing);
  change("UPDATE devices SET gateway=99999 WHERE idx=4");
  const auto registry = Registry::open({.sqlite_path = path_}, {}, kRegistryDay);
  ASSERT_FALSE(registry.has_value());
  EXPECT_THAT(registry.error().message, HasSubstr("has a gateway that is not there"));
}

TEST_F(SqliteStore, TellsAPathThatCannotBeUsed) {
  path_ = dir_.path() / "none" / "registry.db";
  EXPECT_THAT(refusal(), HasSubstr("cannot be opened or made: No such file or directory"));
  path_ = dir_.path();
  EXPECT_THAT(refusal(), HasSubstr("cannot be opened or made"));
}

TEST_F(SqliteStore, TellsAFileThatCannotBeWritten) {
  fill();
  fs::permissions(path_, fs::perms(0444));
  fs::permissions(dir_.path(), fs::perms(0755));
  // What is forbidden is not forbidden to root.
  const bool root = geteuid() == 0;
  constexpr uid_t kNobody = 65'534;
  if (root) {
    ASSERT_EQ(seteuid(kNobody), 0);
  }
  const std::string message = refusal();
  if (root) {
    ASSERT_EQ(seteuid(0), 0);
  }
  EXPECT_THAT(message, HasSubstr("cannot be written"));
}

}  // namespace
}  // namespace fleet::bridge
