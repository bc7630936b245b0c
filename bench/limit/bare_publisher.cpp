// The least that publishing can cost: bursts of QoS 0 publishes to DEVICES topics in turn, each burst one gathered
// write of its headers and one shared payload, on one connection.
//   bare_publisher PORT DEVICES BURST PAYLOAD RATE      PAYLOAD in bytes; RATE: bursts a second, 0: as fast as they go
// Prints `ready`; then takes one line `START BEGIN END` (CLOCK_MONOTONIC, ns) from standard input, publishes from START
// to END, and prints `result key=value ...` of what it sent in [BEGIN, END).
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "bench/limit/sockets.h"

namespace {

using namespace fleet::bench;

// Sleeps until a moment of CLOCK_MONOTONIC.
void wait_until(std::int64_t when) {
  const timespec at{when / 1'000'000'000, when % 1'000'000'000};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) == EINTR) {
  }
}

class Publisher {
 public:
  Publisher(std::uint16_t port, std::uint32_t devices, std::uint32_t burst, std::size_t payload_bytes)
      : payload_(payload_bytes, 'x'), pieces_(burst * std::size_t{2}), fd_(open_socket(port, true)) {
    for (std::uint32_t i = 0; i < devices; ++i) heads_.push_back(publish_head(bare_topic(i), payload_bytes));
    std::memcpy(payload_.data(), &kBareMagic, 8);
    const std::string hello = connect_packet("bare-publisher");
    write_all(fd_, {reinterpret_cast<const unsigned char*>(hello.data()), hello.size()});
    unsigned char answer[4];
    if (::recv(fd_, answer, sizeof answer, MSG_WAITALL) != 4 || answer[3] != 0) stop("the broker has refused us");
  }

  // One burst to the next devices in turn, stamped with the moment before its first byte is written.
  void burst() {
    for (std::size_t i = 0; i < pieces_.size(); i += 2) {
      std::string& head = heads_[next_];
      next_ = (next_ + 1) % heads_.size();
      pieces_[i] = {head.data(), head.size()};
      pieces_[i + 1] = {payload_.data(), payload_.size()};
    }
    const std::int64_t now = monotonic_ns();
    std::memcpy(payload_.data() + 8, &now, 8);
    write_pieces();
  }

  // DISCONNECT, and the broker's own close: everything that was written has been read.
  void leave() {
    const unsigned char disconnect[] = {0xE0, 0x00};
    write_all(fd_, disconnect);
    ::shutdown(fd_, SHUT_WR);
    unsigned char rest[16];
    while (::recv(fd_, rest, sizeof rest, 0) > 0) {
    }
  }

 private:
  void write_pieces() {
    msghdr message{};
    message.msg_iov = pieces_.data();
    message.msg_iovlen = pieces_.size();
    while (message.msg_iovlen > 0) {
      const ssize_t n = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) stop("sendmsg");
      auto left = static_cast<std::size_t>(n);
      while (message.msg_iovlen > 0 && left >= message.msg_iov->iov_len) {
        left -= message.msg_iov->iov_len;
        ++message.msg_iov;
        --message.msg_iovlen;
      }
      if (left > 0) {
        message.msg_iov->iov_base = static_cast<char*>(message.msg_iov->iov_base) + left;
        message.msg_iov->iov_len -= left;
      }
    }
  }

  std::vector<std::string> heads_;
  std::string payload_;
  std::vector<iovec> pieces_;
  std::size_t next_ = 0;
  int fd_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: bare_publisher PORT DEVICES BURST PAYLOAD RATE\n");
    return 2;
  }
  const auto port = static_cast<std::uint16_t>(number("PORT", argv[1], 1, 65'535));
  const auto devices = static_cast<std::uint32_t>(number("DEVICES", argv[2], 1, 99'999));
  const auto size = static_cast<std::uint32_t>(number("BURST", argv[3], 1, 512));  // two pieces each, IOV_MAX is 1,024
  const auto payload = static_cast<std::size_t>(number("PAYLOAD", argv[4], kBareStampBytes, 200'000));
  const auto rate = static_cast<double>(number("RATE", argv[5], 0, 1'000'000));
  Publisher publisher(port, devices, size, payload);
  std::printf("ready\n");
  std::fflush(stdout);

  long long start = 0, begin = 0, end = 0;
  if (std::scanf("%lld %lld %lld", &start, &begin, &end) != 3 || start > begin || begin >= end) {
    std::fprintf(stderr, "expected a line START BEGIN END\n");
    return 2;
  }
  std::uint64_t bursts = 0, bursts_before = 0;
  std::int64_t cpu_before = 0;
  bool holding = false;
  for (;;) {
    std::int64_t now = monotonic_ns();
    if (rate > 0 || now < start) {
      const double offset = rate > 0 ? static_cast<double>(bursts) * 1e9 / rate : 0;
      const std::int64_t due = start + static_cast<std::int64_t>(offset);
      if (due >= end) break;
      wait_until(due);
      now = monotonic_ns();
    }
    if (now >= end) break;
    if (!holding && now >= begin) {
      holding = true;
      bursts_before = bursts;
      cpu_before = thread_cpu_ns();
    }
    publisher.burst();
    ++bursts;
  }
  const std::int64_t cpu = thread_cpu_ns() - cpu_before;
  publisher.leave();
  const std::uint64_t in_hold = holding ? (bursts - bursts_before) * size : 0;
  std::printf("result publishes=%llu cpu_ns=%lld all=%llu\n", static_cast<unsigned long long>(in_hold),
              static_cast<long long>(holding ? cpu : 0), static_cast<unsigned long long>(bursts) * size);
}
