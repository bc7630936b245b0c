// The parameters of one RPC call: the union of the query and the form body, decoded.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/encoding.h"

namespace fleet::bridge {

// One element of a list of structs, "Name.N.Member".
struct StructItem {
  static constexpr std::size_t kMembersMax = 6;  // BatchAddThingTopo has six

  std::uint32_t number = 0;                             // N
  std::array<std::string_view, kMembersMax> members{};  // in the order asked for; absent: a view of nothing

  [[nodiscard]] bool has(std::size_t member) const { return members[member].data() != nullptr; }
};

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

  // The elements of a list "name.N.Member" in the order of N, gaps passed over, for `members` (at most kMembersMax);
  // either case of the first letter of name and of member. Elements with none of the members are passed over; `out` is
  // overwritten.
  void get_structs(std::string_view name, std::span<const std::string_view> members, std::vector<StructItem>& out);

  // All parameters, sorted by key, each key once. Signing takes Signature out.
  [[nodiscard]] const std::vector<wire::Param>& all() const { return params_; }

 private:
  struct Element {
    std::uint64_t order;  // N, the member in 8 bits, and one bit that is set for the small spelling
    std::string_view value;
  };
  void sort_and_merge();
  // Appends what "prefix.N" or "prefix.N.Member" hold to elements_.
  void collect(std::string_view prefix, bool small);
  void collect_members(std::string_view prefix, bool small, std::span<const std::string_view> members);
  void sort_elements();

  std::string storage_;
  std::vector<wire::Param> params_;
  std::vector<Element> elements_;
  // Of sort_elements().
  std::vector<Element> sorted_;
  std::vector<std::uint32_t> places_;
};

}  // namespace fleet::bridge
