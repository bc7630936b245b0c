// Answers of the bcast API: JSON, Success and RequestId in each.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "bridge/bcast/error.h"
#include "bridge/envelope/http.h"
#include "bridge/request_ids.h"

namespace fleet::bridge {

// HTTP 200 of an action: {"Success":true,"RequestId":...,"MessageId":...}. The ids are UUIDs: nothing to be escaped.
[[nodiscard]] HttpAnswer bcast_message_answer(std::string_view request_id, std::string_view message_id);

// HTTP 200 of a management call; `fields` (an object) stand behind RequestId.
[[nodiscard]] HttpAnswer bcast_fields_answer(std::string_view request_id, const nlohmann::ordered_json& fields);

// The error's status; the gate's shape is {"code":...,"message":...}.
[[nodiscard]] HttpAnswer bcast_error_answer(std::string_view request_id, const BcastError& error);

// UUIDs in small letters, as this API writes them.
class BcastIds {
 public:
  // "550e8400-e29b-41d4-a716-446655440000", random.
  [[nodiscard]] std::string next();

 private:
  RequestIds ids_;
};

// The MessageId of a content: the first 122 bits of its SHA-256 in the form of a UUID, so that identical content has
// the same id, over restarts too.
[[nodiscard]] std::string bcast_content_id(std::string_view content);

}  // namespace fleet::bridge
