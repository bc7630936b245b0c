#include "sim/launch/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace fleet::sim {

namespace {

// Enough to see what went wrong, little enough for a terminal.
constexpr std::size_t kTailLines = 8;
constexpr std::streamoff kTailBytes = 4'096;

tl::unexpected<wire::Error> cannot(const char* what, const std::string& path, int code) {
  return wire::environment_error(fmt::format("cannot {}: {}", what, std::strerror(code)), path);
}

}  // namespace

wire::Result<std::string> make_directory(const std::string& directory) {
  std::error_code failure;
  const std::filesystem::path path = std::filesystem::absolute(directory, failure);
  if (!failure) std::filesystem::create_directories(path, failure);
  if (failure) return cannot("make the directory", directory, failure.value());
  return path.lexically_normal().string();
}

wire::Result<void> write_file(const std::string& path, const std::string& text) {
  // O_NONBLOCK: a pipe that nobody reads is refused instead of waited for.
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC, 0600);
  if (file < 0) return cannot("write the file", path, errno);
  std::string_view rest = text;
  int code = 0;
  while (!rest.empty() && code == 0) {
    const ssize_t count = ::write(file, rest.data(), rest.size());
    if (count > 0) {
      rest.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      code = errno;
    }
  }
  if (::close(file) != 0 && code == 0) code = errno;
  if (code != 0) return cannot("write the file", path, code);
  return {};
}

std::string read_head(const std::string& path, std::size_t bytes_max) {
  std::ifstream file(path, std::ios::binary);
  std::string text(bytes_max, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

std::string log_tail(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file ? std::streamoff(file.tellg()) : 0;
  if (size <= 0) return {};
  std::string text(static_cast<std::size_t>(std::min(size, kTailBytes)), '\0');
  file.seekg(size - static_cast<std::streamoff>(text.size()));
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::size_t begin = text.size();
  for (std::size_t lines = 0; lines < kTailLines && begin != std::string::npos && begin > 0; ++lines) {
    begin = text.rfind('\n', begin - 1);
  }
  std::string tail;
  std::string_view rest = begin == std::string::npos || begin == 0 ? text : std::string_view(text).substr(begin + 1);
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    tail += fmt::format("\n    {}", rest.substr(0, end));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return tail;
}

}  // namespace fleet::sim
