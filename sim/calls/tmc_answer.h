// What an answer of the Taobao message service says: of the call, and of each of its messages.
#pragma once

#include <cstdint>
#include <string_view>

#include "sim/calls/bridge_answer.h"

namespace fleet::sim {

// Judges the answer to a call of `batch` messages, in JSON; `body` is any bytes.
//   accepted  is_all_success (of the single call: is_success), or at least one of the results is_success; the others
//             are `refused`, with codes "isv.invalid-paramter: parameter required"
//   rejected  an error_response ("25 Invalid signature"; its sub_code in place of the words where there is one), no
//             message accepted (the first one's code), or an error status without any of this ("HTTP 503")
//   failed    anything else: "bad answer"
[[nodiscard]] BridgeAnswer judge_tmc_answer(unsigned status, std::string_view body, std::uint32_t batch);

}  // namespace fleet::sim
