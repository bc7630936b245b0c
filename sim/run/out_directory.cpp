#include "sim/run/out_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace fleet::sim {

wire::Result<std::unique_ptr<OutDirectory>> OutDirectory::claim(const std::string& path) {
  std::error_code failure;
  std::filesystem::create_directories(path, failure);
  if (failure) {
    return wire::environment_error(
        fmt::format("cannot make the directory: {}; choose another with --out", failure.message()), path);
  }
  std::unique_ptr<OutDirectory> claimed(new OutDirectory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
  // File systems that know no locks are taken as they are.
  if (claimed->lock_ >= 0 && ::flock(claimed->lock_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return wire::environment_error("another run writes into this directory; choose another with --out", path);
  }
  return claimed;
}

OutDirectory::~OutDirectory() {
  if (lock_ >= 0) ::close(lock_);
}

}  // namespace fleet::sim
