// What a scenario does when: its phases second by second, alike seconds told once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/scenario.h"
#include "wire/clock.h"

namespace fleet::sim {

// A stretch of one phase in which every step has the same to do.
struct TimetableRow {
  std::string_view phase;  // "connect", "warm-up", "hold", "drain"
  wire::Nanos from{};      // of connect: behind the first connect; of the others: behind the warm-up's beginning
  wire::Nanos to{};
  wire::Nanos step{};  // the numbers below are of each step of this length
  std::uint64_t connects = 0;
  std::uint64_t calls = 0;       // of open loops
  std::uint64_t deliveries = 0;  // that those calls owe
  std::uint64_t telemetry = 0;   // about
};

// Pure. Steps are of one second, or of as many as leave at most `rows_max` rows, about.
[[nodiscard]] std::vector<TimetableRow> make_timetable(const Scenario& scenario, std::size_t rows_max = 40);

// The rows as `fleet-sim plan` prints them, each with a line feed.
[[nodiscard]] std::string timetable_text(const Scenario& scenario);

}  // namespace fleet::sim
