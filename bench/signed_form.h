// Calls as today's SDKs send them, for the benchmarks of the bridge's core.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/clock.h"

namespace fleet::bench {

// 2026-01-02T03:04:05Z: the moment at which the calls are signed and verified.
inline constexpr wire::WallTime kDay{std::chrono::seconds(1'767'323'045)};

using Params = std::vector<std::pair<std::string, std::string>>;

// Percent-encoded, in the order given.
[[nodiscard]] std::string form_of(const Params& params);

// The form of call number `number` by account testid, whose secret is testsecret: `params` and the common parameters of
// Aliyun's RPC protocol with signature version 1.0, sorted by name. The number makes the nonce.
[[nodiscard]] std::string signed_form(std::string_view action, Params params, std::size_t number);

}  // namespace fleet::bench
