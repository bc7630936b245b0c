#include "settings/environment.h"

#include <fmt/format.h>

#include <cstdlib>

#include "settings/spelling.h"

namespace fleet::settings {

Parsed<std::string> expand_environment(std::string_view text, std::size_t bytes_max) {
  constexpr std::string_view kOpen = "${env:";
  std::string out;
  std::size_t from = 0;
  for (;;) {
    const std::size_t begin = text.find(kOpen, from);
    out.append(text.substr(from, begin == std::string_view::npos ? begin : begin - from));
    if (out.size() > bytes_max) {
      return tl::unexpected(fmt::format("the environment makes this value larger than {} MB", bytes_max >> 20));
    }
    if (begin == std::string_view::npos) return out;
    const std::size_t end = text.find('}', begin);
    if (end == std::string_view::npos) {
      return tl::unexpected(fmt::format("'{}' lacks its closing brace; write ${{env:NAME}}", shortened(text)));
    }
    const std::string name(text.substr(begin + kOpen.size(), end - begin - kOpen.size()));
    const char* const value = name.empty() ? nullptr : std::getenv(name.c_str());
    if (value == nullptr) {
      return tl::unexpected(fmt::format("the environment variable '{}' is not set", shortened(name)));
    }
    out += value;
    from = end + 1;
  }
}

}  // namespace fleet::settings
