// A file system for SQLite that fails on demand: the system's own, with a counter in front of everything that changes a
// file.
#pragma once

namespace fleet::bridge {

// How an operation fails.
enum class VfsFault {
  io_error,   // this one only
  disk_full,  // this one and all that follow
};

// SQLite's default file system from now on, for the whole process; the files are real ones.
void install_faulty_vfs();

// The operation number `nth` from now on (1: the next; 0: none) fails. Operations: write, truncate, sync, delete.
void fail_operation(int nth, VfsFault fault);

// Whether that operation was reached since.
[[nodiscard]] bool operation_failed();

}  // namespace fleet::bridge
