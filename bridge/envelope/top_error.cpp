#include "bridge/envelope/top_error.h"

#include <algorithm>
#include <iterator>

#include "wire/error.h"

namespace fleet::bridge {
namespace {

struct Row {
  TopCode code;
  std::string_view message;
  std::string_view sub_code = {};
};

constexpr Row kRows[] = {
    {TopCode::upload_fail, "Upload Fail"},
    {TopCode::app_call_limited, "App Call Limited"},
    {TopCode::http_action_not_allowed, "Http Action Not Allowed"},
    {TopCode::remote_service_error, "Remote Service Error"},
    {TopCode::missing_method, "Missing Method"},
    {TopCode::invalid_method, "Invalid Method"},
    {TopCode::invalid_format, "Invalid Format"},
    {TopCode::missing_signature, "Missing Signature"},
    {TopCode::invalid_signature, "Invalid signature"},
    {TopCode::missing_session, "Missing Session"},
    {TopCode::invalid_session, "Invalid Session"},
    {TopCode::missing_app_key, "Missing App Key"},
    {TopCode::invalid_app_key, "Invalid app Key", "isv.appkey-not-exists"},
    {TopCode::missing_timestamp, "Missing Timestamp"},
    {TopCode::invalid_timestamp, "Invalid Timestamp"},
    {TopCode::missing_version, "Missing Version"},
    {TopCode::invalid_version, "Invalid Version"},
    {TopCode::unsupported_version, "Unsupported Version"},
    {TopCode::parameter_error, "Parameter Error"},
};

constexpr int kMissingArguments = 40;
constexpr int kInvalidArguments = 41;
// The page of taobao.tmc.messages.produce shows 50 for isv.invalid-parameter; the table has no 50, but 15 for the rest.
constexpr int kRefusedArguments = 50;

std::string named(std::string_view text, std::string_view name) { return std::string(text).append(name); }

}  // namespace

TopError top_error(TopCode code) {
  const auto* const row =
      std::find_if(std::begin(kRows), std::end(kRows), [code](const Row& r) { return r.code == code; });
  FLEET_CHECK(row != std::end(kRows));
  return {static_cast<int>(code), std::string(row->message), std::string(row->sub_code), {}};
}

std::vector<TopError> top_errors() {
  std::vector<TopError> all;
  for (const Row& row : kRows) all.push_back(top_error(row.code));
  return all;
}

TopError missing_argument(std::string_view name) {
  return {kMissingArguments, named("Missing required arguments:", name), {}, {}};
}

TopError invalid_argument(std::string_view name) {
  return {kInvalidArguments, named("Invalid arguments:", name), {}, {}};
}

TopError refused_argument(std::string_view why) {
  return {kRefusedArguments, "Remote service error", "isv.invalid-parameter", std::string(why)};
}

TopError remote_error(std::string_view sub_code, std::string_view sub_message) {
  TopError error = top_error(TopCode::remote_service_error);
  error.sub_code = sub_code;
  error.sub_message = sub_message;
  return error;
}

TopError call_limited(TopLimit limit, long seconds) {
  TopError error = top_error(TopCode::app_call_limited);
  switch (limit) {
    case TopLimit::app:
      error.sub_code = "accesscontrol.limited-by-app-access-count";
      break;
    case TopLimit::app_method:
      error.sub_code = "accesscontrol.limited-by-app-api-access-count";
      break;
    case TopLimit::method:
      error.sub_code = "accesscontrol.limited-by-api-access-count";
      break;
  }
  error.sub_message = "This ban will last for " + std::to_string(seconds) + " more seconds";
  return error;
}

}  // namespace fleet::bridge
