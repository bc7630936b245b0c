// How devices, and consumers of the Taobao message service, log in to the broker: the three texts of a CONNECT
// (documentation of MQTT-TCP connections).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "wire/device_sign.h"
#include "wire/mqtt/types.h"

namespace fleet::wire {

// Bytes of a client identifier without its extension: documentation of MQTT-TCP connections.
inline constexpr std::size_t kLoginIdBytesMax = 64;

// An extended client identifier, `ID|securemode=3,signmethod=hmacsha256,timestamp=789|`, in its parts: views into it.
struct LoginId {
  std::string_view id{};
  SignMethod method = SignMethod::hmac_md5;     // signmethod, in any case; hmac_md5 where it is absent
  std::optional<std::string_view> timestamp{};  // digits
};

// Takes it apart. securemode may be absent, 2 (TLS) or 3 (TCP); keys that are not known are passed over and no part of
// what is signed. The error is what is wrong with it, as a part of a sentence; it holds nothing of the text.
[[nodiscard]] tl::expected<LoginId, std::string_view> parse_login_id(std::string_view text);

// Who wants in. Views into somebody else's memory.
struct DeviceId {
  std::string_view product_key;
  std::string_view device_name;
  [[nodiscard]] bool operator==(const DeviceId&) const = default;
};

// `DEVICENAME&PRODUCTKEY`, both following their grammar; none where it is not that.
[[nodiscard]] std::optional<DeviceId> parse_device_username(std::string_view text);

// What a device signs: its ID, names and timestamp, each behind its word.
[[nodiscard]] std::string device_login_content(const LoginId& login, const DeviceId& device);

// The user name of an application's consumers is this and the app key. No device is called like that: its name would
// be too short.
inline constexpr std::string_view kConsumerUsername = "tmc&";

// What a consumer signs. Taobao documents no login over MQTT: this one is ours, and formed like that of devices.
[[nodiscard]] std::string consumer_login_content(const LoginId& login, std::string_view app_key);

// Whether `password`, hex in any case, is the signature of `content` by `secret`. Constant time for its length.
[[nodiscard]] bool password_matches(const LoginId& login, std::string_view secret, std::string_view content,
                                    std::string_view password);
// Whether a password can be a signature by that method: hex, of its length.
[[nodiscard]] bool is_password(SignMethod method, std::string_view password);

// The login of a device by HMAC-SHA256; `timestamp` holds digits. The ID is PRODUCTKEY&DEVICENAME, or the name alone
// where that would be too long. The same arguments make the same client identifier, and so find the same session.
[[nodiscard]] mqtt::Login device_login(const DeviceId& device, std::string_view secret, std::string_view timestamp);

// The login of a consumer, likewise; `id` (1 to kLoginIdBytesMax bytes without '|') differs among all consumers.
[[nodiscard]] mqtt::Login consumer_login(std::string_view app_key, std::string_view app_secret, std::string_view id,
                                         std::string_view timestamp);

}  // namespace fleet::wire
