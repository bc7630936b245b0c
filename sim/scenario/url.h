// URLs of brokers and batch APIs.
#pragma once

#include <string_view>

#include "sim/scenario/scenario.h"
#include "sim/scenario/units.h"

namespace fleet::sim {

// scheme://host[:port][/] with a scheme out of `schemes` ("mqtt" or "http|https"); IPv6 addresses stand in brackets
// (RFC 3986 §3.2.2). Ports default to 1883 (mqtt) and 80 (http). No path, query or user: the error sentence says so.
[[nodiscard]] Parsed<Url> parse_url(std::string_view text, std::string_view schemes);

}  // namespace fleet::sim
