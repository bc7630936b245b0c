// Where programs lie.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace fleet::sim {

// The executable file called `program`: itself when it holds a '/', otherwise from PATH, then from
// `further_directories`.
[[nodiscard]] std::optional<std::string> find_program(const std::string& program,
                                                      const std::vector<std::string>& further_directories);

// The path of a program that lies beside the running one (/proc/self/exe); it need not exist.
[[nodiscard]] std::string beside_this_program(const std::string& program);

}  // namespace fleet::sim
