#include "sim/run/reach.h"

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace fleet::sim {

namespace {

constexpr int kWaitMs = 5'000;

// 0 or the errno of the attempt.
int try_connect(const addrinfo& address) {
  const int fd = socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol);
  if (fd < 0) return errno;
  int failure = 0;
  if (connect(fd, address.ai_addr, address.ai_addrlen) != 0) {
    failure = errno;
    if (failure == EINPROGRESS) {
      pollfd writable{fd, POLLOUT, 0};
      const int ready = poll(&writable, 1, kWaitMs);
      socklen_t size = sizeof failure;
      if (ready != 1 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) != 0) failure = ETIMEDOUT;
    }
  }
  close(fd);
  return failure;
}

}  // namespace

wire::Result<void> check_reachable(const Url& url, const char* what) {
  const std::string where = url.text();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (const int code = getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &list); code != 0) {
    return wire::environment_error(fmt::format("cannot find the {}'s host: {}", what, gai_strerror(code)), where);
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(list, &freeaddrinfo);
  int failure = ECONNREFUSED;
  for (const addrinfo* address = list; address != nullptr; address = address->ai_next) {
    failure = try_connect(*address);
    if (failure == 0) return {};
  }
  return wire::environment_error(
      fmt::format("no {} answers there: {}; start it, or change target.{}", what, std::strerror(failure), what), where);
}

}  // namespace fleet::sim
