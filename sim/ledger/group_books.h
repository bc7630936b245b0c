// A call group's plan and books together: all that callers and workers share.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/ledger/books.h"
#include "sim/ledger/message_deal.h"
#include "sim/ledger/pick.h"
#include "sim/scenario/scenario.h"

namespace fleet::sim {

// Const but for the books, which take care of themselves. Built before the threads start, outlives them.
struct GroupBooks {
  std::uint16_t index = 0;       // call group in the scenario, and in the stamp
  std::size_t fleet_group = 0;   // recipients; the first of several targets
  std::optional<PickPlan> pick;  // calls that name their devices
  Books books;
  std::optional<MessageDeal> deal{};  // calls that carry a message for each delivery: one of the two
};

// When what happens; set once the fleet is connected, before the first call.
struct PhaseTimes {
  wire::TimePoint start{};  // of the warm-up
  wire::TimePoint hold_begin{};
  wire::TimePoint hold_end{};   // no call is due at or behind it
  wire::TimePoint drain_end{};  // latest
};

}  // namespace fleet::sim
