#include "bridge/broker_auth/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "wire/identifiers.h"

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
constexpr std::string_view kApps = "apps";

wire::Result<void> read_apps(const std::string& path, GuardOptions& out) {
  std::ifstream file(path);
  if (!file) {
    return wire::environment_error(fmt::format("plugin_opt_apps cannot be read: {}", std::strerror(errno)), path);
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (file.bad()) return wire::environment_error("plugin_opt_apps cannot be read", path);
  auto apps = parse_apps(text, path);
  if (!apps) return tl::unexpected<wire::Error>(std::move(apps.error()));
  out.apps = std::move(*apps);
  return {};
}

wire::Result<void> take(const GuardOption& option, GuardOptions& out) {
  if (option.key == kApps) return read_apps(std::string(option.value), out);
  for (const TextOption& text : kTexts) {
    if (option.key != text.key) continue;
    out.*text.member = option.value;
    return {};
  }
  return wire::usage_error(
      fmt::format("unknown option plugin_opt_{}; known: registry, bridge_username, bridge_password, apps", option.key));
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

wire::Result<std::map<std::string, std::string, std::less<>>> parse_apps(std::string_view text,
                                                                         const std::string& name) {
  std::map<std::string, std::string, std::less<>> apps;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    const std::string where = fmt::format("{}:{}", name, number);
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos || tab + 1 == line.size() || !wire::is_tmc_name(line.substr(0, tab))) {
      return wire::usage_error("the line is not an app key, a tab and an app secret", where);
    }
    if (!apps.emplace(line.substr(0, tab), line.substr(tab + 1)).second) {
      return wire::usage_error(fmt::format("app key '{}' is given twice", line.substr(0, tab)), where);
    }
  }
  return apps;
}

}  // namespace fleet::bridge
