// Answers in the two formats of the RPC protocol, JSON and XML.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "bridge/envelope/business_error.h"
#include "bridge/envelope/gateway_error.h"
#include "bridge/envelope/http.h"

namespace fleet::bridge {

// HTTP 200 with Success true. `action` names the XML root. `fields`: an object whose members stand between, or null.
[[nodiscard]] HttpAnswer success_answer(bool xml, std::string_view action, std::string_view request_id,
                                        const nlohmann::ordered_json& fields);

// HTTP 200 with Success false, Code, ErrorMessage and the members of `fields`, an object or null.
[[nodiscard]] HttpAnswer business_answer(bool xml, std::string_view action, std::string_view request_id,
                                         const BusinessError& error, const nlohmann::ordered_json& fields);

// HTTP 4xx or 5xx with HostId, Code and Message.
[[nodiscard]] HttpAnswer gateway_answer(bool xml, std::string_view request_id, const GatewayError& error);

}  // namespace fleet::bridge
