// Waiting for what another thread brings about.
#pragma once

#include <poll.h>

#include <chrono>
#include <functional>

#include "wire/clock.h"

namespace fleet::tests {

// Looks every 2 ms; false when `patience` has passed, which only ever fails a test.
inline bool wait_until(const std::function<bool()>& done, std::chrono::seconds patience = std::chrono::seconds(60)) {
  const auto end = wire::read_clock() + patience;
  while (!done()) {
    if (wire::read_clock() >= end) return false;
    poll(nullptr, 0, 2);
  }
  return true;
}

}  // namespace fleet::tests
