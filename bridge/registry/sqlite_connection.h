// The C API of SQLite with owners and errors: one connection and its prepared statements.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "wire/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace fleet::bridge {

// One prepared statement. Values are numbered from 1, columns from 0. What a bound view points to outlives the run.
class SqliteStatement {
 public:
  SqliteStatement() = default;

  void bind(int value, std::int64_t number);
  void bind(int value, std::string_view text);
  void bind_null(int value);
  void bind_blob(int value, std::string_view bytes);

  // Runs it to its end and makes it ready for the next run; false: ask the connection for the error.
  [[nodiscard]] bool run();
  // One row: true where there is one. After the last one `ok` says whether all went well, and it is ready for the next.
  [[nodiscard]] bool next_row(bool& ok);

  [[nodiscard]] std::int64_t number(int column) const;
  [[nodiscard]] bool is_null(int column) const;
  // Text or blob; good until the next row.
  [[nodiscard]] std::string_view text(int column) const;

 private:
  friend class SqliteConnection;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// Lives on one thread.
class SqliteConnection {
 public:
  // Opens or makes a database. Errors (environment): see error().
  [[nodiscard]] static wire::Result<SqliteConnection> open(const std::string& path);
  // Opens one that is there, for reading beside the process that writes it.
  [[nodiscard]] static wire::Result<SqliteConnection> open_to_read(const std::string& path);

  [[nodiscard]] wire::Result<void> run(const char* sql);
  [[nodiscard]] wire::Result<SqliteStatement> prepare(const char* sql);
  // The one number that a statement answers with, such as PRAGMA user_version.
  [[nodiscard]] wire::Result<std::int64_t> number(const char* sql);
  // Reads the whole file and says whether it is sound. Errors (environment): it is damaged, or cannot be read.
  [[nodiscard]] wire::Result<void> check();
  // Ends a transaction that did not get through; nothing where there is none.
  void roll_back();
  [[nodiscard]] bool read_only() const;

  // What went wrong last, in a sentence that says what to change; `where` is the path.
  [[nodiscard]] wire::Error error() const;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  SqliteConnection(sqlite3* database, const std::string& path) : database_(database), path_(path) {}
  [[nodiscard]] static wire::Result<SqliteConnection> open(const std::string& path, int flags);

  std::unique_ptr<sqlite3, Close> database_;
  std::string path_;
};

}  // namespace fleet::bridge
