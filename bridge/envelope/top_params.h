// The parameters of one TOP call: the union of the query and the body, decoded.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/envelope/http.h"
#include "bridge/envelope/top_error.h"
#include "wire/encoding.h"

namespace fleet::bridge {

// Owned by the API, which decodes every call into the same one; views that it gives out are valid until the next
// decode(), and no longer than the request.
class TopParams {
 public:
  // The body is a form or multipart/form-data. Where a key is given several times, the last one wins, and the body
  // comes behind the query: assumed. Errors: 43 for a form that cannot be decoded, for too many parameters and for
  // another type of body, 3 for a broken multipart body. Behind an error what was read up to there can be looked up.
  [[nodiscard]] std::optional<TopError> decode(const HttpRequest& request, std::size_t params_max);

  // Empty where the parameter is absent: TOP makes no difference. O(log n).
  [[nodiscard]] std::string_view get(std::string_view name) const;

  // All parameters, sorted by key, each key once; sign is among them.
  [[nodiscard]] const std::vector<wire::Param>& all() const { return params_; }

 private:
  [[nodiscard]] std::optional<TopError> decode_body(const HttpRequest& request, std::size_t params_max);

  std::string storage_;
  std::vector<wire::Param> params_;
};

}  // namespace fleet::bridge
