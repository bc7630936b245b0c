#include "bridge/envelope/top_gate.h"

#include <algorithm>
#include <optional>

#include "bridge/envelope/top_time.h"
#include "wire/signing.h"
#include "wire/signing_top.h"

namespace fleet::bridge {
namespace {

constexpr std::string_view kVersion = "2.0";

// A call with 50 messages of 8 KB; what a larger one took is given back.
constexpr std::size_t kKeptBytesMax = 1u << 20;

struct Mandatory {
  std::string_view name;
  TopCode absent;
};
constexpr Mandatory kMandatory[] = {
    {"method", TopCode::missing_method},       {"app_key", TopCode::missing_app_key},
    {"timestamp", TopCode::missing_timestamp}, {"v", TopCode::missing_version},
    {"sign", TopCode::missing_signature},
};

// digits.digits
bool is_version(std::string_view text) {
  const auto is_number = [](std::string_view part) {
    return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  const std::size_t dot = text.find('.');
  return dot != std::string_view::npos && is_number(text.substr(0, dot)) && is_number(text.substr(dot + 1));
}

std::string upper_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

}  // namespace

bool TopGate::signature_matches(const TopParams& params, const TmcApp& app) {
  constexpr std::size_t kSignMax = 64;
  if (params.get("sign").size() > kSignMax) return false;
  const std::string given = upper_case(params.get("sign"));
  const auto method = *wire::parse_top_sign_method(params.get("sign_method"));
  if (string_to_sign_.capacity() > kKeptBytesMax) string_to_sign_ = {};
  const auto matches = [&](wire::EmptyValues empty_values) {
    wire::top_string_to_sign(params.all(), empty_values, string_to_sign_);
    return wire::equal_in_constant_time(wire::top_signature(method, app.secret(), string_to_sign_), given);
  };
  if (matches(wire::EmptyValues::skipped)) return true;
  const auto is_empty = [](const wire::Param& param) { return param.value.empty(); };
  return std::any_of(params.all().begin(), params.all().end(), is_empty) && matches(wire::EmptyValues::kept);
}

tl::expected<TmcApp*, TopError> TopGate::verify(const TopParams& params, TopFormat format, const TmcApps& apps,
                                                wire::WallTime now) {
  const auto refuse = [](TopCode code) { return tl::unexpected(top_error(code)); };
  for (const Mandatory& mandatory : kMandatory) {
    if (params.get(mandatory.name).empty()) return refuse(mandatory.absent);
  }
  // The table has no codes of their own for these two.
  const std::string_view sign_method = params.get("sign_method");
  if (sign_method.empty()) return tl::unexpected(missing_argument("sign_method"));
  if (!wire::parse_top_sign_method(sign_method)) return tl::unexpected(invalid_argument("sign_method"));
  if (!format.known) return refuse(TopCode::invalid_format);
  TmcApp* const app = apps.find(params.get("app_key"));
  if (app == nullptr) return refuse(TopCode::invalid_app_key);
  const auto timestamp = parse_top_time(params.get("timestamp"));
  if (!timestamp || *timestamp < now - kTopWindow || *timestamp > now + kTopWindow) {
    return refuse(TopCode::invalid_timestamp);
  }
  const std::string_view version = params.get("v");
  if (!is_version(version)) return refuse(TopCode::invalid_version);
  if (version != kVersion) return refuse(TopCode::unsupported_version);
  if (!signature_matches(params, *app)) return refuse(TopCode::invalid_signature);
  return app;
}

}  // namespace fleet::bridge
