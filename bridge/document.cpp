#include "bridge/document.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

#include "bridge/actions/action.h"
#include "bridge/envelope/gateway_error.h"
#include "bridge/tmc/method.h"
#include "bridge/top_api.h"

namespace fleet::bridge {
namespace {

constexpr std::string_view kHead = R"(# API

Made by `fleet-bridge actions` from the tables of the bridge; a test fails when this file is not what it prints.

## Alibaba Cloud IoT, 2018-01-20: path `/`

GET or POST. Parameters stand in the query, in a form (`application/x-www-form-urlencoded`, also in chunks), or in both;
of a parameter that is given twice the last one counts, the form behind the query. The first letter of a parameter of an
action may be small. `IotInstanceId` may be sent with every action and is not looked at.

Signature version 1.0 (HMAC-SHA1): `Action`, `Version`, `AccessKeyId`, `SignatureMethod`, `SignatureVersion`,
`SignatureNonce`, `Timestamp`, `Signature`; `Format` is XML (default) or JSON; `SecurityToken` with a temporary key.
Signature version 3 (`Authorization: ACS3-HMAC-SHA256 ...`): `x-acs-action`, `x-acs-version`, `x-acs-date`,
`x-acs-signature-nonce`, `x-acs-content-sha256`, signed together with `host`; `x-acs-security-token` with a temporary
key; answers are JSON. A time may be 15 minutes off, and a nonce is used once in that time.

An answer holds `RequestId` and `Success`. A failure of the service is HTTP 200 with `Success` false, `Code` and
`ErrorMessage`; `iot.system.SystemException` may be the answer of any action. What the gateway refuses is HTTP 4xx or 5xx
with `Code`, `Message` and `HostId`:

)";

// `|` ends a cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out.append(c == '|' ? "\\|" : std::string_view(&c, 1));
  return out;
}

std::string_view text_of(Need need) {
  switch (need) {
    case Need::optional:
      return "no";
    case Need::in_each:
      return "in each element";
    case Need::mandatory:
      break;
  }
  return "yes";
}

void add_action(const Action& action, std::string& out) {
  const auto to = std::back_inserter(out);
  fmt::format_to(to, "\n### {}\n\n{} Quota of an account: {} a second.{}\n\n", action.name, action.purpose,
                 action.per_second,
                 action.allow_list == nullptr ? "" : " For accounts on its allow list only; others: `Forbidden.RAM`.");
  out.append("| parameter | needed | rule | empty |\n|---|---|---|---|\n");
  for (const ActionParam& param : action.params) {
    fmt::format_to(to, "| {} | {}{}{} | {} | {} |\n", param.name, text_of(param.need),
                   param.replaced_by.empty() ? "" : ", or ", param.replaced_by, cell(param.rule),
                   param.when_empty == nullptr ? "as absent" : param.when_empty->code);
  }
  fmt::format_to(to, "\nAnswer: {}.\n\n| code | message |\n|---|---|\n",
                 action.answer.empty() ? "nothing more" : action.answer);
  for (const BusinessError* error : action.errors) {
    fmt::format_to(to, "| {} | {} |\n", error->code, cell(error->message));
  }
}

}  // namespace

std::string api_document() {
  std::string out(kHead);
  const auto to = std::back_inserter(out);
  out.append("| code | HTTP | message |\n|---|---|---|\n");
  out.append("| Missing{Parameter} | 400 | {Parameter} is mandatory for this action. |\n");
  out.append(
      "| SignatureDoesNotMatch | 400 | Specified signature is not matched with our calculation. server string to ");
  out.append("sign is:{string} |\n");
  for (const GatewayError& error : gateway_errors()) {
    fmt::format_to(to, "| {} | {} | {} |\n", error.code, error.status, cell(error.message));
  }
  for (const Action& action : actions()) add_action(action, out);
  fmt::format_to(to, "\n## Taobao Open Platform: path `{}`\n\n| method | parameters |\n|---|---|\n", kTopPath);
  for (const TopMethod& method : top_methods()) {
    fmt::format_to(to, "| {} | ", method.name);
    std::string_view between;
    for (const TopParam& param : method.params) {
      fmt::format_to(to, "{}{}{}", between, param.name, param.is_required ? "" : " (optional)");
      between = ", ";
    }
    out.append(" |\n");
  }
  return out;
}

}  // namespace fleet::bridge
