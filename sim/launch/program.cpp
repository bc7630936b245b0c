#include "sim/launch/program.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string_view>

namespace fleet::sim {

namespace {

bool is_executable(const std::string& path) {
  std::error_code failure;
  return std::filesystem::is_regular_file(path, failure) && ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::optional<std::string> find_program(const std::string& program,
                                        const std::vector<std::string>& further_directories) {
  if (program.find('/') != std::string::npos) return is_executable(program) ? std::optional(program) : std::nullopt;
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    std::string candidate(rest.substr(0, colon));
    candidate.append("/").append(program);
    if (colon > 0 && is_executable(candidate)) return candidate;
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  for (const std::string& directory : further_directories) {
    const std::string candidate = fmt::format("{}/{}", directory, program);
    if (is_executable(candidate)) return candidate;
  }
  return std::nullopt;
}

std::string beside_this_program(const std::string& program) {
  std::error_code failure;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", failure);
  return (self.parent_path() / program).string();
}

}  // namespace fleet::sim
