// The file half of result_json.h.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "sim/report/result_json.h"

namespace fleet::sim {
namespace {

using Json = nlohmann::ordered_json;

// A week of timeline rows with some thousand groups is below a tenth of it.
constexpr std::size_t kResultBytesMax = std::size_t{1} << 30;

// Writes and syncs a new file; 0 or the errno of what failed.
int write_file(const std::string& path, std::string_view text) {
  // O_NONBLOCK: a pipe that nobody reads is refused instead of waited for.
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC, 0644);
  if (file < 0) return errno;
  int failure = 0;
  while (!text.empty() && failure == 0) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      failure = errno;
    }
  }
  if (failure == 0 && ::fsync(file) != 0) failure = errno;
  if (::close(file) != 0 && failure == 0) failure = errno;
  return failure;
}

// Appends the file's bytes to `text`; 0 or the errno of what failed.
int read_file(const std::string& path, std::string& text) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return errno;
  int failure = 0;
  std::array<char, 65'536> block;
  for (;;) {
    const ssize_t got = ::read(file, block.data(), block.size());
    if (got == 0) break;
    if (got > 0) text.append(block.data(), static_cast<std::size_t>(got));
    if (text.size() > kResultBytesMax) failure = EFBIG;
    if (got < 0 && errno != EINTR) failure = errno;
    if (failure != 0) break;
  }
  ::close(file);
  return failure;
}

}  // namespace

wire::Result<void> write_result(const Json& result, const std::string& path) {
  // Error codes come from whatever answers the calls: bytes that are no UTF-8 must not lose the report.
  const std::string text = result.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  const std::string partial = path + ".partial";
  int failure = write_file(partial, text);
  if (failure == 0 && std::rename(partial.c_str(), path.c_str()) != 0) failure = errno;
  if (failure == 0) return {};
  ::unlink(partial.c_str());
  return wire::environment_error(
      std::string("cannot write the result: ") + std::strerror(failure) + "; choose another directory with --out",
      path);
}

wire::Result<Json> read_result(const std::string& path) {
  std::string text;
  if (const int failure = read_file(path, text); failure != 0) {
    return wire::usage_error(std::string("cannot read it: ") + std::strerror(failure), path);
  }
  Json result = Json::parse(text, nullptr, false);
  if (!result.is_object() || !result.contains("schema_version") || !result.contains("verdict")) {
    return wire::usage_error("this is not a result.json of fleet-sim", path);
  }
  if (result["schema_version"] != kResultSchemaVersion) {
    return wire::usage_error("schema_version is " +
                                 result["schema_version"].dump(-1, ' ', true, Json::error_handler_t::replace) +
                                 "; this fleet-sim reads " + std::to_string(kResultSchemaVersion),
                             path);
  }
  return result;
}

}  // namespace fleet::sim
