// What one thread writes and another reads while the run goes on: numbers without a lock, sentences with one.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

namespace fleet::sim {

// Written by one thread, read by any. add() is a load and a store: no locked instruction per delivery.
class Counter {
 public:
  void add(std::uint64_t n) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  void subtract(std::uint64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed);
  }
  void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t read() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// The newest of the failures; any thread. Not for anything that happens per delivery.
class NewestSentence {
 public:
  void write(std::string sentence) {
    const std::lock_guard lock(mutex_);
    sentence_ = std::move(sentence);
  }
  [[nodiscard]] std::string read() const {
    const std::lock_guard lock(mutex_);
    return sentence_;
  }

 private:
  mutable std::mutex mutex_;
  std::string sentence_;
};

}  // namespace fleet::sim
