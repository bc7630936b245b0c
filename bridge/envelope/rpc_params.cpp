#include "bridge/envelope/rpc_params.h"

#include <algorithm>
#include <array>
#include <functional>

namespace fleet::bridge {
namespace {

// A call with 256 KB of content needs 350 KB; what a larger one took is given back.
constexpr std::size_t kKeptBytesMax = 1u << 20;

constexpr std::size_t kNameMax = 64;  // the longest name in the action table is far shorter

bool key_before(const wire::Param& a, const wire::Param& b) { return a.key < b.key; }

// Views lie in storage in the order in which they were sent: the address tells the earlier one.
bool key_and_place_before(const wire::Param& a, const wire::Param& b) {
  const int order = a.key.compare(b.key);
  return order != 0 ? order < 0 : std::less<>{}(a.key.data(), b.key.data());
}

// `name` with a small first letter, written into `buffer`.
std::string_view small_spelling(std::string_view name, std::array<char, kNameMax>& buffer) {
  const std::size_t size = std::min(name.size(), kNameMax);
  std::copy_n(name.begin(), size, buffer.begin());
  if (size != 0 && buffer[0] >= 'A' && buffer[0] <= 'Z') buffer[0] = static_cast<char>(buffer[0] - 'A' + 'a');
  return {buffer.data(), size};
}

// N of a list element, 0 where `text` is none.
std::uint32_t element_number(std::string_view text) {
  if (text.empty() || text.size() > 7 || text[0] == '0') return 0;
  std::uint32_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return 0;
    number = number * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return number;
}

bool is_small_spelling(std::string_view text, std::string_view name) {
  return text.size() == name.size() && !name.empty() && name[0] >= 'A' && name[0] <= 'Z' &&
         text[0] == name[0] - 'A' + 'a' && text.substr(1) == name.substr(1);
}

std::uint64_t order_of(std::uint32_t number, std::size_t member, bool small) {
  return (std::uint64_t{number} << 9) | (member << 1) | (small ? 1u : 0u);
}
std::uint32_t number_of(std::uint64_t order) { return static_cast<std::uint32_t>(order >> 9); }
std::size_t member_of(std::uint64_t order) { return (order >> 1) & 0xff; }

}  // namespace

std::optional<wire::FormError> RpcParams::decode(std::string_view query, std::string_view body,
                                                 std::size_t params_max) {
  params_.clear();
  storage_.clear();
  if (storage_.capacity() > kKeptBytesMax) storage_ = {};
  storage_.reserve(query.size() + body.size());
  auto error = wire::decode_form(query, params_max, storage_, params_);
  if (!error) error = wire::decode_form(body, params_max - params_.size(), storage_, params_);
  sort_and_merge();
  return error;
}

void RpcParams::sort_and_merge() {
  // The public SDKs send their parameters in order already.
  if (!std::is_sorted(params_.begin(), params_.end(), key_before)) {
    std::sort(params_.begin(), params_.end(), key_and_place_before);
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < params_.size(); ++i) {
    const bool again = kept != 0 && params_[kept - 1].key == params_[i].key;
    params_[again ? kept - 1 : kept++] = params_[i];
  }
  params_.resize(kept);
}

std::optional<std::string_view> RpcParams::get(std::string_view name) const {
  const auto found = std::lower_bound(params_.begin(), params_.end(), wire::Param{name, {}}, key_before);
  if (found == params_.end() || found->key != name) return {};
  return found->value;
}

std::optional<std::string_view> RpcParams::get_business(std::string_view name) const {
  if (const auto value = get(name)) return value;
  std::array<char, kNameMax> buffer;
  return get(small_spelling(name, buffer));
}

void RpcParams::collect(std::string_view prefix, bool small) {
  auto at = std::lower_bound(params_.begin(), params_.end(), wire::Param{prefix, {}}, key_before);
  for (; at != params_.end() && at->key.starts_with(prefix); ++at) {
    // Between "DeviceName" and "DeviceName.1" there may be keys such as "DeviceName-x": the dot is checked here.
    std::string_view suffix = at->key.substr(prefix.size());
    if (!suffix.starts_with('.')) continue;
    suffix.remove_prefix(1);
    if (const std::uint32_t number = element_number(suffix))
      elements_.push_back({order_of(number, 0, small), at->value});
  }
}

void RpcParams::collect_members(std::string_view prefix, bool small, std::span<const std::string_view> members) {
  auto at = std::lower_bound(params_.begin(), params_.end(), wire::Param{prefix, {}}, key_before);
  for (; at != params_.end() && at->key.starts_with(prefix); ++at) {
    std::string_view suffix = at->key.substr(prefix.size());
    if (!suffix.starts_with('.')) continue;
    suffix.remove_prefix(1);
    const std::size_t dot = suffix.find('.');
    if (dot == std::string_view::npos) continue;
    const std::uint32_t number = element_number(suffix.substr(0, dot));
    if (number == 0) continue;
    const std::string_view name = suffix.substr(dot + 1);
    for (std::size_t member = 0; member < members.size(); ++member) {
      const bool capital = name == members[member];
      if (capital || is_small_spelling(name, members[member])) {
        elements_.push_back({order_of(number, member, small || !capital), at->value});
      }
    }
  }
}

void RpcParams::sort_elements() {
  const auto before = [](const Element& a, const Element& b) { return a.order < b.order; };
  if (std::is_sorted(elements_.begin(), elements_.end(), before)) return;
  std::uint32_t last = 0;
  for (const Element& element : elements_) last = std::max(last, number_of(element.order));
  // Numbers far apart are few or nobody's honest work.
  if (last > 4 * elements_.size()) return std::sort(elements_.begin(), elements_.end(), before);
  // Every number has its place: linear, where keys come in the order of their texts ("N.1", "N.10", "N.100").
  places_.assign(std::size_t{last} + 2, 0);
  for (const Element& element : elements_) ++places_[number_of(element.order) + 1];
  for (std::size_t number = 1; number < places_.size(); ++number) places_[number] += places_[number - 1];
  sorted_.resize(elements_.size());
  for (const Element& element : elements_) sorted_[places_[number_of(element.order)]++] = element;
  elements_.swap(sorted_);
  // The few members of each number among themselves.
  for (std::size_t i = 1; i < elements_.size(); ++i) {
    const Element element = elements_[i];
    std::size_t at = i;
    for (; at > 0 && before(element, elements_[at - 1]); --at) elements_[at] = elements_[at - 1];
    elements_[at] = element;
  }
}

void RpcParams::get_list(std::string_view name, std::vector<std::string_view>& out) {
  out.clear();
  elements_.clear();
  std::array<char, kNameMax> buffer;
  collect(name, false);
  collect(small_spelling(name, buffer), true);
  sort_elements();
  std::uint32_t last = 0;
  for (const Element& element : elements_) {
    if (number_of(element.order) == last) continue;
    last = number_of(element.order);
    out.push_back(element.value);
  }
}

void RpcParams::get_structs(std::string_view name, std::span<const std::string_view> members,
                            std::vector<StructItem>& out) {
  out.clear();
  elements_.clear();
  std::array<char, kNameMax> buffer;
  collect_members(name, false, members.first(std::min(members.size(), StructItem::kMembersMax)));
  collect_members(small_spelling(name, buffer), true, members.first(std::min(members.size(), StructItem::kMembersMax)));
  sort_elements();
  for (const Element& element : elements_) {
    if (out.empty() || out.back().number != number_of(element.order)) {
      out.emplace_back().number = number_of(element.order);
    }
    // The capital spelling comes first and counts.
    std::string_view& member = out.back().members[member_of(element.order)];
    if (member.data() == nullptr) member = element.value.data() == nullptr ? std::string_view("") : element.value;
  }
}

}  // namespace fleet::bridge
