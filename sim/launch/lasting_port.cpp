#include "sim/launch/lasting_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <random>

namespace fleet::sim {

namespace {

constexpr unsigned kLowest = 1'024;  // below, only root may listen
constexpr unsigned kHighest = 65'535;
// Others listen on a handful of ports; so many in a row are not all theirs.
constexpr int kTries = 200;

bool is_free(std::uint16_t port) {
  const int number = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (number < 0) return false;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const bool bound = ::bind(number, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(number);
  return bound;
}

}  // namespace

std::uint16_t lasting_port() {
  unsigned low = 32'768, high = 60'999;  // Linux's own
  std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> low >> high;
  const unsigned below = low > kLowest ? low - kLowest : 0;
  const unsigned above = high < kHighest ? kHighest - high : 0;
  if (below + above == 0) return 0;
  std::random_device entropy;
  std::uniform_int_distribution<unsigned> places(0, below + above - 1);
  for (int i = 0; i < kTries; ++i) {
    const unsigned place = places(entropy);
    const auto port = static_cast<std::uint16_t>(place < below ? kLowest + place : high + 1 + (place - below));
    if (is_free(port)) return port;
  }
  return 0;
}

}  // namespace fleet::sim
