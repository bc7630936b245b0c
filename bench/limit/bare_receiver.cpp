// The least that a fleet can cost: one epoll loop, one recv a wake-up, every device subscribed to its own topic at QoS
// 0.
//   bare_receiver PORT DEVICES
// Prints `ready connect_ns=N` when every device is subscribed; then takes one line `BEGIN END LAST` (CLOCK_MONOTONIC,
// ns) from standard input, counts deliveries in [BEGIN, END), waits for stragglers until nothing comes any more, at
// most until LAST, and prints `result key=value ...`.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "bench/limit/sockets.h"

namespace {

using namespace fleet::bench;

constexpr std::uint32_t kHandshakesAtOnce = 32;         // Mosquitto's listen backlog is 100
constexpr std::int64_t kQuiet = 500'000'000;            // ns without a delivery after END: nothing more comes
constexpr std::int64_t kConnectLimit = 60'000'000'000;  // ns for all devices to be subscribed
constexpr std::size_t kReadBytes = 256 << 10;

// Counts of times by µs up to 1 s, one more for everything above.
class Times {
 public:
  void record(std::int64_t ns) {
    const auto us = static_cast<std::size_t>(std::max<std::int64_t>(ns, 0)) / 1'000;
    ++counts_[std::min(us, counts_.size() - 1)];
    ++count_;
    sum_us_ += static_cast<double>(us);
    max_us_ = std::max(max_us_, us);
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::size_t max_us() const { return max_us_; }
  [[nodiscard]] double mean_us() const { return count_ == 0 ? 0 : sum_us_ / static_cast<double>(count_); }
  [[nodiscard]] std::size_t value_at(double quantile) const {
    const auto wanted = static_cast<std::uint64_t>(quantile * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t us = 0; us < counts_.size(); ++us) {
      seen += counts_[us];
      if (seen > wanted) return us;
    }
    return max_us_;
  }

 private:
  std::vector<std::uint32_t> counts_ = std::vector<std::uint32_t>(1'000'001);
  std::uint64_t count_ = 0;
  double sum_us_ = 0;
  std::size_t max_us_ = 0;
};

struct Device {
  int fd = -1;
  bool sent = false;                // CONNECT and SUBSCRIBE
  std::vector<unsigned char> rest;  // of a packet that has not come whole
};

class Receiver {
 public:
  Receiver(std::uint16_t port, std::uint32_t devices) : port_(port), devices_(devices), buffer_(kReadBytes) {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) stop("epoll_create1");
  }

  void connect_all() {
    const std::int64_t limit = monotonic_ns() + kConnectLimit;
    while (subscribed_ < devices_.size()) {
      while (opened_ < devices_.size() && opened_ - subscribed_ < kHandshakesAtOnce) open_next();
      turn(1'000);
      if (monotonic_ns() > limit) stop("not every device was subscribed in time");
    }
  }

  // Counts until LAST or until it is quiet after END.
  void measure(std::int64_t begin, std::int64_t end, std::int64_t last) {
    begin_ = begin;
    end_ = end;
    std::int64_t edge = begin;
    for (;;) {
      const std::int64_t now = monotonic_ns();
      if (edge == begin && now >= begin) {
        at_begin_ = {now, thread_cpu_ns(), deliveries_};
        edge = end;
      }
      if (edge == end && now >= end) {
        at_end_ = {now, thread_cpu_ns(), deliveries_};
        edge = last;
      }
      if (edge == last && (now >= last || now - std::max(newest_, end) > kQuiet)) return;
      turn(static_cast<int>(std::clamp<std::int64_t>((edge - now) / 1'000'000, 0, 100)));
    }
  }

  void print() const {
    const auto counted = at_end_.deliveries - at_begin_.deliveries;
    std::printf(
        "result deliveries=%llu hold_ns=%lld cpu_ns=%lld all=%llu foreign=%llu count=%llu mean_us=%.1f p50_us=%zu "
        "p90_us=%zu p99_us=%zu p999_us=%zu max_us=%zu\n",
        static_cast<unsigned long long>(counted), static_cast<long long>(at_end_.when - at_begin_.when),
        static_cast<long long>(at_end_.cpu - at_begin_.cpu), static_cast<unsigned long long>(deliveries_),
        static_cast<unsigned long long>(foreign_), static_cast<unsigned long long>(times_.count()), times_.mean_us(),
        times_.value_at(0.5), times_.value_at(0.9), times_.value_at(0.99), times_.value_at(0.999), times_.max_us());
  }

 private:
  struct Mark {
    std::int64_t when = 0;
    std::int64_t cpu = 0;
    std::uint64_t deliveries = 0;
  };

  void open_next() {
    const auto index = static_cast<std::uint32_t>(opened_++);
    devices_[index].fd = open_socket(port_, false);
    // RST when closed: thousands of closed connections must not keep their ports from the next run.
    const linger reset{1, 0};
    ::setsockopt(devices_[index].fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    epoll_event wanted{};
    wanted.events = EPOLLOUT;
    wanted.data.u32 = index;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, devices_[index].fd, &wanted) != 0) stop("epoll_ctl");
  }

