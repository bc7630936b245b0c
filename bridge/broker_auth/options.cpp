#include "bridge/broker_auth/options.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace fleet::bridge {
namespace {

// A required text option and where it goes.
struct TextOption {
  std::string_view key;
  std::string GuardOptions::*member;
};
constexpr std::array kTexts = {TextOption{"registry", &GuardOptions::registry},
                               TextOption{"bridge_username", &GuardOptions::bridge_username},
                               TextOption{"bridge_password", &GuardOptions::bridge_password}};

wire::Result<void> take(const GuardOption& option, GuardOptions& out) {
  for (const TextOption& text : kTexts) {
    if (option.key != text.key) continue;
    out.*text.member = option.value;
    return {};
  }
  return wire::usage_error(
      fmt::format("unknown option plugin_opt_{}; known: registry, bridge_username, bridge_password", option.key));
}

}  // namespace

wire::Result<GuardOptions> read_options(std::span<const GuardOption> options) {
  GuardOptions out;
  for (const GuardOption& option : options) {
    if (auto taken = take(option, out); !taken) return tl::unexpected<wire::Error>(std::move(taken.error()));
  }
  for (const TextOption& text : kTexts) {
    if ((out.*text.member).empty()) return wire::usage_error(fmt::format("plugin_opt_{} is missing", text.key));
  }
  if (out.bridge_username.find('&') != std::string::npos) {
    return wire::usage_error("plugin_opt_bridge_username must hold no '&': user names of devices and consumers do");
  }
  return out;
}

}  // namespace fleet::bridge
