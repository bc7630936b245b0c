#include "bridge/registry/file_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace fleet::bridge {

wire::Result<FileLock> FileLock::take(const std::string& path) {
  // A link to the file is the same registry.
  std::error_code unresolved;
  const std::string real = std::filesystem::weakly_canonical(path, unresolved).string();
  const int file = ::open(((unresolved ? path : real) + "-lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) {
    return wire::environment_error(fmt::format("the file {}-lock cannot be made beside it: {}; the registry must be "
                                               "able to write its directory",
                                               path, std::strerror(errno)),
                                   path);
  }
  FileLock lock(file);
  if (::flock(file, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) {
    return wire::environment_error("another process has this registry open; each bridge needs a file of its own", path);
  }
  return wire::environment_error(fmt::format("the file cannot be locked: {}", std::strerror(errno)), path);
}

FileLock::FileLock(FileLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

FileLock::~FileLock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace fleet::bridge
