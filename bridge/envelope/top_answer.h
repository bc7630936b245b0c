// Answers in the formats of TOP: XML, JSON, and JSON without its wrappers.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <random>
#include <string>
#include <string_view>

#include "bridge/envelope/http.h"
#include "bridge/envelope/top_error.h"
#include "bridge/envelope/top_params.h"

namespace fleet::bridge {

struct TopFormat {
  bool json = false;      // else XML, the default
  bool simplify = false;  // JSON only: no root, and lists without the name of their items
  bool known = true;      // false: format is something else; XML
};

// What `format` and `simplify` ask for, in any case.
[[nodiscard]] TopFormat top_format(const TopParams& params);

// HTTP 200. `method` names the root: without "taobao.", dots as underscores, "_response" behind. `fields`: an object
// in the JSON form of the platform's pages; a list is {"results": {"item": [...]}}.
[[nodiscard]] HttpAnswer top_success(TopFormat format, std::string_view method, std::string_view request_id,
                                     nlohmann::ordered_json fields);

// HTTP 200 as well: callers look for error_response.
[[nodiscard]] HttpAnswer top_failure(TopFormat format, std::string_view request_id, const TopError& error);

// request_id: 12 of 0-9 a-z, as in the platform's answers. They name calls and protect nothing.
class TopRequestIds {
 public:
  TopRequestIds();
  // "4jkl5mhpc274"
  [[nodiscard]] std::string next();

 private:
  std::mt19937_64 random_;
};

}  // namespace fleet::bridge
