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

void RpcParams::collect(std::string_view prefix, std::uint32_t low_bit) {
  auto at = std::lower_bound(params_.begin(), params_.end(), wire::Param{prefix, {}}, key_before);
  for (; at != params_.end() && at->key.starts_with(prefix); ++at) {
    // Between "DeviceName" and "DeviceName.1" there may be keys such as "DeviceName-x": the dot is checked here.
    std::string_view suffix = at->key.substr(prefix.size());
    if (!suffix.starts_with('.')) continue;
    suffix.remove_prefix(1);
    if (const std::uint32_t number = element_number(suffix)) elements_.push_back({2 * number + low_bit, at->value});
  }
}

void RpcParams::get_list(std::string_view name, std::vector<std::string_view>& out) {
  out.clear();
  elements_.clear();
  std::array<char, kNameMax> buffer;
  collect(name, 0);
  collect(small_spelling(name, buffer), 1);
  const auto before = [](const Element& a, const Element& b) { return a.order < b.order; };
  if (!std::is_sorted(elements_.begin(), elements_.end(), before)) {
    std::sort(elements_.begin(), elements_.end(), before);
  }
  std::uint32_t last = 0;
  for (const Element& element : elements_) {
    if (element.order / 2 == last) continue;
    last = element.order / 2;
    out.push_back(element.value);
  }
}

}  // namespace fleet::bridge
