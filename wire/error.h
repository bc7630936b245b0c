// Errors that are expected (a refusal, bad input, a dead peer) travel as values; a broken promise of our own ends the
// process through FLEET_CHECK.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace fleet::wire {

// Which exit code of the programs an error leads to.
enum class ErrorKind {
  usage,        // a flag, a scenario or a configuration is wrong: exit 2
  environment,  // no broker, no descriptors, a port is taken, a disk is full: exit 3
};

struct Error {
  ErrorKind kind = ErrorKind::usage;
  std::string message;  // one sentence that names the wrong value and, where there is one, the right one
  std::string where;    // "file:line:col", an address, or empty

  // "where: message", or the message alone.
  [[nodiscard]] std::string text() const { return where.empty() ? message : where + ": " + message; }
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> usage_error(std::string message, std::string where = {}) {
  return tl::unexpected<Error>(Error{ErrorKind::usage, std::move(message), std::move(where)});
}

inline tl::unexpected<Error> environment_error(std::string message, std::string where = {}) {
  return tl::unexpected<Error>(Error{ErrorKind::environment, std::move(message), std::move(where)});
}

// Prints the broken promise and aborts.
[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace fleet::wire

// A promise of our own code; on in release, unreachable from any input.
#define FLEET_CHECK(expression) \
  ((expression) ? static_cast<void>(0) : ::fleet::wire::check_failed(#expression, __FILE__, __LINE__))
