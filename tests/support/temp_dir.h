// A directory that is removed with everything in it when the test is over.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace fleet::tests {

// Below the system's directory for temporary files or another one, with a name that nobody else has. Kept, and named on
// the test's output, when the running test has failed.
class TempDir {
 public:
  explicit TempDir(const std::filesystem::path& parent = std::filesystem::temp_directory_path());
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  // Writes a file below the directory; returns its path.
  std::filesystem::path write(std::string_view name, std::string_view content) const;

 private:
  std::filesystem::path path_;
};

}  // namespace fleet::tests
