// Logins: the published vectors, what an extended client identifier may say, and what is refused.
#include "wire/device_login.h"

#include <gtest/gtest.h>

#include <string>

namespace fleet::wire {
namespace {

constexpr DeviceId kDevice{.product_key = "pk", .device_name = "device"};

std::string password(std::string_view client_id, std::string_view secret, const DeviceId& device) {
  const auto login = parse_login_id(client_id);
  EXPECT_TRUE(login.has_value()) << client_id;
  return device_sign(login->method, secret, device_login_content(*login, device));
}

TEST(DeviceLogin, MatchesThePublishedVectors) {
  struct Row {
    const char* client_id;
    const char* password;
  };
  const Row rows[] = {
      {"12345|securemode=3,signmethod=hmacmd5,timestamp=789|", "14b198324fe55e1d3c88f2e705e201ee"},
      {"12345|securemode=3,signmethod=hmacsha1,timestamp=789|", "fafd82a3d602b37fb0fa8b7892f24a477f851a14"},
      {"12345|securemode=3,signmethod=hmacsha256,timestamp=789|",
       "6074a46a91b1ebb2cc4ea42790ad0e80202c9843859fc292e57c4eb19fad9e57"},
      {"12345|securemode=3|", "2ce7304ec0ddd548eb1492d65ac0b334"},
      {"12345|signmethod=hmacsha1|", "3504e4df7ce4766d30f796ee973c9ce7fc5425cb"},
      {"12345|signmethod=hmacsha256|", "c8cb3dcb7159682438e5fd9a9c34f398e41bb8edb6f222795e307bafee151090"},
  };
  for (const Row& row : rows) EXPECT_EQ(password(row.client_id, "secret", kDevice), row.password) << row.client_id;
  // Of the platform's own device SDK for Node.js, 1.2.8.
  EXPECT_EQ(password("a1gw&gw1|securemode=3,signmethod=hmacsha1,timestamp=1767323045678,lan=NodeJS,_v=1.2.8|",
                     "gwsecret", {.product_key = "a1gw", .device_name = "gw1"}),
            "44ad87372940eb0444c628409f8b8d0075a9094b");
}

TEST(DeviceLogin, ReadsTheExtension) {
  const auto all = parse_login_id("a|timestamp=012,signmethod=HmacSha1,securemode=2,lan=C,_v=|");
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(all->id, "a");
  EXPECT_EQ(all->method, SignMethod::hmac_sha1);
  EXPECT_EQ(all->timestamp, "012");
  const auto none = parse_login_id("a||");
  ASSERT_TRUE(none.has_value());
  EXPECT_EQ(none->method, SignMethod::hmac_md5);
  EXPECT_FALSE(none->timestamp.has_value());
  const std::string longest(kLoginIdBytesMax, 'x');
  EXPECT_TRUE(parse_login_id(longest + "|securemode=3|").has_value());
}

TEST(DeviceLogin, RefusesOtherExtensions) {
  const std::string too_long(kLoginIdBytesMax + 1, 'x');
  for (const std::string& text : {
           std::string(),
           std::string("a"),
           std::string("|"),
           std::string("||"),
           std::string("a|"),
           std::string("a|securemode=3"),
           std::string("a|securemode=3|b"),
           std::string("a|securemode=3||"),
           std::string("a|securemode|"),
           std::string("a|=3|"),
           std::string("a|,|"),
           std::string("a|lan=C,,_v=1|"),
           std::string("a|securemode=-2,authType=connwl|"),
           std::string("a|securemode=3,securemode=3|"),
           std::string("a|signmethod=sha256|"),
           std::string("a|signmethod=|"),
           std::string("a|signmethod=hmacsha512|"),
           std::string("a|signmethod=hmacmd5,signmethod=hmacsha1|"),
           std::string("a|timestamp=|"),
           std::string("a|timestamp=-1|"),
           std::string("a|timestamp=1e3|"),
           std::string("a|timestamp=123456789012345678901|"),
           std::string("a|timestamp=1,timestamp=1|"),
           too_long + "|securemode=3|",
       }) {
    const auto login = parse_login_id(text);
    ASSERT_FALSE(login.has_value()) << text;
    EXPECT_FALSE(login.error().empty()) << text;
  }
}

TEST(DeviceLogin, ReadsUserNames) {
  const auto device = parse_device_username("lamp-1&a1BwAGV");
  ASSERT_TRUE(device.has_value());
  EXPECT_EQ(*device, (DeviceId{.product_key = "a1BwAGV", .device_name = "lamp-1"}));
  for (const char* text : {"", "&", "lamp-1", "lamp-1&", "&a1BwAGV", "lam&a1BwAGV", "lamp-1&a1&b", "lamp/1&a1BwAGV",
                           "lamp-1&a1+", "lamp-#&a1BwAGV", "tmc&12345678"}) {
    EXPECT_FALSE(parse_device_username(text).has_value()) << text;
  }
}

TEST(DeviceLogin, ComparesPasswords) {
  const LoginId login{.id = "12345", .method = SignMethod::hmac_sha1, .timestamp = "789"};
  const std::string content = device_login_content(login, kDevice);
  EXPECT_EQ(content, "clientId12345deviceNamedeviceproductKeypktimestamp789");
  EXPECT_TRUE(password_matches(login, "secret", content, "FAFD82A3D602B37FB0FA8B7892F24A477F851A14"));
  EXPECT_FALSE(password_matches(login, "secret", content, "fafd82a3d602b37fb0fa8b7892f24a477f851a15"));
  EXPECT_FALSE(password_matches(login, "secret", content, ""));
  EXPECT_FALSE(password_matches(login, "", content, "fafd82a3d602b37fb0fa8b7892f24a477f851a14"));
}

TEST(DeviceLogin, KnowsWhatAPasswordLooksLike) {
  EXPECT_TRUE(is_password(SignMethod::hmac_md5, std::string(32, 'a')));
  EXPECT_TRUE(is_password(SignMethod::hmac_sha1, std::string(40, 'F')));
  EXPECT_TRUE(is_password(SignMethod::hmac_sha256, std::string(64, '0')));
  EXPECT_FALSE(is_password(SignMethod::hmac_sha256, std::string(32, 'a')));
  EXPECT_FALSE(is_password(SignMethod::hmac_md5, std::string(31, 'a') + "g"));
  EXPECT_FALSE(is_password(SignMethod::hmac_md5, ""));
}

TEST(DeviceLogin, IsMadeAsItIsRead) {
  const mqtt::Login made = device_login(kDevice, "secret", "789");
  EXPECT_EQ(made.client_id, "pk&device|securemode=3,signmethod=hmacsha256,timestamp=789|");
  EXPECT_EQ(made.username, "device&pk");
  EXPECT_EQ(made.password, password(made.client_id, "secret", kDevice));
  const std::string key(32, 'k');
  const std::string name(32, 'n');
  const mqtt::Login longest = device_login({.product_key = key, .device_name = name}, "secret", "789");
  EXPECT_EQ(parse_login_id(longest.client_id)->id, name);
}

TEST(ConsumerLogin, IsMadeAsItIsRead) {
  const mqtt::Login made = consumer_login("12345678", "helloworld", "warehouse-1", "789");
  EXPECT_EQ(made.client_id, "warehouse-1|securemode=3,signmethod=hmacsha256,timestamp=789|");
  EXPECT_EQ(made.username, "tmc&12345678");
  const auto login = parse_login_id(made.client_id);
  const std::string content = consumer_login_content(*login, "12345678");
  EXPECT_EQ(content, "appKey12345678clientIdwarehouse-1timestamp789");
  EXPECT_TRUE(password_matches(*login, "helloworld", content, made.password));
  EXPECT_FALSE(password_matches(*login, "hello", content, made.password));
}

}  // namespace
}  // namespace fleet::wire
