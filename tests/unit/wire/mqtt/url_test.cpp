#include "wire/mqtt/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fleet::wire::mqtt {
namespace {

using ::testing::HasSubstr;

TEST(BrokerUrlTest, ReadsWhatPeopleWrite) {
  EXPECT_EQ(parse_broker_url("mqtt://127.0.0.1:1884").value(), (BrokerUrl{"127.0.0.1", 1884}));
  EXPECT_EQ(parse_broker_url("mqtt://broker.example").value(), (BrokerUrl{"broker.example", 1883}));
  EXPECT_EQ(parse_broker_url("MQTT://localhost:1/").value(), (BrokerUrl{"localhost", 1}));
  EXPECT_EQ(parse_broker_url("mqtt://h:65535").value(), (BrokerUrl{"h", 65'535}));
  EXPECT_EQ(parse_broker_url("mqtt://[::1]:1883").value(), (BrokerUrl{"::1", 1883}));
  EXPECT_EQ(parse_broker_url("mqtt://[fe80::1]").value(), (BrokerUrl{"fe80::1", 1883}));
}

TEST(BrokerUrlTest, WritesWhatItReads) {
  EXPECT_EQ((BrokerUrl{"::1", 1883}.text()), "mqtt://[::1]:1883");
  EXPECT_EQ((BrokerUrl{"127.0.0.1", 80}.text()), "mqtt://127.0.0.1:80");
}

TEST(BrokerUrlTest, RefusesWithASentence) {
  const auto refusal = [](std::string_view text) {
    const auto parsed = parse_broker_url(text);
    EXPECT_FALSE(parsed) << text;
    if (parsed) return std::string();
    EXPECT_EQ(parsed.error().kind, ErrorKind::usage);
    EXPECT_EQ(parsed.error().where, text);
    return parsed.error().message;
  };
  EXPECT_EQ(refusal("mqtts://h:8883"), "mqtts:// is not supported yet; use mqtt://");
  EXPECT_EQ(refusal("ws://h"), "ws:// is not supported yet; use mqtt://");
  EXPECT_EQ(refusal("WSS://h"), "wss:// is not supported yet; use mqtt://");
  EXPECT_THAT(refusal("http://h"), HasSubstr("unknown scheme 'http'"));
  EXPECT_THAT(refusal("h:1883"), HasSubstr("mqtt://host:port"));
  EXPECT_THAT(refusal(""), HasSubstr("mqtt://host:port"));
  EXPECT_THAT(refusal("mqtt://"), HasSubstr("host is missing"));
  EXPECT_THAT(refusal("mqtt://:1883"), HasSubstr("host is missing"));
  EXPECT_THAT(refusal("mqtt://u:p@h"), HasSubstr("user name"));
  EXPECT_THAT(refusal("mqtt://h/path"), HasSubstr("ends behind its port"));
  EXPECT_THAT(refusal("mqtt://h?x=1"), HasSubstr("ends behind its port"));
  EXPECT_THAT(refusal("mqtt://::1"), HasSubstr("brackets"));
  EXPECT_THAT(refusal("mqtt://[::1"), HasSubstr("not closed"));
  EXPECT_THAT(refusal("mqtt://[]"), HasSubstr("not an IPv6 address"));
  EXPECT_THAT(refusal("mqtt://[h]"), HasSubstr("not an IPv6 address"));
  EXPECT_THAT(refusal("mqtt://[::1]1883"), HasSubstr("colon and a port"));
  EXPECT_THAT(refusal("mqtt://a b"), HasSubstr("not a host name"));
  for (const char* port : {"", "0", "65536", "-1", "+1", "1883x", " 1883", "99999999999999999999"}) {
    EXPECT_THAT(refusal(std::string("mqtt://h:") + port), HasSubstr("ports are 1 to 65535")) << port;
  }
}

}  // namespace
}  // namespace fleet::wire::mqtt
