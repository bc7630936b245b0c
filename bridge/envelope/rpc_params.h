// The parameters of one RPC call: the union of the query and the form body, decoded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/encoding.h"

namespace fleet::bridge {

// Owned by the API, which decodes every call into the same one; views that it gives out are valid until the next
// decode().
class RpcParams {
 public:
  // Where a key is given several times, the last one wins, and the body comes behind the query: assumed, the API pages
  // do not say. After an error what was read up to there can still be looked up.
  [[nodiscard]] std::optional<wire::FormError> decode(std::string_view query, std::string_view body,
                                                      std::size_t params_max);

  // The parameter of exactly this name. O(log n).
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;

  // A parameter of an action. `name` begins with a capital; callers may write the first letter small (the API pages do
  // it themselves). Where both spellings are given, the capital one counts.
  [[nodiscard]] std::optional<std::string_view> get_business(std::string_view name) const;

  // The elements of a list "name.N" in the order of N, gaps passed over, either case as above; `out` is overwritten.
  // A suffix that is no number from 1 to 9,999,999 without leading zeros makes it another, unknown parameter.
  void get_list(std::string_view name, std::vector<std::string_view>& out);

  // All parameters, sorted by key, each key once. Signing takes Signature out.
  [[nodiscard]] const std::vector<wire::Param>& all() const { return params_; }

 private:
  struct Element {
    std::uint32_t order;  // 2 N, and 1 more for the small spelling
    std::string_view value;
  };
  void sort_and_merge();
  void collect(std::string_view prefix, std::uint32_t low_bit);

  std::string storage_;
  std::vector<wire::Param> params_;
  std::vector<Element> elements_;
};

}  // namespace fleet::bridge
