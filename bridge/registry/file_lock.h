// Keeps a second bridge from the file of a registry.
#pragma once

#include <string>

#include "wire/error.h"

namespace fleet::bridge {

// A lock of this process on PATH-lock, a file beside the one it is about: SQLite's own locks on that one would be gone
// with the first descriptor of it that this process closes (POSIX, fcntl). Given up with the object, or with the
// process, however that ends; the empty file stays.
class FileLock {
 public:
  // Errors (environment): another process has the lock; the file cannot be made.
  [[nodiscard]] static wire::Result<FileLock> take(const std::string& path);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int file) : file_(file) {}

  int file_;
};

}  // namespace fleet::bridge
