#include "bridge/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <vector>

#include "bridge/actions/action.h"
#include "bridge/bcast/document.h"
#include "bridge/devices/document.h"
#include "bridge/envelope/gateway_error.h"
#include "bridge/envelope/top_error.h"
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

Quotas are those of an account: keys that `accounts[].account` puts under one name share them, and its products. A device
is sent 50 messages a second by BatchPub and Pub together (`limits.messages_to_a_device`); a call that names one which
has had its share is answered `iot.messagebroker.RateLimit` and reaches nobody. `limits: off` lifts both.

Signature version 1.0 (HMAC-SHA1): `Action`, `Version`, `AccessKeyId`, `SignatureMethod`, `SignatureVersion`,
`SignatureNonce`, `Timestamp`, `Signature`; `Format` is XML (default) or JSON; `SecurityToken` with a temporary key.
Signature version 3 (`Authorization: ACS3-HMAC-SHA256 ...`): `x-acs-action`, `x-acs-version`, `x-acs-date`,
`x-acs-signature-nonce`, `x-acs-content-sha256`, signed together with `host`; `x-acs-security-token` with a temporary
key; answers are JSON. A time may be 15 minutes off, and a nonce is used once in that time.

An answer holds `RequestId` and `Success`. A failure of the service is HTTP 200 with `Success` false, `Code` and
`ErrorMessage`; `iot.system.SystemException` may be the answer of any action. What the gateway refuses is HTTP 4xx or 5xx
with `Code`, `Message` and `HostId`:

)";

constexpr std::string_view kOwnPages = R"(
## The bridge itself

| path | answer |
|---|---|
| GET /healthz | 200 and `{"status":"ok","broker":"connected"}`, or 503 and `{"status":"waiting","broker":"away"}` |
| GET /metrics | the text format of Prometheus: calls by action and code, the time of their stages, publishes by outcome, backlog, broker connections, callers, the registry, the queues of TMC groups; HELP lines say what each is |

HEAD too. Both answer anybody: they tell nothing of accounts, devices or contents. A call of which no table knows the
action or the code is counted as `unknown` or `other`, all codes Missing{Parameter} as `MissingParameter`, and a call whose
caller was gone before its outcome was known as `CallerGone`.
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

constexpr std::string_view kTop = R"(
## Taobao Open Platform: path `/router/rest`

GET or POST; parameters in the query, in a form or in `multipart/form-data`, whose files are passed over; of a parameter
that is given twice the last one counts, the body behind the query. Every call has `method`, `app_key`, `timestamp`
(`yyyy-MM-dd HH:mm:ss` in GMT+8, up to 10 minutes off), `v` (2.0), `sign_method` (md5, hmac or hmac-sha256) and `sign`;
`session` where the configuration names the app's sessions; `format` is xml (default) or json, and `simplify=true` leaves the
wrappers of JSON away. Every answer is HTTP 200 and holds `request_id`.

A message that is accepted is one MQTT publish at QoS 1 to `tmc/{app_key}/{group}/{topic}`, and it is a success when the
broker has acknowledged it. The payload is `content`, as it is and nothing else. `{app_key}` is `target_app_key` or the
caller, `{group}` is `target_group` or `default`; the topic must be among those of the caller and of the target. Consumers
that subscribe to `$share/{group}/tmc/{app_key}/{group}/{topic}` compete for the messages of their group.
Beside that, each group has a queue in memory for readers without MQTT: 16,384 messages or 8 MB at most, the oldest
are dropped first, and nothing is kept for longer than 24 hours or over a restart.

A refused call is an `error_response`, any call with one of those below. Limits of an app (`calls`), of its calls of a
method (`limits`) and of all apps' calls of a method (`limits.all_apps`) are those of the configuration; without them there
are none.

| code | msg | sub_code |
|---|---|---|
)";

void add_method(const TopMethod& method, std::string& out) {
  const auto to = std::back_inserter(out);
  fmt::format_to(to, "\n### {}\n\n{}{}\n\n| parameter | needed | rule |\n|---|---|---|\n", method.name, method.purpose,
                 method.needs_session ? " Needs a session of apps that have any." : "");
  for (const TopParam& param : method.params) {
    fmt::format_to(to, "| {} | {} | {} |\n", param.name, param.is_required ? "yes" : "no", cell(param.rule));
    if (param.members == nullptr) continue;
    for (const TmcMember& member : param.members()) {
      fmt::format_to(to, "| {}[].{} | {} | {} |\n", param.name, member.name, member.needed, cell(member.rule));
    }
  }
  fmt::format_to(to, "\nAnswer: {}.\n", method.answer);
}

void add_top(std::string& out) {
  const auto to = std::back_inserter(out);
  out.append(kTop);
  std::vector<TopError> errors = top_errors();
  std::erase_if(errors,
                [](const TopError& error) { return error.code == static_cast<int>(TopCode::app_call_limited); });
  for (const TopError& error :
       {missing_argument("{name}"), invalid_argument("{name}"), refused_argument({}), call_limited(TopLimit::app, 1),
        call_limited(TopLimit::app_method, 1), call_limited(TopLimit::method, 1)}) {
    errors.push_back(error);
  }
  std::stable_sort(errors.begin(), errors.end(), [](const auto& a, const auto& b) { return a.code < b.code; });
  for (const TopError& error : errors) {
    fmt::format_to(to, "| {} | {} | {} |\n", error.code, cell(error.message), error.sub_code);
  }
  for (const TopMethod& method : top_methods()) add_method(method, out);
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
  append_bcast_document(out);
  add_top(out);
  out.append(device_document());
  out.append(kOwnPages);
  return out;
}

}  // namespace fleet::bridge
