// Refusals as lines of a log that nobody can fill: a hostile device is told of, not listened to.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "wire/clock.h"

namespace fleet::bridge {

// Owned by the plugin.
class RefusalLog {
 public:
  // Lines a second; the rest is counted.
  static constexpr std::uint32_t kLinesMax = 20;
  static constexpr wire::Millis kWindow{1'000};

  explicit RefusalLog(std::function<void(const std::string& line)> write) : write_(std::move(write)) {}

  // Writes the line `make` returns, unless there were too many of them lately.
  void tell(const std::function<std::string()>& make);
  // Begins a new window when that is due, and tells what was left out of the last one.
  void tick(wire::TimePoint now);

 private:
  std::function<void(const std::string& line)> write_;
  std::uint32_t lines_ = 0;
  std::uint64_t left_out_ = 0;
  wire::TimePoint next_window_{};
};

// A text of somebody else for a line: between apostrophes, at most 96 bytes, and '?' for what is not printable ASCII.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace fleet::bridge
