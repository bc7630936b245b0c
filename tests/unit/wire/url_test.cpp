#include "wire/url.h"

#include <gtest/gtest.h>

namespace fleet::wire {
namespace {

TEST(Urls, ReadWhatPeopleWrite) {
  EXPECT_EQ(parse_url("mqtt://127.0.0.1:1884", "mqtt").value(), (Url{"mqtt", "127.0.0.1", 1884}));
  EXPECT_EQ(parse_url("mqtt://broker.example", "mqtt").value(), (Url{"mqtt", "broker.example", 1883}));
  EXPECT_EQ(parse_url("mqtts://h", "mqtt|mqtts").value(), (Url{"mqtts", "h", 8883}));
  EXPECT_EQ(parse_url("wss://h", "ws|wss").value(), (Url{"wss", "h", 443}));
  EXPECT_EQ(parse_url("ws://h", "ws|wss").value(), (Url{"ws", "h", 80}));
  EXPECT_EQ(parse_url("MQTT://localhost:1/", "mqtt").value(), (Url{"mqtt", "localhost", 1}));
  EXPECT_EQ(parse_url("mqtt://h:65535", "mqtt").value(), (Url{"mqtt", "h", 65'535}));
  EXPECT_EQ(parse_url("mqtt://[::1]:1883", "mqtt").value(), (Url{"mqtt", "::1", 1883}));
  EXPECT_EQ(parse_url("mqtt://[fe80::1]", "mqtt").value(), (Url{"mqtt", "fe80::1", 1883}));
  EXPECT_EQ(parse_url("http://localhost/", "http").value(), (Url{"http", "localhost", 80}));
  EXPECT_EQ(parse_url("https://h:443", "http|https").value(), (Url{"https", "h", 443}));
}

TEST(Urls, WriteWhatTheyRead) {
  EXPECT_EQ((Url{"mqtt", "::1", 1883}.text()), "mqtt://[::1]:1883");
  EXPECT_EQ((Url{"http", "127.0.0.1", 80}.text()), "http://127.0.0.1:80");
  EXPECT_EQ((Address{"::1", 0}.text()), "[::1]:0");
}

struct Refusal {
  const char* text;
  const char* why;
};

TEST(Urls, SayWhyTheyAreRefused) {
  const Refusal rows[] = {
      {"", "is not a URL"},
      {"h:1883", "is not a URL"},
      {"mqtts://h:8883", "has a scheme that is not supported (allowed: mqtt://)"},
      {"WS://h", "has a scheme that is not supported (allowed: mqtt://)"},
      {"mqtt://", "has no host"},
      {"mqtt://:1883", "has no host"},
      {"mqtt://u:p@h", "holds a login, which has keys of its own"},
      {"mqtt://h/path", "holds more than host and port"},
      {"mqtt://h?x=1", "holds more than host and port"},
      {"mqtt://::1", "has more than one colon; an IPv6 address stands in brackets, like [::1]:1883"},
      {"mqtt://[::1", "lacks a ']'"},
      {"mqtt://[]", "has no IPv6 address between its brackets"},
      {"mqtt://[h]", "has no IPv6 address between its brackets"},
      {"mqtt://[::1]1883", "has no colon between its ']' and its port"},
      {"mqtt://a b", "has no host that can be read"},
  };
  for (const Refusal& row : rows) {
    const auto url = parse_url(row.text, "mqtt");
    EXPECT_EQ(url ? "accepted" : url.error(), row.why) << row.text;
  }
  for (const char* port : {"", "0", "65536", "-1", "+1", "1883x", " 1883", "99999999999999999999"}) {
    const auto url = parse_url(std::string("mqtt://h:") + port, "mqtt");
    EXPECT_EQ(url ? "accepted" : url.error(), "has no port of 1 .. 65535") << port;
  }
  EXPECT_EQ(parse_url("x://h", "http|https").error(), "has a scheme that is not supported (allowed: http:// https://)");
}

TEST(Addresses, AreStrict) {
  EXPECT_EQ(parse_address("localhost:80").value(), (Address{"localhost", 80}));
  EXPECT_EQ(parse_address("[::1]:0").value(), (Address{"::1", 0}));
  for (const char* text : {"localhost", "", ":80", "h:", "h:x", "h:-1", "h:65536", "::1:80", "[::1:80", "[::1]",
                           "[::1]x", "[]:80", "h/x:80", "a b:80", "h:80:90"}) {
    EXPECT_FALSE(parse_address(text)) << text;
  }
  EXPECT_EQ(parse_address("localhost").error(), "has no port of 0 .. 65535");
}

}  // namespace
}  // namespace fleet::wire
