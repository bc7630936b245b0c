// Memory for the bodies that all connections together are reading. Callers beyond it are not read until there is room,
// in the order in which they asked, so that any number of callers with large bodies costs a bounded amount of memory
// and each of them is served.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <utility>

#include "wire/error.h"

namespace fleet::bridge {

// Owned by the server; lives on its loop.
class BodyBudget {
 public:
  // `bytes_max`: at least the largest body.
  explicit BodyBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // Takes `bytes` (at most the budget) now, or calls `admitted` from give() once they are taken. Returns which. A
  // waiting caller that is gone must still give() when it is admitted.
  [[nodiscard]] bool take(std::size_t bytes, std::function<void()> admitted) {
    FLEET_CHECK(bytes <= bytes_max_);
    if (waiting_.empty() && taken_ + bytes <= bytes_max_) {
      taken_ += bytes;
      return true;
    }
    waiting_.push_back({bytes, std::move(admitted)});
    return false;
  }

  // Gives back what was taken. Whoever is admitted by it is called from here.
  void give(std::size_t bytes) {
    FLEET_CHECK(bytes <= taken_);
    taken_ -= bytes;
    while (!waiting_.empty() && taken_ + waiting_.front().bytes <= bytes_max_) {
      const Waiting next = std::move(waiting_.front());
      waiting_.pop_front();
      taken_ += next.bytes;
      next.admitted();
    }
  }

  [[nodiscard]] std::size_t taken() const { return taken_; }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Waiting {
    std::size_t bytes = 0;
    std::function<void()> admitted;
  };

  std::size_t bytes_max_;
  std::size_t taken_ = 0;
  std::deque<Waiting> waiting_;  // at most one a connection
};

}  // namespace fleet::bridge
