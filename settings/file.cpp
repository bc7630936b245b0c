#include "settings/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace fleet::settings {

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// The writer of a pipe is given this long to begin; without one an open that blocks would not return.
constexpr int kFirstBytesMs = 10'000;

// Opens for reading; empty, and errno is set, where that fails.
std::unique_ptr<std::FILE, CloseFile> open_file(const std::string& path) {
  const int number = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  std::unique_ptr<std::FILE, CloseFile> file(number < 0 ? nullptr : ::fdopen(number, "rb"));
  struct stat facts {};
  if (!file || ::fstat(number, &facts) != 0) return nullptr;
  pollfd readable{number, POLLIN, 0};
  if (S_ISFIFO(facts.st_mode) && ::poll(&readable, 1, kFirstBytesMs) == 0) {
    errno = ETIMEDOUT;
    return nullptr;
  }
  if (::fcntl(number, F_SETFL, ::fcntl(number, F_GETFL) & ~O_NONBLOCK) != 0) return nullptr;
  return file;
}

}  // namespace

wire::Result<std::string> read_file(const std::string& path, const Language& language) {
  constexpr std::size_t kChunk = 64u << 10;
  const auto cannot = [&](std::string_view what) {
    return wire::usage_error(fmt::format("cannot {} the {}: {}", what, language.word, std::strerror(errno)), path);
  };
  const auto file = open_file(path);
  if (!file && errno == ETIMEDOUT) return wire::usage_error("nobody writes into this pipe", path);
  if (!file) return cannot("open");
  std::string text;
  while (text.size() <= language.bytes_max) {
    const std::size_t size = text.size();
    text.resize(std::min(size + kChunk, language.bytes_max + 1));
    const std::size_t count = std::fread(text.data() + size, 1, text.size() - size, file.get());
    if (std::ferror(file.get()) != 0) return cannot("read");
    text.resize(size + count);
    if (count == 0) break;
  }
  return text;
}

std::string beside(const std::string& file, const std::string& named) {
  const std::size_t slash = file.rfind('/');
  if (named.starts_with('/') || slash == std::string::npos) return named;
  return file.substr(0, slash + 1) + named;
}

}  // namespace fleet::settings
