// What an HTTP answer of the batch API says: accepted or an error code, and where the bridge's time went.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/ledger/books.h"

namespace fleet::sim {

// One answer, judged. `code` is empty for accepted calls; otherwise the API's Code ("Throttling.User",
// "iot.system.SystemException"), "HTTP 503" where an error status came without one, or "bad answer" where the body is
// not what the API promises (then the outcome is unknown: failed).
struct BridgeAnswer {
  CallResult result = CallResult::failed;
  std::string code;
  // Of an accepted call, where the API judges each message for itself: those that were refused, in ascending order, and
  // the code of each.
  std::vector<std::uint32_t> refused{};
  std::vector<std::string> refused_codes{};
};

// `body` is any bytes. Aliyun RPC in JSON and EMQX's bcast plugin alike: {"Success":true} is accepted; Success false or
// an error status with a Code (the gate in front of the plugin: code) is rejected. A code is cut to 64 printable
// characters.
[[nodiscard]] BridgeAnswer judge_answer(unsigned status, std::string_view body);

// A code as a report may show it: cut to 64 characters, '?' for those that do not print.
[[nodiscard]] std::string printable_code(std::string code);

// Reads the entries `received` and `published` of a Server-Timing header (W3C Server Timing), whose desc is
// "BOOT:NANOSECONDS": hash of the bridge's boot id in hex, CLOCK_MONOTONIC in decimal. None where the header
// has not both of them in this form, or where the boot is not `our_boot` (another machine's clock cannot be compared)
// or our own is not known (0).
[[nodiscard]] std::optional<BridgeClock> read_bridge_clock(std::string_view server_timing, std::uint32_t our_boot);

}  // namespace fleet::sim
