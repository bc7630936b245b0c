#include "wire/mqtt/readiness.h"

#include "wire/error.h"

namespace fleet::wire::mqtt {
namespace {

int open_set() {
  const int set = ::epoll_create1(EPOLL_CLOEXEC);
  FLEET_CHECK(set >= 0);  // one descriptor a loop, taken before the first connection
  return set;
}

}  // namespace

ReadinessSet::ReadinessSet(boost::asio::io_context& loop)
    : set_(loop, open_set()), self_(std::make_shared<ReadinessSet*>(this)) {}

ReadinessSet::~ReadinessSet() { *self_ = nullptr; }

bool ReadinessSet::add(int socket, std::uint32_t events, Watcher& watcher) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &watcher;
  if (::epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, socket, &event) != 0) return false;
  ++watched_;
  arm();
  return true;
}

void ReadinessSet::modify(int socket, std::uint32_t events, Watcher& watcher) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &watcher;
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

void ReadinessSet::serve() {
  const auto self = self_;
  const int count = ::epoll_wait(set_.native_handle(), ready_.data(), static_cast<int>(ready_.size()), 0);
  if (count <= 0) return;
  const TimePoint now = read_clock();
  ready_count_ = static_cast<std::size_t>(count);
  for (ready_next_ = 0; ready_next_ < ready_count_;) {
    const epoll_event event = ready_[ready_next_++];
    if (event.data.ptr != nullptr) static_cast<Watcher*>(event.data.ptr)->on_ready(event.events, now);
    if (*self == nullptr) return;
  }
  ready_next_ = ready_count_ = 0;
}

}  // namespace fleet::wire::mqtt
