#include "settings/file.h"

#include <fmt/format.h>

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

}  // namespace

wire::Result<std::string> read_file(const std::string& path, const Language& language) {
  constexpr std::size_t kChunk = 64u << 10;
  const auto cannot = [&](std::string_view what) {
    return wire::usage_error(fmt::format("cannot {} the {}: {}", what, language.word, std::strerror(errno)), path);
  };
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rbe"));
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

}  // namespace fleet::settings
