#include "bridge/broker_auth/guard.h"

#include <utility>

#include "bridge/broker_auth/topic_owner.h"
#include "wire/device_login.h"
#include "wire/identifiers.h"
#include "wire/signing.h"

namespace fleet::bridge {
namespace {

bool is_consumer(std::string_view username) { return username.starts_with(wire::kConsumerUsername); }

// "DEVICENAME&PRODUCTKEY", without putting it together.
bool is_device(std::string_view username, const wire::DeviceId& device) {
  const std::size_t name = device.device_name.size();
  return username.size() == name + 1 + device.product_key.size() && username[name] == '&' &&
         username.starts_with(device.device_name) && username.ends_with(device.product_key);
}

bool is_of_product(std::string_view username, std::string_view product_key) {
  const std::size_t size = product_key.size();
  return !is_consumer(username) && username.size() > size && username[username.size() - size - 1] == '&' &&
         username.ends_with(product_key);
}

bool is_of_app(std::string_view username, std::string_view app_key) {
  return is_consumer(username) && username.substr(wire::kConsumerUsername.size()) == app_key;
}

// The device that PRODUCTKEY&DEVICENAME names, the usual ID of a login.
std::optional<wire::DeviceId> named_by(std::string_view id) {
  const std::size_t ampersand = id.find('&');
  if (ampersand == std::string_view::npos) return {};
  const wire::DeviceId device{.product_key = id.substr(0, ampersand), .device_name = id.substr(ampersand + 1)};
  if (!wire::is_product_key(device.product_key) || !wire::is_device_name(device.device_name)) return {};
  return device;
}

LoginVerdict replaced() { return {LoginCode::not_authorized, "the registry was replaced; the broker must start anew"}; }

LoginVerdict unreadable() { return {LoginCode::not_authorized, "the registry cannot be read"}; }

}  // namespace

wire::Result<std::unique_ptr<Guard>> Guard::open(GuardOptions options) {
  auto reader = RegistryReader::open(options.registry);
  if (!reader) return tl::unexpected<wire::Error>(std::move(reader.error()));
  return std::unique_ptr<Guard>(new Guard(std::move(options), std::move(*reader)));
}

LoginVerdict Guard::login(const LoginTexts& texts, const void* connection) {
  if (texts.username.empty()) return {LoginCode::bad_credentials, "it gave no user name"};
  if (texts.username == options_.bridge_username) return login_bridge(texts);
  return is_consumer(texts.username) ? login_consumer(texts, connection) : login_device(texts, connection);
}

// The bridge's client ids and those of devices and consumers never meet: theirs have an extension.
LoginVerdict Guard::login_bridge(const LoginTexts& texts) const {
  if (!wire::equal_in_constant_time(texts.password, options_.bridge_password)) {
    return {LoginCode::not_authorized, "this is not the password of the bridge (mqtt.password)"};
  }
  if (wire::parse_login_id(texts.client_id))
    return {LoginCode::bad_client_id, "its client id has the form of a device's"};
  return {};
}

LoginVerdict Guard::login_consumer(const LoginTexts& texts, const void* connection) {
  const auto login = wire::parse_login_id(texts.client_id);
  if (!login) return {LoginCode::bad_client_id, login.error()};
  const std::string_view app_key = texts.username.substr(wire::kConsumerUsername.size());
  if (!wire::is_password(login->method, texts.password)) {
    return {LoginCode::bad_credentials, "its password is not hexadecimal of the method's length"};
  }
  if (replaced_) return replaced();
  const auto secret = reader_.app_secret(app_key);
  if (!secret) return unreadable();
  if (!*secret) return {LoginCode::not_authorized, "it is no app of the bridge's configuration (apps)"};
  if (!wire::password_matches(*login, **secret, wire::consumer_login_content(*login, app_key), texts.password)) {
    return {LoginCode::not_authorized, "wrong password"};
  }
  if (auto verdict = check_client_id(texts, login->id); verdict.code != LoginCode::accepted) return verdict;
  client_ids_.begin_consumer(texts.username, texts.client_id, connection);
  return {};
}

LoginVerdict Guard::login_device(const LoginTexts& texts, const void* connection) {
  const auto login = wire::parse_login_id(texts.client_id);
  if (!login) return {LoginCode::bad_client_id, login.error()};
  const auto id = wire::parse_device_username(texts.username);
  if (!id) return {LoginCode::bad_credentials, "its user name is not DEVICENAME&PRODUCTKEY"};
  if (!wire::is_password(login->method, texts.password)) {
    return {LoginCode::bad_credentials, "its password is not hexadecimal of the method's length"};
  }
  if (replaced_) return replaced();
  const auto device = reader_.device(*id);
  if (!device) return unreadable();
  if (!*device) return {LoginCode::not_authorized, "it is not registered"};
  if (!wire::password_matches(*login, (*device)->secret, wire::device_login_content(*login, *id), texts.password)) {
    return {LoginCode::not_authorized, "wrong password"};
  }
  if ((*device)->disabled) return {LoginCode::not_authorized, "it is disabled"};
  if (auto verdict = check_client_id(texts, login->id); verdict.code != LoginCode::accepted) return verdict;
  if ((*device)->is_gateway && !topology_.add(texts.username, (*device)->index)) return unreadable();
  return {.other = client_ids_.begin_device(texts.username, texts.client_id, connection)};
}

LoginVerdict Guard::check_client_id(const LoginTexts& texts, std::string_view id) {
  // Needs no memory: holds for sessions that are older than the broker, and for devices that have never logged in.
  if (const auto named = named_by(id); named && !is_device(texts.username, *named)) {
    const auto device = reader_.device(*named);
    if (!device) return unreadable();
    if (*device) return {LoginCode::bad_client_id, "its client id is the name of another device:", id};
  }
  const std::string_view owner = client_ids_.owner(texts.client_id);
  if (owner.empty() || owner == texts.username) return {};
  if (const auto other = wire::parse_device_username(owner)) {
    const auto device = reader_.device(*other);
    if (!device) return unreadable();
    if (!*device) {  // the same hardware under another name, say
      client_ids_.forget_device(owner);
      return {};
    }
  }
  return {LoginCode::bad_client_id, "its client id belongs to", owner};
}

bool Guard::may(std::string_view username, TopicAccess access, std::string_view topic) {
  if (access == TopicAccess::unsubscribe || username == options_.bridge_username) return true;
  const auto owner = owner_of(topic);
  if (!owner) return false;
  const bool down = access != TopicAccess::write;  // from the platform
  switch (owner->space) {
    case TopicSpace::consumers:
      return down && is_of_app(username, owner->app_key);
    case TopicSpace::broadcast:
      return down && is_of_product(username, owner->device.product_key);
    case TopicSpace::errors:
      return down && is_device(username, owner->device);
    case TopicSpace::session:
      return is_device(username, owner->device);
    case TopicSpace::own:
      break;
  }
  if (is_device(username, owner->device)) return true;
  if (access != TopicAccess::subscribe && topology_.speaks_for(username, owner->path)) return true;
  return access != TopicAccess::read && topology_.speaks_for_now(username, owner->path, owner->device);
}

wire::Result<void> Guard::tick(wire::TimePoint now) {
  if (now < next_look_) return {};
  if (refreshing_) {
    refreshing_ = topology_.refresh(kRefreshRows);
    next_look_ = now + (refreshing_ ? kRefreshEvery : kLookEvery);
    return {};
  }
  next_look_ = now + kLookEvery;
  if (!replaced_ && reader_.is_replaced()) {
    replaced_ = true;
    return wire::environment_error(
        "the registry was replaced or removed while the broker reads it; nobody is let in until the broker starts anew",
        options_.registry);
  }
  auto changed = reader_.changed();
  if (!changed) {
    if (std::exchange(failing_, true)) return {};
    return tl::unexpected<wire::Error>(std::move(changed.error()));
  }
  failing_ = false;
  if (!*changed) return {};
  topology_.expire();
  refreshing_ = topology_.refresh(kRefreshRows);
  if (refreshing_) next_look_ = now + kRefreshEvery;
  return {};
}

}  // namespace fleet::bridge
