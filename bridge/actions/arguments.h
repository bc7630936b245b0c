// The parameters of a call against the row of its action.
#pragma once

#include <optional>
#include <string>

#include "bridge/actions/action.h"

namespace fleet::bridge {

// Reads the action's list and its list of structs into the context.
void read_lists(const Action& action, ActionContext& context);

// The first parameter of the row that is needed and not there: "DeviceName", of a struct "TopoAddItem.2.Sign", of a
// whole list of structs "TopoAddItem" (that a list is told by its bare name is assumed). Needs read_lists().
[[nodiscard]] std::optional<std::string> absent_argument(const Action& action, const ActionContext& context);

// The answer for the first parameter of the row that is there, empty, and must not be; null: none. Needs read_lists().
[[nodiscard]] const BusinessError* empty_argument(const Action& action, const ActionContext& context);

}  // namespace fleet::bridge
