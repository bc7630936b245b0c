#include "wire/mqtt/readiness.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>

#include "wire/error.h"

namespace fleet::wire::mqtt {
namespace {

// The state of the next watchers comes into the cache while the kernel works for this one: with 15,000 connections
// nothing of it is there any more.
constexpr std::size_t kCacheLine = 64;
constexpr std::size_t kPrefetchLines = 6;
constexpr std::size_t kPrefetchAhead = 2;

void prefetch(const void* watcher) {
  const auto* bytes = static_cast<const char*>(watcher);
  for (std::size_t line = 0; line < kPrefetchLines; ++line) __builtin_prefetch(bytes + line * kCacheLine);
}

epoll_event event_of(std::uint32_t events, Watcher& watcher) {
  epoll_event event{};
  event.events = events | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &watcher;
  return event;
}

}  // namespace

ReadinessSet::ReadinessSet(boost::asio::io_context& loop) : set_(loop), self_(std::make_shared<ReadinessSet*>(this)) {
  const int set = ::epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) return;
  boost::system::error_code error;
  set_.assign(set, error);
  if (error) ::close(set);
}

ReadinessSet::~ReadinessSet() {
  *self_ = nullptr;
  if (linger_timer_ >= 0) ::close(linger_timer_);
}

bool ReadinessSet::add(int socket, std::uint32_t events, Watcher& watcher) {
  epoll_event event = event_of(events, watcher);
  if (!is_open()) {
    errno = EMFILE;
    return false;
  }
  if (::epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, socket, &event) != 0) return false;
  ++watched_;
  arm();
  return true;
}

void ReadinessSet::modify(int socket, std::uint32_t events, Watcher& watcher) {
  epoll_event event = event_of(events, watcher);
  FLEET_CHECK(::epoll_ctl(set_.native_handle(), EPOLL_CTL_MOD, socket, &event) == 0);
}

void ReadinessSet::remove(int socket, Watcher& watcher) {
  FLEET_CHECK(::epoll_ctl(set_.native_handle(), EPOLL_CTL_DEL, socket, nullptr) == 0);
  for (std::size_t i = ready_next_; i < ready_count_; ++i) {
    if (ready_[i].data.ptr == &watcher) ready_[i].data.ptr = nullptr;
  }
  if (--watched_ == 0) {
    boost::system::error_code ignored;
    set_.cancel(ignored);  // nothing to wait for: io_context::run() may return
  }
}

void ReadinessSet::arm() {
  if (armed_ || watched_ == 0) return;
  armed_ = true;
  set_.async_wait(set_.wait_read, [self = self_](const boost::system::error_code& error) {
    if (*self == nullptr) return;
    (*self)->armed_ = false;
    if (!error) (*self)->serve();
    if (*self != nullptr) (*self)->arm();
  });
}

void ReadinessSet::linger() {
  if (!is_open() || linger_timer_ >= 0) return;
  linger_timer_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (linger_timer_ < 0) return;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.ptr = this;
  FLEET_CHECK(::epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, linger_timer_, &event) == 0);
}

void ReadinessSet::start_linger_timer() {
  itimerspec once{};
  once.it_value.tv_nsec = std::chrono::nanoseconds(kLinger).count();
  FLEET_CHECK(::timerfd_settime(linger_timer_, 0, &once, nullptr) == 0);
  lingering_ = true;
}

void ReadinessSet::serve() {
  const auto self = self_;
  if (!serve_ready(0) || linger_timer_ < 0) return;
  start_linger_timer();
  while (lingering_) {
    if (!serve_ready(-1) && *self == nullptr) return;
  }
}

bool ReadinessSet::serve_ready(int wait_ms) {
  const auto self = self_;
  const int count = ::epoll_wait(set_.native_handle(), ready_.data(), static_cast<int>(ready_.size()), wait_ms);
  if (count <= 0) return false;
  const TimePoint now = read_clock();
  ready_count_ = static_cast<std::size_t>(count);
  for (ready_next_ = 0; ready_next_ < ready_count_;) {
    const epoll_event event = ready_[ready_next_++];
    if (const std::size_t ahead = ready_next_ + kPrefetchAhead; ahead < ready_count_) prefetch(ready_[ahead].data.ptr);
    if (event.data.ptr == this) {
      lingering_ = false;
    } else if (event.data.ptr != nullptr) {
      static_cast<Watcher*>(event.data.ptr)->on_ready(event.events, now);
    }
    if (*self == nullptr) return false;
  }
  ready_next_ = ready_count_ = 0;
  return true;
}

}  // namespace fleet::wire::mqtt
