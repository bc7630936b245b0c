// HTTP Basic (RFC 7617): who calls the bcast API.
#pragma once

#include <cstddef>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "bridge/bcast/error.h"
#include "bridge/config/config.h"

namespace fleet::bridge {

// Owned by the API; lives on its loop.
class BcastGate {
 public:
  // `keys` outlive it and do not change.
  explicit BcastGate(const std::vector<BcastKeyConfig>& keys) : keys_(keys) {}

  // The key of the configuration that `authorization` (the header) names together with its secret. O(keys); secrets are
  // compared in constant time. Errors: no or another kind of credentials; a wrong key or secret.
  [[nodiscard]] tl::expected<const BcastKeyConfig*, const BcastError*> verify(std::string_view authorization);

 private:
  const std::vector<BcastKeyConfig>& keys_;
  std::vector<std::byte> decoded_;  // kept for its capacity
};

}  // namespace fleet::bridge
