// The gateway of the Alibaba Cloud RPC protocol, signature version 1.0: who calls, and is it really them?
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <unordered_map>
#include <vector>

#include "bridge/config/config.h"
#include "bridge/envelope/gateway_error.h"
#include "bridge/envelope/nonce_memory.h"
#include "bridge/envelope/rpc_params.h"
#include "bridge/registry/registry.h"
#include "wire/clock.h"

namespace fleet::bridge {

// The account behind a verified signature.
struct Caller {
  const AccountConfig* account = nullptr;
  std::size_t index = 0;  // among the accounts of the configuration
};

// Decoding of a query or form as a gateway error.
[[nodiscard]] GatewayError form_error(wire::FormError error);

// YYYY-MM-DDThh:mm:ssZ, a date that exists; nothing else.
[[nodiscard]] std::optional<wire::WallTime> parse_timestamp(std::string_view text);

// True for a body that holds parameters: application/x-www-form-urlencoded, whatever follows behind ';', or no type.
[[nodiscard]] bool is_form(std::string_view content_type);

// Owned by the API; lives on its loop.
class RpcGate {
 public:
  // `accounts` outlives the gate and does not move.
  explicit RpcGate(const std::vector<AccountConfig>& accounts);

  // Answer format that the call asks for: true for XML (the default), false for JSON; empty for anything else.
  [[nodiscard]] static std::optional<bool> wants_xml(const RpcParams& params);

  // Checks in this order: mandatory common parameters, Format, AccessKeyId, SignatureMethod, SignatureVersion,
  // Timestamp, Signature, SignatureNonce, Version. The order is that of a public imitation of the gateway; the real one
  // is not published. The nonce is used up only by a signature that matched.
  [[nodiscard]] tl::expected<Caller, GatewayError> verify(std::string_view method, const RpcParams& params,
                                                          wire::WallTime now);

 private:
  [[nodiscard]] bool signature_matches(std::string_view method, const RpcParams& params, const AccountConfig& account,
                                       std::string_view signature);

  const std::vector<AccountConfig>& accounts_;
  std::unordered_map<std::string_view, std::size_t> by_key_;
  NonceMemory nonces_;
  std::vector<wire::Param> signed_params_;  // kept for its capacity
  std::string string_to_sign_;              // of the last call
};

}  // namespace fleet::bridge
