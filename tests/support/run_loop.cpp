#include "tests/support/run_loop.h"

#include <boost/asio/executor_work_guard.hpp>

namespace fleet::tests {

bool RunLoop::until(const std::function<bool()>& done, std::chrono::seconds deadline) {
  const auto work = boost::asio::make_work_guard(loop_);  // otherwise an idle loop returns at once
  const auto end = std::chrono::steady_clock::now() + deadline;
  loop_.restart();
  while (!done()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    loop_.run_one_for(std::chrono::milliseconds(5));
  }
  return true;
}

void RunLoop::run_ready() {
  loop_.restart();
  loop_.poll();
}

}  // namespace fleet::tests
