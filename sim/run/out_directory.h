// The directory of one run's files, for this run alone.
#pragma once

#include <memory>
#include <string>

#include "wire/error.h"

namespace fleet::sim {

// Holds the directory until destroyed (or the process ends). Two runs in one would write each other's configurations.
class OutDirectory {
 public:
  // Makes the directory where it is missing. Environment error: it cannot be made, or another run holds it.
  [[nodiscard]] static wire::Result<std::unique_ptr<OutDirectory>> claim(const std::string& path);
  ~OutDirectory();
  OutDirectory(const OutDirectory&) = delete;
  OutDirectory& operator=(const OutDirectory&) = delete;

 private:
  explicit OutDirectory(int lock) : lock_(lock) {}

  int lock_;  // the directory, open and locked
};

}  // namespace fleet::sim
