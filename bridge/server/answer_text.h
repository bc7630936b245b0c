// Writes answers as HTTP/1.1 bytes, appending to the connection's output so that one write carries all of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bridge/api.h"
#include "bridge/envelope/gateway_error.h"
#include "bridge/envelope/http.h"
#include "wire/clock.h"

namespace fleet::bridge {

// Where the time of one call went. Points are CLOCK_MONOTONIC.
struct CallTimes {
  ApiTimes api;
  wire::TimePoint received{};             // the request's first byte was there
  wire::TimePoint planned{};              // Api::call returned publishes
  std::optional<wire::TimePoint> queued;  // the publishes were taken by the broker connection
  std::optional<wire::TimePoint> acked;   // QoS 1: the broker acknowledged the last of them
};

// How the connection goes on behind an answer.
struct AnswerFraming {
  bool close = false;     // the connection ends with this answer
  bool http_1_0 = false;  // keeping a connection alive must be said
  bool head = false;      // HEAD: the body is counted and left out
};

// "Thu, 01 Jan 1970 00:00:00 GMT" (RFC 9110 §5.6.7), made once a second.
[[nodiscard]] std::string http_date(wire::WallTime now);

// The reason phrase of the statuses that the bridge uses; "Error" for others.
[[nodiscard]] std::string_view reason_phrase(unsigned status);

// Appends status line, fields and body. `date` is http_date() of now.
void append_answer(const HttpAnswer& answer, const AnswerFraming& framing, std::string_view date, std::string& out);

// The same with a Server-Timing field: parse, verify, plan, publish (planned to queued) and ack (queued to
// acknowledged) in milliseconds; `received` and `published` are described as "<boot hash, hex>:<CLOCK_MONOTONIC ns>",
// so that a caller on the same host and boot can subtract them from its own clock. What did not happen is left out.
void append_call_answer(const HttpAnswer& answer, const CallTimes& times, const AnswerFraming& framing,
                        std::string_view date, std::string& out);

// What the HTTP layer itself refuses by a status of RequestParser::refusal(), 408 or 503.
[[nodiscard]] GatewayCode refusal_of(unsigned status);

}  // namespace fleet::bridge
