// Files that the SQLite store must not, or cannot, work with.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "bridge/registry/registry.h"
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

// A file of version 1, which did not know who was online and who may not be.
TEST_F(SqliteStore, TakesAnOlderFileAlong) {
  fill();
  const auto whole = [this] {
    const auto registry = Registry::open({.sqlite_path = path_}, some_products(), kRegistryDay);
    return registry ? dump(**registry) : registry.error().text();
  };
  const std::string before = whole();
  change(
      "DROP INDEX devices_by_name; DROP INDEX devices_by_gateway;"
      "ALTER TABLE devices DROP COLUMN activated; ALTER TABLE devices DROP COLUMN disabled;"
      "ALTER TABLE products DROP COLUMN owner; PRAGMA user_version=1");
  EXPECT_EQ(whole(), before);
  EXPECT_EQ(whole(), before) << "again, now of this version";
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
