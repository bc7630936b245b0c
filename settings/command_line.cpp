#include "settings/command_line.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "settings/spelling.h"

namespace fleet::settings {

void hold_standard_streams() {
  int file = ::open("/dev/null", O_RDWR);
  while (file >= 0 && file <= STDERR_FILENO) file = ::open("/dev/null", O_RDWR);
  if (file > STDERR_FILENO) ::close(file);
}

wire::Result<void> check_command(int argc, const char* const* argv, const std::vector<std::string_view>& commands) {
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (first.empty() || first.front() == '-') return {};
  if (std::find(commands.begin(), commands.end(), first) != commands.end()) return {};
  return wire::usage_error(fmt::format("no command '{}'{}", shortened(first), suggestion(first, commands)));
}

wire::Result<void> write_output(std::string_view text) {
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return {};
  if (errno == EPIPE) return {};
  return wire::environment_error(fmt::format("standard output was not written whole: {}", std::strerror(errno)));
}

}  // namespace fleet::settings
