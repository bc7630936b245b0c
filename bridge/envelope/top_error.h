// What the Taobao Open Platform (TOP) refuses: HTTP 200 all the same, a number and a sentence. Numbers and texts: the
// platform's table of system errors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fleet::bridge {

struct TopError {
  int code = 0;
  std::string message;
  std::string sub_code{};  // empty: none
  std::string sub_message{};
};

enum class TopCode : int {
  upload_fail = 3,
  app_call_limited = 7,
  http_action_not_allowed = 9,
  remote_service_error = 15,
  missing_method = 21,
  invalid_method = 22,
  invalid_format = 23,
  missing_signature = 24,
  invalid_signature = 25,
  missing_session = 26,
  invalid_session = 27,
  missing_app_key = 28,
  invalid_app_key = 29,
  missing_timestamp = 30,
  invalid_timestamp = 31,
  missing_version = 32,
  invalid_version = 33,
  unsupported_version = 34,
  parameter_error = 43,
};

// With the code's own sentence; its sub_code where it always has one.
[[nodiscard]] TopError top_error(TopCode code);

// As the books of calls name a code: its number.
[[nodiscard]] inline std::string top_code_text(int code) { return std::to_string(code); }

// All that top_error() knows, by number.
[[nodiscard]] std::vector<TopError> top_errors();

// 40: a mandatory argument is absent or empty.
[[nodiscard]] TopError missing_argument(std::string_view name);
// 41: an argument that cannot be read.
[[nodiscard]] TopError invalid_argument(std::string_view name);

// 50 with isv.invalid-parameter: an argument that can be read and is not allowed. `why` stands in sub_msg.
[[nodiscard]] TopError refused_argument(std::string_view why);

// 15: the service behind the platform failed.
[[nodiscard]] TopError remote_error(std::string_view sub_code, std::string_view sub_message);

// What an app's limit counts.
enum class TopLimit {
  app,         // all calls of the app
  app_method,  // the app's calls of one method
  method,      // the calls of one method by all apps
};

// 7 with accesscontrol.*; `seconds`: until the next call will be let in.
[[nodiscard]] TopError call_limited(TopLimit limit, long seconds);

}  // namespace fleet::bridge
