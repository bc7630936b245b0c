// Any body as multipart/form-data, and any parameters written as one: what is read views the body, and what was written
// comes back.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/envelope/multipart.h"
#include "wire/error.h"

namespace {

using fleet::wire::Param;

constexpr std::size_t kPartsMax = 64;

bool views(std::string_view part, std::string_view whole) {
  const std::less_equal<> before;
  return part.empty() ||
         (before(whole.data(), part.data()) && before(part.data() + part.size(), whole.data() + whole.size()));
}

void check_any(std::string_view type, std::string_view body) {
  const std::string_view boundary = fleet::bridge::multipart_boundary(type);
  FLEET_CHECK(views(boundary, type) && boundary.size() <= 70);
  FLEET_CHECK(boundary.empty() || fleet::bridge::is_multipart(type));
  std::vector<Param> params;
  const bool whole = fleet::bridge::read_multipart(body, boundary, kPartsMax, params);
  FLEET_CHECK(params.size() <= kPartsMax && (!whole || !boundary.empty()));
  for (const Param& param : params) {
    FLEET_CHECK(!param.key.empty() && views(param.key, body) && views(param.value, body));
    FLEET_CHECK(param.value.find('\0') == std::string_view::npos);
  }
}

// Lines "name=value" as the parts of a body.
void check_written(std::string_view text) {
  constexpr std::string_view kBoundary = "b0undary";
  if (text.find(kBoundary) != std::string_view::npos || text.find('\0') != std::string_view::npos) return;
  std::vector<Param> params;
  std::string body;
  while (!text.empty() && params.size() < kPartsMax) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = line.find('=');
    if (equals == 0 || equals == std::string_view::npos) continue;
    const std::string_view name = line.substr(0, equals);
    if (name.find_first_of("\"\\\r") != std::string_view::npos) continue;
    params.push_back({name, line.substr(equals + 1)});
    body.append("--").append(kBoundary).append("\r\nContent-Disposition: form-data; name=\"").append(name);
    body.append("\"\r\n\r\n").append(params.back().value).append("\r\n");
  }
  body.append("--").append(kBoundary).append("--\r\n");
  std::vector<Param> read;
  FLEET_CHECK(fleet::bridge::read_multipart(body, kBoundary, kPartsMax, read));
  FLEET_CHECK(read.size() == params.size());
  for (std::size_t i = 0; i < read.size(); ++i) {
    FLEET_CHECK(read[i].key == params[i].key && read[i].value == params[i].value);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const std::size_t line = std::min(text.find('\n'), text.size());
  check_any(text.substr(0, line), text.substr(std::min(line + 1, text.size())));
  check_written(text);
  return 0;
}
