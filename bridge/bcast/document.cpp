#include "bridge/bcast/document.h"

#include <fmt/format.h>

#include <iterator>
#include <span>
#include <string_view>

#include "bridge/bcast/action.h"
#include "bridge/bcast_api.h"

namespace fleet::bridge {
namespace {

constexpr std::string_view kHead = R"(
## EMQX's bcast plugin: path `{}`

HTTP Basic with an API key and its secret (`bcast.keys` of the configuration). `POST pub` with a JSON object
(`application/json`); `Action` says what is wanted, members of other names are passed over. Answers are JSON:
`{{"Success":true,"RequestId":...,"MessageId":...}}`, or `{{"Success":false,"RequestId":...,"Code":...,"ErrorMessage":...}}`
with the status below.

At QoS 0 an action is answered when the broker connection has taken every publish, at QoS 1 when the broker has
acknowledged every one. The plugin lives in the broker and answers before either. Devices need not be registered, products
must exist. The plugin addresses devices themselves; here they get what they subscribe to, at the QoS that they asked for.

Registered messages are kept in memory for {} days behind their last use, {} messages or {} MB at most (`bcast` of the
configuration). Those that came with BatchPub give way to new ones; those of RegisterMessage do not.

Any call may be refused with the next. Those with a code in capital letters are the gate's, in front of the API:
`{{"code":...,"message":...}}`.

)";

void append_errors(std::span<const BcastError* const> errors, std::string& out) {
  out.append("| code | HTTP | message |\n|---|---|---|\n");
  for (const BcastError* error : errors) {
    fmt::format_to(std::back_inserter(out), "| {} | {} | {} |\n", error->code, error->status, error->message);
  }
}

void append_action(const BcastAction& action, std::string& out) {
  const auto to = std::back_inserter(out);
  fmt::format_to(to, "\n### {} (bcast)\n\n{}\n\n| member | needed | rule |\n|---|---|---|\n", action.name,
                 action.purpose);
  for (const BcastParam& param : action.params) {
    fmt::format_to(to, "| {} | {} | {} |\n", name_of(param.field), param.needed, param.rule);
  }
  out.push_back('\n');
  append_errors(action.errors, out);
}

}  // namespace

void append_bcast_document(std::string& out) {
  const auto to = std::back_inserter(out);
  const BcastMessageLimits limits;
  fmt::format_to(to, fmt::runtime(kHead), kBcastPath, limits.keep.count() / 86'400, limits.count_max,
                 limits.bytes_max >> 20);
  append_errors(bcast_gate_errors(), out);
  for (const BcastAction& action : bcast_actions()) append_action(action, out);
  out.append(
      "\n### Management (bcast)\n\nA delivery is a BatchPub at QoS 1 from its call until its answer; what offline "
      "devices are owed is the broker's to keep.\n\n"
      "| call | what it does | query | answer | errors |\n|---|---|---|---|---|\n");
  for (const BcastManagementCall& call : bcast_management_calls()) {
    fmt::format_to(to, "| {} {}{} | {} | {} | {} | ", call.method, call.path, call.has_id ? "/{id}" : "", call.purpose,
                   call.query, call.answer);
    std::string_view between;
    for (const BcastError* error : call.errors) {
      fmt::format_to(to, "{}{} ({})", between, error->code, error->status);
      between = ", ";
    }
    out.append(" |\n");
  }
}

}  // namespace fleet::bridge
