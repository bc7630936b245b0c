// The epoll set inside an Asio loop, on pipes: who is told what, and that nobody waits for ever behind it.
#include "wire/mqtt/readiness.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <boost/asio/post.hpp>
#include <functional>
#include <utility>

namespace fleet::wire::mqtt {
namespace {

// A pipe whose reading end is watched.
class WatchedPipe : public Watcher {
 public:
  explicit WatchedPipe(ReadinessSet& set) : set_(set) {
    EXPECT_EQ(::pipe2(ends_.data(), O_NONBLOCK | O_CLOEXEC), 0);
    EXPECT_TRUE(set_.add(ends_[0], EPOLLIN, *this));
  }
  ~WatchedPipe() {
    leave();
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  void fill() { EXPECT_EQ(::write(ends_[1], "x", 1), 1); }
  void leave() {
    if (std::exchange(watched_, false)) set_.remove(ends_[0], *this);
  }

  std::function<void()> told = [] {};
  std::uint64_t times = 0;

 private:
  void on_ready(std::uint32_t events, TimePoint) override {
    EXPECT_NE(events & EPOLLIN, 0u);
    char byte = 0;
    EXPECT_EQ(::read(ends_[0], &byte, 1), 1);
    ++times;
    told();
  }

  ReadinessSet& set_;
  std::array<int, 2> ends_{-1, -1};
  bool watched_ = true;
};

// With and without lingering: the same promises.
class Readiness : public testing::TestWithParam<bool> {
 protected:
  Readiness() : set_(loop_) {
    if (GetParam()) set_.linger();
  }
  boost::asio::io_context loop_{1};
  ReadinessSet set_;
};

TEST_P(Readiness, TellsEachWatcherOnceForEachTimeItBecomesReadable) {
  WatchedPipe one(set_), two(set_);
  two.told = [&] {
    if (two.times < 3) return two.fill();
    one.leave();
    two.leave();
  };
  one.fill();
  two.fill();
  loop_.run();
  EXPECT_EQ(one.times, 1u);
  EXPECT_EQ(two.times, 3u);
}

TEST_P(Readiness, OneThatHasLeftIsToldNothingAlthoughItsEventWasCollected) {
  WatchedPipe one(set_), two(set_);
  const auto both_leave = [&] {
    one.leave();
    two.leave();
  };
  one.told = two.told = both_leave;
  one.fill();
  two.fill();
  loop_.run();
  EXPECT_EQ(one.times + two.times, 1u);
}

TEST_P(Readiness, ASocketThatIsAlwaysReadyDoesNotKeepOthersOfTheLoopWaiting) {
  WatchedPipe endless(set_);
  endless.told = [&] { endless.fill(); };
  endless.fill();
  std::uint64_t turns = 0;
  const std::function<void()> turn = [&] {
    if (++turns == 5) return endless.leave();
    boost::asio::post(loop_, turn);
  };
  boost::asio::post(loop_, turn);
  loop_.run();
  EXPECT_EQ(turns, 5u);
  EXPECT_GT(endless.times, 0u);
}

INSTANTIATE_TEST_SUITE_P(Lingering, Readiness, testing::Bool());

}  // namespace
}  // namespace fleet::wire::mqtt
