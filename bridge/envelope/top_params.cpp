#include "bridge/envelope/top_params.h"

#include <algorithm>

#include "bridge/envelope/aliyun_rpc.h"
#include "bridge/envelope/multipart.h"

namespace fleet::bridge {
namespace {

// 50 messages of 8 KB; what a larger call took is given back.
constexpr std::size_t kKeptBytesMax = 1u << 20;

bool key_before(const wire::Param& a, const wire::Param& b) { return a.key < b.key; }

TopError parameter_error(std::string_view why) {
  TopError error = top_error(TopCode::parameter_error);
  error.sub_code = "isv.invalid-parameter";
  error.sub_message = why;
  return error;
}

std::optional<TopError> form_refusal(const std::optional<wire::FormError>& error) {
  if (!error) return {};
  if (*error == wire::FormError::too_many_params) return parameter_error("the request has too many parameters");
  return parameter_error("%XX needs two hexadecimal digits and must not be %00");
}

}  // namespace

std::optional<TopError> TopParams::decode(const HttpRequest& request, std::size_t params_max) {
  params_.clear();
  storage_.clear();
  if (storage_.capacity() > kKeptBytesMax) storage_ = {};
  storage_.reserve(request.query.size() + request.body.size());
  auto error = form_refusal(wire::decode_form(request.query, params_max, storage_, params_));
  if (!error) error = decode_body(request, params_max - params_.size());
  if (!std::is_sorted(params_.begin(), params_.end(), key_before)) {
    std::stable_sort(params_.begin(), params_.end(), key_before);
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < params_.size(); ++i) {
    const bool again = kept != 0 && params_[kept - 1].key == params_[i].key;
    params_[again ? kept - 1 : kept++] = params_[i];
  }
  params_.resize(kept);
  return error;
}

std::optional<TopError> TopParams::decode_body(const HttpRequest& request, std::size_t params_max) {
  if (request.body.empty()) return {};
  if (is_form(request.content_type)) {
    return form_refusal(wire::decode_form(request.body, params_max, storage_, params_));
  }
  if (!is_multipart(request.content_type)) {
    return parameter_error("the body must be application/x-www-form-urlencoded or multipart/form-data");
  }
  const std::string_view boundary = multipart_boundary(request.content_type);
  if (read_multipart(request.body, boundary, params_max, params_)) return {};
  return top_error(TopCode::upload_fail);
}

std::string_view TopParams::get(std::string_view name) const {
  const auto found = std::lower_bound(params_.begin(), params_.end(), wire::Param{name, {}}, key_before);
  return found == params_.end() || found->key != name ? std::string_view() : found->value;
}

}  // namespace fleet::bridge
