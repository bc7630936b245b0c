#include "wire/device_login.h"

#include <algorithm>

#include "wire/error.h"
#include "wire/identifiers.h"

namespace fleet::wire {
namespace {

constexpr char kBar = '|';
// 18,446,744,073,709,551,615; the platform's are milliseconds since 1970.
constexpr std::size_t kTimestampBytesMax = 20;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool is_timestamp(std::string_view text) {
  return !text.empty() && text.size() <= kTimestampBytesMax && std::all_of(text.begin(), text.end(), is_digit);
}

// What the extension has said so far.
struct Extension {
  LoginId login{};
  bool has_method = false;
  bool has_mode = false;

  // The error of one `key=value`; empty: it is good.
  [[nodiscard]] std::string_view take(std::string_view pair);
};

std::string_view Extension::take(std::string_view pair) {
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos || equals == 0) return "its extension holds something else than key=value";
  const std::string_view key = pair.substr(0, equals);
  const std::string_view value = pair.substr(equals + 1);
  if (key == "signmethod") {
    const auto method = parse_sign_method(value);
    if (has_method) return "its extension gives signmethod twice";
    if (!method || *method == SignMethod::sha256) return "signmethod is none of hmacmd5, hmacsha1 and hmacsha256";
    has_method = true;
    login.method = *method;
  } else if (key == "timestamp") {
    if (login.timestamp) return "its extension gives timestamp twice";
    if (!is_timestamp(value)) return "timestamp is no number of at most 20 digits";
    login.timestamp = value;
  } else if (key == "securemode") {
    if (has_mode) return "its extension gives securemode twice";
    if (value != "2" && value != "3") return "securemode is neither 2 nor 3";
    has_mode = true;
  }
  return {};
}

std::size_t hex_digits(SignMethod method) {
  switch (method) {
    case SignMethod::hmac_md5:
      return 32;
    case SignMethod::hmac_sha1:
      return 40;
    case SignMethod::hmac_sha256:
    case SignMethod::sha256:
      break;
  }
  return 64;
}

void append_timestamp(const LoginId& login, std::string& out) {
  if (login.timestamp) out.append("timestamp").append(*login.timestamp);
}

std::string extended(const LoginId& login) {
  std::string text(login.id);
  return text.append("|securemode=3,signmethod=hmacsha256,timestamp=").append(*login.timestamp).append("|");
}

}  // namespace

tl::expected<LoginId, std::string_view> parse_login_id(std::string_view text) {
  using Wrong = tl::unexpected<std::string_view>;
  const std::size_t bar = text.find(kBar);
  if (bar == std::string_view::npos) return Wrong("it has no extension between two |");
  Extension extension;
  extension.login.id = text.substr(0, bar);
  if (extension.login.id.empty()) return Wrong("nothing stands in front of its extension");
  if (extension.login.id.size() > kLoginIdBytesMax) return Wrong("more than 64 bytes stand in front of its extension");
  std::string_view rest = text.substr(bar + 1);
  const std::size_t end = rest.find(kBar);
  if (end == std::string_view::npos) return Wrong("its extension has no | at the end");
  if (end + 1 != rest.size()) return Wrong("something stands behind its extension");
  rest = rest.substr(0, end);
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    if (const std::string_view wrong = extension.take(rest.substr(0, comma)); !wrong.empty()) return Wrong(wrong);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return extension.login;
}

std::optional<DeviceId> parse_device_username(std::string_view text) {
  const std::size_t ampersand = text.find('&');
  if (ampersand == std::string_view::npos) return {};
  const DeviceId device{.product_key = text.substr(ampersand + 1), .device_name = text.substr(0, ampersand)};
  if (!is_device_name(device.device_name) || !is_product_key(device.product_key)) return {};
  return device;
}

std::string device_login_content(const LoginId& login, const DeviceId& device) {
  std::string out("clientId");
  out.append(login.id).append("deviceName").append(device.device_name);
  out.append("productKey").append(device.product_key);
  append_timestamp(login, out);
  return out;
}

std::string consumer_login_content(const LoginId& login, std::string_view app_key) {
  std::string out("appKey");
  out.append(app_key).append("clientId").append(login.id);
  append_timestamp(login, out);
  return out;
}

bool password_matches(const LoginId& login, std::string_view secret, std::string_view content,
                      std::string_view password) {
  return device_sign_matches(login.method, secret, content, password);
}

bool is_password(SignMethod method, std::string_view password) {
  return password.size() == hex_digits(method) && std::all_of(password.begin(), password.end(), is_hex);
}

mqtt::Login device_login(const DeviceId& device, std::string_view secret, std::string_view timestamp) {
  std::string id;
  id.append(device.product_key).append("&").append(device.device_name);
  if (id.size() > kLoginIdBytesMax) id = device.device_name;
  const LoginId login{.id = id, .method = SignMethod::hmac_sha256, .timestamp = timestamp};
  std::string username(device.device_name);
  username.append("&").append(device.product_key);
  return {extended(login), std::move(username), device_sign(login.method, secret, device_login_content(login, device))};
}

mqtt::Login consumer_login(std::string_view app_key, std::string_view app_secret, std::string_view id,
                           std::string_view timestamp) {
  const LoginId login{.id = id, .method = SignMethod::hmac_sha256, .timestamp = timestamp};
  return {extended(login), std::string(kConsumerUsername).append(app_key),
          device_sign(login.method, app_secret, consumer_login_content(login, app_key))};
}

}  // namespace fleet::wire
