// Checks of consumers and of the messages that go to them.
#pragma once

#include <string>
#include <string_view>

#include "sim/scenario/scenario.h"
#include "sim/scenario/tables.h"

namespace fleet::sim {

// True for the APIs that carry messages to consumers.
[[nodiscard]] bool carries_messages(std::string_view api);

// Says at `path` (fleet.NAME) what is wrong with a group of consumers, or with `consume` where the group holds none.
// Fills what only consumers have; `out` holds the fleet groups before this one.
void check_consumers(const FleetGroupDraft& draft, const std::string& path, Reader& reader, const Scenario& out,
                     FleetGroup& group);

// The same of a call group (`path`: calls.NAME) whose api carries messages. The fleet is right.
void check_messages(const CallGroupDraft& draft, const std::string& path, Reader& reader, const Scenario& out,
                    CallGroup& call);

}  // namespace fleet::sim
