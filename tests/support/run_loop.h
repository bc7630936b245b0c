// Drives an Asio loop in a test until something is true.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>

namespace fleet::tests {

// Owned by one test, on its thread.
class RunLoop {
 public:
  static constexpr std::chrono::seconds kPatience{30};  // a deadline only fails the test

  [[nodiscard]] boost::asio::io_context& io() { return loop_; }
  // Runs handlers until done() holds; it is asked after each handler and at least every 5 ms, so that it may look at
  // things that are no handlers. False: the deadline passed.
  [[nodiscard]] bool until(const std::function<bool()>& done, std::chrono::seconds deadline = kPatience);
  // Runs what is ready now, without waiting.
  void run_ready();

 private:
  boost::asio::io_context loop_{1};
};

}  // namespace fleet::tests
