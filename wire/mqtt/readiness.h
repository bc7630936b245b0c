// Which of thousands of sockets can be read or written now: one epoll set inside an Asio loop.
//
// Why not Asio's own wait for each socket: Boost 1.81 re-arms every async_wait with an epoll_ctl, and keeps EPOLLOUT in
// the set for good after a connect or a write wait, so that each re-arm wakes the loop once for nothing. Here Asio
// watches one descriptor, the set; it is re-armed once for up to kReadyMax sockets, and an idle socket costs no memory
// in user space.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "wire/clock.h"

namespace fleet::wire::mqtt {

// Told when its socket is ready. Lives on the set's loop.
class Watcher {
 public:
  // `events` are the EPOLL* bits that came up; `now` is the loop's time. The watcher may remove or destroy itself and
  // any other watcher.
  virtual void on_ready(std::uint32_t events, TimePoint now) = 0;

 protected:
  ~Watcher() = default;
};

// Owned by the ConnectionContext of a loop. Edge-triggered, which saves the kernel a second look at each socket: a
// watcher reads and writes until the socket has no more, or calls modify(), which reports again what still holds.
// EPOLLRDHUP tells that the end of the stream is to be read behind the last bytes. Keeps io_context::run() busy only
// while a socket is watched.
class ReadinessSet {
 public:
  // Takes one descriptor; is_open() tells whether the system had one left.
  explicit ReadinessSet(boost::asio::io_context& loop);
  ~ReadinessSet();
  ReadinessSet(const ReadinessSet&) = delete;
  ReadinessSet& operator=(const ReadinessSet&) = delete;

  [[nodiscard]] bool is_open() const { return set_.is_open(); }
  // Watches `socket` for `events` (EPOLLIN, EPOLLOUT or both; errors and ends always). False: the kernel refused
  // (memory, or the limit on watches) or the set is not open, errno tells.
  [[nodiscard]] bool add(int socket, std::uint32_t events, Watcher& watcher);
  // Changes what a watched socket is watched for; reports once more what holds already.
  void modify(int socket, std::uint32_t events, Watcher& watcher);
  // From now on the thread waits in the set itself while sockets keep becoming ready, and goes back to the loop after
  // kLinger: one system call and one wake-up less for each delivery of a burst, while the loop's timers and posted
  // handlers may come that much late. Takes one descriptor; where there is none, everything stays as it was.
  void linger();
  static constexpr std::chrono::milliseconds kLinger{1};
  // Before the socket is closed; the watcher hears nothing from then on, not even events already collected.
  void remove(int socket, Watcher& watcher);

 private:
  // Sockets served before the loop's other handlers get their turn.
  static constexpr std::size_t kReadyMax = 128;

  void arm();
  void serve();
  // Collects what is ready and tells it; false: nothing was, or the set is gone.
  [[nodiscard]] bool serve_ready(int wait_ms);
  void start_linger_timer();

  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> set_;
  std::array<epoll_event, kReadyMax> ready_{};
  std::size_t ready_next_ = 0;  // ready_[ready_next_, ready_count_) is collected and not yet told
  std::size_t ready_count_ = 0;
  std::size_t watched_ = 0;
  bool armed_ = false;
  int linger_timer_ = -1;  // a timerfd in the set; -1: the thread does not linger
  bool lingering_ = false;
  // Points to this while it lives; a handler that Asio still holds finds null afterwards.
  std::shared_ptr<ReadinessSet*> self_;
};

}  // namespace fleet::wire::mqtt
