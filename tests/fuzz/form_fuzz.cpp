// Any text as a form, and as base64: what is decoded stays within what was given and comes back when it is encoded.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/envelope/rpc_params.h"
#include "wire/encoding.h"
#include "wire/error.h"

namespace {

using fleet::wire::Param;

constexpr std::size_t kParamsMax = 64;

std::string encode(const std::vector<Param>& params) {
  std::string text;
  for (const Param& param : params) {
    if (!text.empty()) text.push_back('&');
    fleet::wire::percent_append(param.key, text);
    text.push_back('=');
    fleet::wire::percent_append(param.value, text);
  }
  return text;
}

void check_form(std::string_view text) {
  std::string storage;
  storage.reserve(text.size());
  std::vector<Param> params;
  const auto error = fleet::wire::decode_form(text, kParamsMax, storage, params);
  FLEET_CHECK(params.size() <= kParamsMax && storage.size() <= text.size());
  for (const Param& param : params) {
    FLEET_CHECK(param.key.find('\0') == std::string_view::npos && param.value.find('\0') == std::string_view::npos);
  }
  if (error) return;
  const std::string again = encode(params);
  std::string storage_again;
  storage_again.reserve(again.size());
  std::vector<Param> params_again;
  FLEET_CHECK(!fleet::wire::decode_form(again, kParamsMax, storage_again, params_again));
  FLEET_CHECK(params.size() == params_again.size());
  for (std::size_t i = 0; i < params.size(); ++i) {
    FLEET_CHECK(params[i].key == params_again[i].key && params[i].value == params_again[i].value);
  }
}

void check_params(std::string_view text) {
  const std::size_t split = text.size() / 2;
  fleet::bridge::RpcParams params;
  (void)params.decode(text.substr(0, split), text.substr(split), kParamsMax);
  std::vector<std::string_view> list;
  params.get_list("N", list);
  FLEET_CHECK(list.size() <= params.all().size());
  for (std::size_t i = 1; i < params.all().size(); ++i) FLEET_CHECK(params.all()[i - 1].key < params.all()[i].key);
}

void check_base64(std::string_view text) {
  std::vector<std::byte> bytes;
  if (!fleet::wire::base64_decode(text, bytes)) return;
  const std::string again = fleet::wire::base64_encode(bytes);
  FLEET_CHECK(again.size() == text.size());
  std::vector<std::byte> bytes_again;
  FLEET_CHECK(fleet::wire::base64_decode(again, bytes_again) && bytes == bytes_again);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  check_form(text);
  check_params(text);
  check_base64(text);
  return 0;
}
