// The gateway of the Alibaba Cloud RPC protocol, signatures version 1.0 and 3: who calls, and is it really them?
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
#include "bridge/envelope/acs3.h"
#include "bridge/envelope/gateway_error.h"
#include "bridge/envelope/http.h"
#include "bridge/envelope/nonce_memory.h"
#include "bridge/envelope/rpc_params.h"
#include "wire/clock.h"

namespace fleet::bridge {

// The account behind a verified signature, and what it calls.
struct Caller {
  const AccountConfig* account = nullptr;
  std::size_t index = 0;    // among the accounts of the configuration
  std::string_view action;  // view into the request or its parameters
};

// Decoding of a query or form as a gateway error.
[[nodiscard]] GatewayError form_error(wire::FormError error);

// True for a body that holds parameters: application/x-www-form-urlencoded, whatever follows behind ';', or no type.
[[nodiscard]] bool is_form(std::string_view content_type);

// Owned by the API; lives on its loop.
class RpcGate {
 public:
  // `accounts` outlives the gate and does not move.
  explicit RpcGate(const std::vector<AccountConfig>& accounts);

  // Answer format that the call asks for: true for XML (the default), false for JSON; empty for anything else. Calls
  // that are signed with version 3 have no such parameter and are answered in JSON.
  [[nodiscard]] static std::optional<bool> wants_xml(const HttpRequest& request, const RpcParams& params);

  // Checks in this order: mandatory common parameters (version 3: header fields), Format, AccessKeyId, SignatureMethod,
  // SignatureVersion, Timestamp, Signature (version 3: hash of the body and signature), SecurityToken, SignatureNonce,
  // Version. The order is that of a public imitation of the gateway; the real one is not published. The nonce is used
  // up only by a signature that matched. `params` are the decoded parameters of `request`.
  [[nodiscard]] tl::expected<Caller, GatewayError> verify(const HttpRequest& request, const RpcParams& params,
                                                          wire::WallTime now);

 private:
  // The common parameters of a call of either version.
  struct Common {
    std::string_view action, version, access_key_id, timestamp, nonce, security_token;
  };
  [[nodiscard]] tl::expected<Caller, GatewayError> verify_params(const HttpRequest& request, const RpcParams& params,
                                                                 wire::WallTime now);
  [[nodiscard]] tl::expected<Caller, GatewayError> verify_header(const HttpRequest& request, const RpcParams& params,
                                                                 wire::WallTime now);
  [[nodiscard]] tl::expected<Caller, GatewayError> find_account(const Common& common) const;
  [[nodiscard]] bool signature_matches(std::string_view method, const RpcParams& params, const AccountConfig& account,
                                       std::string_view signature);
  // What is checked behind the signature.
  [[nodiscard]] std::optional<GatewayError> refuse_signed(const Caller& caller, const Common& common,
                                                          wire::WallTime timestamp, wire::WallTime now);

  const std::vector<AccountConfig>& accounts_;
  std::unordered_map<std::string_view, std::size_t> by_key_;
  NonceMemory nonces_;
  std::vector<wire::Param> signed_params_;  // kept for its capacity
  std::string string_to_sign_;              // of the last call; version 3: its canonical request
  RpcParams query_params_;                  // of the last call of version 3 that had a body
};

}  // namespace fleet::bridge
