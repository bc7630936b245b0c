// Memory for the bodies that all connections together are reading. A body takes of it what has arrived, step by step,
// so that who announces much and sends little keeps little. Callers beyond the budget are not read until there is room,
// in the order in which they asked, so that any number of callers with large bodies costs a bounded amount of memory
// and each of them is served.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <utility>

#include "wire/error.h"

namespace fleet::bridge {

// Owned by the server; lives on its loop. Bodies that each hold a part and wait for more could wait for each other for
// ever: whoever is first in the queue is therefore lent all that its body may still need, one body at a time. So no
// more is in use than the budget and one largest body.
class BodyBudget {
 public:
  // What one body has of the budget. Owned by its connection, which gives it back; stays in its place meanwhile.
  struct Share {
    std::size_t bytes = 0;  // taken
    bool is_lent = false;   // has all that it may still need, too
  };

  explicit BodyBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // Takes `bytes` more for a share that is not lent; false where there is no room, or others wait for it.
  [[nodiscard]] bool take(Share& share, std::size_t bytes) {
    FLEET_CHECK(!share.is_lent);
    if (!waiting_.empty() || taken_ + bytes > bytes_max_) return false;
    add(share, bytes);
    return true;
  }

  // Behind a take() that found no room: `admitted` is called, from here or from a give(), once `bytes` are taken or the
  // share is lent. Who does not want it any more gives it back then.
  void wait(Share& share, std::size_t bytes, std::function<void()> admitted) {
    waiting_.push_back({&share, bytes, std::move(admitted)});
    serve();
  }

  // Gives back all of a share. Whoever is admitted by it is called from here.
  void give(Share& share) {
    FLEET_CHECK(share.bytes <= taken_);
    taken_ -= share.bytes;
    if (share.is_lent) lent_ = false;
    share = {};
    serve();
  }

  [[nodiscard]] std::size_t taken() const { return taken_; }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Waiting {
    Share* share = nullptr;
    std::size_t bytes = 0;
    std::function<void()> admitted;
  };

  void add(Share& share, std::size_t bytes) {
    taken_ += bytes;
    share.bytes += bytes;
  }

  void serve() {
    while (!waiting_.empty()) {
      const bool fits = taken_ + waiting_.front().bytes <= bytes_max_;
      if (!fits && lent_) return;
      const Waiting next = std::move(waiting_.front());
      waiting_.pop_front();
      if (fits) {
        add(*next.share, next.bytes);
      } else {
        next.share->is_lent = lent_ = true;
      }
      next.admitted();
    }
  }

  std::size_t bytes_max_;
  std::size_t taken_ = 0;
  bool lent_ = false;            // to one share
  std::deque<Waiting> waiting_;  // at most one a connection
};

}  // namespace fleet::bridge
