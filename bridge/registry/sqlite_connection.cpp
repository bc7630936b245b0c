#include "bridge/registry/sqlite_connection.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cstring>
#include <utility>

namespace fleet::bridge {

namespace {

// Readers and the one writer hold each other up for moments only: while a log is read after a crash, or put away.
constexpr int kBusyMillis = 250;

constexpr const char* kDamaged =
    "the database is damaged; put a copy in its place, or move it away to begin with an empty one";

}  // namespace

void SqliteStatement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

// A bind fails only for a wrong number (a broken promise of ours) or without memory.
void SqliteStatement::bind(int value, std::int64_t number) {
  FLEET_CHECK(sqlite3_bind_int64(statement_.get(), value, number) == SQLITE_OK);
}

void SqliteStatement::bind(int value, std::string_view text) {
  // A null pointer would bind NULL.
  const char* const bytes = text.empty() ? "" : text.data();
  FLEET_CHECK(sqlite3_bind_text64(statement_.get(), value, bytes, text.size(), SQLITE_STATIC, SQLITE_UTF8) ==
              SQLITE_OK);
}

void SqliteStatement::bind_null(int value) { FLEET_CHECK(sqlite3_bind_null(statement_.get(), value) == SQLITE_OK); }

void SqliteStatement::bind_blob(int value, std::string_view bytes) {
  const char* const data = bytes.empty() ? "" : bytes.data();
  FLEET_CHECK(sqlite3_bind_blob64(statement_.get(), value, data, bytes.size(), SQLITE_STATIC) == SQLITE_OK);
}

bool SqliteStatement::run() {
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW) code = sqlite3_step(statement_.get());
  sqlite3_reset(statement_.get());
  return code == SQLITE_DONE;
}

bool SqliteStatement::next_row(bool& ok) {
  const int code = sqlite3_step(statement_.get());
  ok = code == SQLITE_ROW || code == SQLITE_DONE;
  if (code == SQLITE_ROW) return true;
  sqlite3_reset(statement_.get());
  return false;
}

std::int64_t SqliteStatement::number(int column) const { return sqlite3_column_int64(statement_.get(), column); }

bool SqliteStatement::is_null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }

std::string_view SqliteStatement::text(int column) const {
  const void* const bytes = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  if (bytes == nullptr || size <= 0) return {};
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

void SqliteConnection::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

wire::Result<SqliteConnection> SqliteConnection::open(const std::string& path) {
  return open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
}

wire::Result<SqliteConnection> SqliteConnection::open_to_read(const std::string& path) {
  return open(path, SQLITE_OPEN_READONLY);
}

wire::Result<SqliteConnection> SqliteConnection::open(const std::string& path, int flags) {
  sqlite3* database = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &database, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  if (database == nullptr) return wire::environment_error("no memory for SQLite", path);
  SqliteConnection connection(database, path);
  if (code != SQLITE_OK) return tl::unexpected<wire::Error>(connection.error());
  sqlite3_busy_timeout(database, kBusyMillis);
  return connection;
}

wire::Result<void> SqliteConnection::run(const char* sql) {
  if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return tl::unexpected<wire::Error>(error());
}

wire::Result<SqliteStatement> SqliteConnection::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(database_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    return tl::unexpected<wire::Error>(error());
  }
  return SqliteStatement(statement);
}

wire::Result<std::int64_t> SqliteConnection::number(const char* sql) {
  auto statement = prepare(sql);
  if (!statement) return tl::unexpected<wire::Error>(std::move(statement.error()));
  bool ok = false;
  if (!statement->next_row(ok)) {
    if (!ok) return tl::unexpected<wire::Error>(error());
    return 0;
  }
  return statement->number(0);
}

wire::Result<void> SqliteConnection::check() {
  auto statement = prepare("PRAGMA quick_check(1)");
  if (!statement) return tl::unexpected<wire::Error>(std::move(statement.error()));
  bool ok = false;
  if (!statement->next_row(ok)) return tl::unexpected<wire::Error>(error());
  if (statement->text(0) == "ok") return {};
  return wire::environment_error(kDamaged, path_);
}

void SqliteConnection::roll_back() {
  // Where SQLite has rolled back by itself (disk full, I/O error) there is nothing left to end.
  if (sqlite3_get_autocommit(database_.get()) == 0)
    sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

bool SqliteConnection::read_only() const { return sqlite3_db_readonly(database_.get(), "main") == 1; }

wire::Error SqliteConnection::error() const {
  const int code = sqlite3_errcode(database_.get());
  const int system = sqlite3_system_errno(database_.get());
  const auto system_text = [system] {
    return system == 0 ? std::string() : fmt::format(": {}", std::strerror(system));
  };
  std::string message;
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      message = "another process has this registry open; each bridge needs a file of its own";
      break;
    case SQLITE_NOTADB:
      message = "this is no SQLite database; name another file under registry.store, or move this one away";
      break;
    case SQLITE_CORRUPT:
      message = kDamaged;
      break;
    case SQLITE_FULL:
      message = "the disk is full";
      break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      message = "the file or its directory cannot be written; the registry must be able to write both";
      break;
    case SQLITE_CANTOPEN:
      message = "the file cannot be opened or made" + system_text();
      break;
    case SQLITE_IOERR:
      message = fmt::format("the file cannot be read or written{} (SQLite error {})", system_text(), code);
      break;
    default:
      message = fmt::format("SQLite error {}: {}", code, sqlite3_errmsg(database_.get()));
  }
  return {wire::ErrorKind::environment, std::move(message), path_};
}

}  // namespace fleet::bridge