  // One wait of at most `wait_ms` and everything that it brings.
  void turn(int wait_ms) {
    std::array<epoll_event, 512> events;
    const int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms);
    if (n < 0 && errno != EINTR) stop("epoll_wait");
    for (int i = 0; i < n; ++i) {
      const std::uint32_t index = events[static_cast<std::size_t>(i)].data.u32;
      if (devices_[index].sent) {
        read_from(devices_[index]);
      } else {
        greet(index);
      }
    }
  }

  // The socket is connected: everything that a device has to say goes out at once.
  void greet(std::uint32_t index) {
    Device& device = devices_[index];
    const std::string hello = connect_packet("bare-" + std::to_string(index)) + subscribe_packet(bare_topic(index));
    const ssize_t n = ::send(device.fd, hello.data(), hello.size(), MSG_NOSIGNAL);
    if (n != static_cast<ssize_t>(hello.size())) stop("cannot connect to the broker");
    device.sent = true;
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    wanted.data.u32 = index;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, device.fd, &wanted);
  }

  void read_from(Device& device) {
    const std::size_t kept = device.rest.size();
    std::copy(device.rest.begin(), device.rest.end(), buffer_.begin());
    const ssize_t n = ::recv(device.fd, buffer_.data() + kept, buffer_.size() - kept, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) stop("the broker has closed a connection");
    const std::int64_t now = monotonic_ns();
    std::span<const unsigned char> in(buffer_.data(), kept + static_cast<std::size_t>(n));
    Packet packet;
    while (next_packet(in, packet)) {
      take(packet, now);
      in = in.subspan(packet.bytes);
    }
    if (in.size() == buffer_.size()) stop("a packet of more than 256 KiB");
    device.rest.assign(in.begin(), in.end());
  }

  void take(const Packet& packet, std::int64_t now) {
    const int type = packet.first >> 4;
    if (type == 3) {
      count(packet.body, now);
    } else if (type == 9) {
      ++subscribed_;
    } else if (type == 2 && (packet.body.size() != 2 || packet.body[1] != 0)) {
      stop("the broker has refused a connection");
    }
  }

  void count(std::span<const unsigned char> body, std::int64_t now) {
    newest_ = now;
    ++deliveries_;
    const std::size_t topic = body.size() < 2 ? 0 : static_cast<std::size_t>(body[0]) << 8 | body[1];
    std::uint64_t magic = 0;
    std::int64_t sent = 0;
    if (body.size() >= 2 + topic + kBareStampBytes) {
      std::memcpy(&magic, body.data() + 2 + topic, 8);
      std::memcpy(&sent, body.data() + 2 + topic + 8, 8);
    }
    if (magic != kBareMagic) {
      ++foreign_;
    } else if (sent >= begin_ && sent < end_) {
      times_.record(now - sent);
    }
  }

  std::uint16_t port_;
  std::vector<Device> devices_;
  std::vector<unsigned char> buffer_;
  int epoll_ = -1;
  std::size_t opened_ = 0, subscribed_ = 0;
  std::uint64_t deliveries_ = 0, foreign_ = 0;
  std::int64_t begin_ = 0, end_ = 0, newest_ = 0;
  Mark at_begin_, at_end_;
  Times times_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bare_receiver PORT DEVICES\n");
    return 2;
  }
  const auto port = static_cast<std::uint16_t>(number("PORT", argv[1], 1, 65'535));
  Receiver receiver(port, static_cast<std::uint32_t>(number("DEVICES", argv[2], 1, 28'000)));
  const std::int64_t began = monotonic_ns();
  receiver.connect_all();
  std::printf("ready connect_ns=%lld\n", static_cast<long long>(monotonic_ns() - began));
  std::fflush(stdout);

  long long begin = 0, end = 0, last = 0;
  if (std::scanf("%lld %lld %lld", &begin, &end, &last) != 3 || begin >= end || end > last) {
    std::fprintf(stderr, "expected a line BEGIN END LAST\n");
    return 2;
  }
  receiver.measure(begin, end, last);
  receiver.print();
}
