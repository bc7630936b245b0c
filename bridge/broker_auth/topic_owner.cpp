#include "bridge/broker_auth/topic_owner.h"

#include "wire/identifiers.h"

namespace fleet::bridge {
namespace {

// Takes the first level and the slash behind it off `rest`; false: there is no slash.
bool take_level(std::string_view& rest, std::string_view& level) {
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return false;
  level = rest.substr(0, slash);
  rest.remove_prefix(slash + 1);
  return true;
}

// Both names and something behind them. Wildcards are in no grammar of names.
std::optional<TopicOwner> device_space(TopicSpace space, std::string_view rest) {
  const std::string_view all = rest;
  TopicOwner owner{.space = space};
  if (!take_level(rest, owner.device.product_key) || !take_level(rest, owner.device.device_name)) return {};
  owner.path = all.substr(0, owner.device.product_key.size() + 1 + owner.device.device_name.size());
  if (rest.empty() || !wire::is_product_key(owner.device.product_key)) return {};
  if (!wire::is_device_name(owner.device.device_name)) return {};
  return owner;
}

std::optional<TopicOwner> custom_space(std::string_view topic) {
  auto owner = device_space(TopicSpace::own, topic.substr(1));
  if (!owner) return {};
  constexpr std::string_view kUser = "/user/";
  const std::string_view behind = topic.substr(1 + owner->path.size());
  if (!behind.starts_with(kUser) || behind.size() == kUser.size()) return {};
  return owner;
}

std::optional<TopicOwner> broadcast_space(std::string_view product_key) {
  if (!wire::is_product_key(product_key)) return {};
  return TopicOwner{.space = TopicSpace::broadcast, .device = {.product_key = product_key, .device_name = {}}};
}

std::optional<TopicOwner> error_space(std::string_view rest) {
  TopicOwner owner{.space = TopicSpace::errors, .path = rest};
  if (!take_level(rest, owner.device.product_key)) return {};
  owner.device.device_name = rest;
  if (!wire::is_product_key(owner.device.product_key) || !wire::is_device_name(rest)) return {};
  return owner;
}

constexpr std::string_view kSystem = "/sys/";

// A topic that a device owns by itself, not inside another one.
std::optional<TopicOwner> plain_space(std::string_view topic) {
  if (topic.starts_with(kSystem)) return device_space(TopicSpace::own, topic.substr(kSystem.size()));
  return topic.starts_with('/') ? custom_space(topic) : std::nullopt;
}

// "/ext/rrpc/{id}" in front of the topic that is answered on.
std::optional<TopicOwner> rrpc_space(std::string_view rest) {
  std::string_view id;
  const std::string_view all = rest;
  if (!take_level(rest, id) || id.empty()) return {};
  return plain_space(all.substr(id.size()));
}

}  // namespace

std::optional<TopicOwner> owner_of(std::string_view topic) {
  constexpr std::string_view kShare = "$share/";
  constexpr std::string_view kSession = "/ext/session/";
  constexpr std::string_view kError = "/ext/error/";
  constexpr std::string_view kRrpc = "/ext/rrpc/";
  constexpr std::string_view kExtension = "/ext/";
  constexpr std::string_view kBroadcast = "/broadcast/";
  constexpr std::string_view kSystemBroadcast = "/sys/broadcast/";
  constexpr std::string_view kTmc = "tmc/";
  if (topic.starts_with(kShare)) {
    topic.remove_prefix(kShare.size());
    std::string_view group;
    if (!take_level(topic, group) || topic.starts_with('$')) return {};
  }
  if (topic.starts_with(kTmc)) {
    std::string_view rest = topic.substr(kTmc.size());
    TopicOwner owner{.space = TopicSpace::consumers};
    if (!take_level(rest, owner.app_key) || rest.empty() || !wire::is_tmc_name(owner.app_key)) return {};
    return owner;
  }
  if (topic.starts_with(kExtension)) {
    if (topic.starts_with(kSession)) return device_space(TopicSpace::session, topic.substr(kSession.size()));
    if (topic.starts_with(kError)) return error_space(topic.substr(kError.size()));
    if (topic.starts_with(kRrpc)) return rrpc_space(topic.substr(kRrpc.size()));
    return {};
  }
  if (topic.starts_with(kBroadcast)) {
    std::string_view rest = topic.substr(kBroadcast.size());
    std::string_view product_key;
    if (!take_level(rest, product_key) || rest.empty()) return {};
    return broadcast_space(product_key);
  }
  if (topic.starts_with(kSystemBroadcast)) return broadcast_space(topic.substr(kSystemBroadcast.size()));
  return plain_space(topic);
}

}  // namespace fleet::bridge
