// What one thread writes and another reads while the run goes on: numbers without a lock, sentences with one.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
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

// Failures by kind; any thread. Not for anything that happens per delivery.
class FailureBook {
 public:
  // At most kKindsMax kinds; what comes beyond them is counted as "other".
  void count(std::string_view kind) {
    const std::lock_guard lock(mutex_);
    auto found = kinds_.find(kind);
    if (found == kinds_.end()) {
      found = kinds_.emplace(kinds_.size() < kKindsMax ? kind : std::string_view("other"), 0).first;
    }
    ++found->second;
  }
  [[nodiscard]] std::map<std::string, std::uint64_t, std::less<>> read() const {
    const std::lock_guard lock(mutex_);
    return kinds_;
  }

 private:
  static constexpr std::size_t kKindsMax = 64;
  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t, std::less<>> kinds_;
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
