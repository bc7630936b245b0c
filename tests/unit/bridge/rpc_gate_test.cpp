// Who calls, and is it really them: signatures, timestamps, nonces, and the order of the gateway's checks.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "api_fixture.h"
#include "bridge/envelope/aliyun_rpc.h"

namespace fleet::bridge::test {
namespace {

constexpr std::string_view kForm = "application/x-www-form-urlencoded";

// Requests that @alicloud/pop-core 1.8.0 sent.
constexpr std::string_view kSdkGet =
    "AccessKeyId=testid&Action=BatchPub&DeviceName.1=newdevice1&DeviceName.2=dev%402%3Ax.y-z_1&Format=JSON&"
    "MessageContent=aGVsbG8gd29ybGQ%3D&ProductKey=a1BwAGVxxxx&Qos=1&RegionId=cn-shanghai&SignatureMethod=HMAC-SHA1&"
    "SignatureNonce=3156853299f313e23d1673dc12e1703d&SignatureVersion=1.0&Timestamp=2026-01-02T03%3A04%3A05Z&"
    "TopicShortName=get&Version=2018-01-20&Signature=EE0TCUIYfqiG0x5fPosShAZXkbs%3D";
constexpr std::string_view kSdkPost =
    "AccessKeyId=testid&Action=BatchPub&DeviceName.1=newdevice1&DeviceName.2=newdevice2&Format=JSON&MessageContent="
    "aGVsbG8gd29ybGQ%3D&ProductKey=a1BwAGVxxxx&Qos=0&RegionId=cn-shanghai&SignatureMethod=HMAC-SHA1&SignatureNonce="
    "3156853299f313e23d1673dc12e1703d&SignatureVersion=1.0&Timestamp=2026-01-02T03%3A04%3A05Z&TopicShortName=get&"
    "Version=2018-01-20&Signature=BVYqHKJKXCJOl2Llouy%2FmfSVU8g%3D";
// Twelve names, one of them full of characters that must be escaped, an empty value, and content that is no base64.
constexpr std::string_view kSdkTwelveNames =
    "AccessKeyId=testid&Action=BatchPub&DeviceName.1=d-1&DeviceName.10=d-10&DeviceName.11=d-11&DeviceName.12=d-12&"
    "DeviceName.2=x%27%21%28%29%2A~%20%2B%2F%C3%A9%E6%99%BA&DeviceName.3=d-3&DeviceName.4=d-4&DeviceName.5=d-5&"
    "DeviceName.6=d-6&DeviceName.7=d-7&DeviceName.8=d-8&DeviceName.9=d-9&Format=JSON&IotInstanceId=&MessageContent="
    "a%2Bb%2Fc%3D%3D&ProductKey=a1BwAGVxxxx&SignatureMethod=HMAC-SHA1&SignatureNonce=3156853299f313e23d1673dc12e1703d"
    "&SignatureVersion=1.0&Timestamp=2026-01-02T03%3A04%3A05Z&TopicShortName=get&Version=2018-01-20&Signature=";
constexpr std::string_view kSdkMissingParams =
    "AccessKeyId=testid&Action=BatchPub&Format=JSON&ProductKey=x&SignatureMethod=HMAC-SHA1&SignatureNonce="
    "3156853299f313e23d1673dc12e1703d&SignatureVersion=1.0&Timestamp=2026-01-02T03%3A04%3A05Z&Version=2018-01-20&"
    "Signature=JyMuIyVAIRq97Jt4h0lfzyet1Do%3D";
// curl, XML.
constexpr std::string_view kCurlGet =
    "AccessKeyId=testid&Action=BatchPub&DeviceName.1=d-1&DeviceName.2=d%3A2&Format=XML&MessageContent="
    "aGVsbG8gd29ybGQ%3D&ProductKey=a1BwAGVxxxx&SignatureMethod=HMAC-SHA1&SignatureNonce="
    "3156853299f313e23d1673dc12e1703d&SignatureVersion=1.0&Timestamp=2026-01-02T03%3A04%3A05Z&TopicShortName=get&"
    "Version=2018-01-20&Signature=CuNSExPBk0AHNg1Rhr0JlBVBMYo%3D";
constexpr std::string_view kCurlPost =
    "AccessKeyId=testid&Action=BatchRegisterDevice&Count=10&Format=XML&ProductKey=a1BwAGVxxxx&SignatureMethod=HMAC-SHA1"
    "&SignatureNonce=3156853299f313e23d1673dc12e1703d&SignatureVersion=1.0&Timestamp=2026-01-02T03%3A04%3A05Z&Version="
    "2018-01-20&Signature=rjuzoGLfVpa3x7UAy1fWbHqCzj4%3D";

TEST(Captures, ASdkGetIsAccepted) {
  ApiUnderTest bridge;
  const Reply reply = bridge.send({.method = "GET", .path = "/", .query = kSdkGet});
  ASSERT_TRUE(reply.accepted()) << reply.answer.body;
  EXPECT_EQ(reply.topics(),
            (std::vector<std::string>{"/a1BwAGVxxxx/newdevice1/user/get", "/a1BwAGVxxxx/dev@2:x.y-z_1/user/get"}));
  EXPECT_EQ(reply.pending.batches.front()->qos, wire::mqtt::Qos::at_least_once);
  EXPECT_FALSE(reply.accepted_in_xml());
}

TEST(Captures, ASdkPostIsAccepted) {
  ApiUnderTest bridge;
  const Reply reply = bridge.send({.method = "POST", .path = "/", .content_type = kForm, .body = kSdkPost});
  ASSERT_TRUE(reply.accepted()) << reply.answer.body;
  EXPECT_EQ(reply.pending.batches.front()->qos, wire::mqtt::Qos::at_most_once);
}

TEST(Captures, SystemParametersMayStandInTheQueryAndTheRestInTheBody) {
  ApiUnderTest bridge;
  const std::size_t split = kSdkPost.find("&Format");
  const Reply reply = bridge.send({.method = "POST",
                                   .path = "/",
                                   .query = kSdkPost.substr(split + 1),
                                   .content_type = "Application/X-WWW-Form-URLencoded; charset=UTF-8",
                                   .body = kSdkPost.substr(0, split)});
  EXPECT_TRUE(reply.accepted()) << reply.answer.body;
}

// The signature is right: what is refused is the name with illegal characters behind it.
TEST(Captures, EscapedCharactersAndEmptyValuesAreSignedAsSent) {
  for (const auto& [method, signature] : {std::pair{"GET", "Mr9zXMCOdlH%2B28DyUKC2ua%2FS%2B4A%3D"},
                                          std::pair{"POST", "XjMrSqYTnXthgl1iYgFIfYo8%2FGI%3D"}}) {
    ApiUnderTest bridge;
    const std::string query = std::string(kSdkTwelveNames) + signature;
    EXPECT_EQ(bridge.send({.method = method, .path = "/", .query = query}).member("Code"),
              "iot.device.InvalidFormattedDeviceName");
  }
}

TEST(Captures, CurlIsAnsweredInXml) {
  ApiUnderTest bridge;
  const Reply get = bridge.send({.method = "GET", .path = "/", .query = kCurlGet});
  EXPECT_EQ(get.answer.content_type, "text/xml;charset=utf-8");
  EXPECT_EQ(get.member("Code"), "iot.device.InvalidFormattedDeviceName");
  ApiUnderTest other;
  const Reply post = other.send({.method = "POST", .path = "/", .content_type = kForm, .body = kCurlPost});
  EXPECT_EQ(post.answer.content_type, "text/xml;charset=utf-8");
  EXPECT_EQ(post.member("Success"), "true");
  EXPECT_NE(post.member("ApplyId"), "");
}

TEST(Captures, AnSdkCallWithoutNamesGetsAGatewayError) {
  ApiUnderTest bridge;
  const Reply reply = bridge.send({.method = "GET", .path = "/", .query = kSdkMissingParams});
  EXPECT_EQ(reply.answer.status, 400u);
  EXPECT_EQ(reply.member("Code"), "MissingDeviceName");
}

TEST(Gate, AWrongSignatureTellsWhatTheServerSigned) {
  ApiUnderTest bridge;
  auto params = example_params();
  params["Signature"] = "AAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  params["SignatureNonce"] = "n";
  const Reply reply = bridge.call(params, "GET");
  EXPECT_EQ(reply.answer.status, 400u);
  EXPECT_EQ(reply.member("Code"), "SignatureDoesNotMatch");
  EXPECT_TRUE(
      reply.member("Message").starts_with("Specified signature is not matched with our calculation. server string to "
                                          "sign is:GET&%2F&AccessKeyId%3Dtestid"));
}

TEST(Gate, ALargeWrongCallIsNotEchoedWhole) {
  ApiUnderTest bridge;
  auto params = example_params();
  params["MessageContent"] = std::string(900'000, '+');
  params["Signature"] = "x";
  EXPECT_LT(bridge.call(params).answer.body.size(), 70'000u);
}

TEST(Gate, AnotherAccountsSecretDoesNotSign) {
  ApiUnderTest bridge;
  auto params = example_params();
  params["SignatureNonce"] = "n";
  sign(params, "POST", "other");
  EXPECT_EQ(bridge.call(params).member("Code"), "SignatureDoesNotMatch");
}

TEST(Gate, TheMethodIsSigned) {
  ApiUnderTest bridge;
  auto params = example_params();
  params["SignatureNonce"] = "n";
  sign(params, "GET");
  EXPECT_EQ(bridge.call(params, "POST").member("Code"), "SignatureDoesNotMatch");
}

struct GateRow {
  std::string key;
  const char* value;  // null: left out
  unsigned status;
  std::string code;
};

// Every row is wrong in one more way than the row behind it, so that the first error must be the one that is told.
TEST(Gate, ChecksInItsOrder) {
  const std::vector<GateRow> rows = {
      {"Action", nullptr, 400, "MissingAction"},
      {"Version", nullptr, 400, "MissingVersion"},
      {"AccessKeyId", nullptr, 400, "MissingAccessKeyId"},
      {"SignatureMethod", nullptr, 400, "MissingSignatureMethod"},
      {"SignatureVersion", nullptr, 400, "MissingSignatureVersion"},
      {"SignatureNonce", nullptr, 400, "MissingSignatureNonce"},
      {"Timestamp", nullptr, 400, "MissingTimestamp"},
      {"Signature", nullptr, 400, "MissingSignature"},
      {"Format", "YAML", 400, "InvalidParameter.Format"},
      {"AccessKeyId", "nobody", 404, "InvalidAccessKeyId.NotFound"},
      {"AccessKeyId", "former", 400, "InvalidAccessKeyId.Inactive"},
      {"SignatureMethod", "HMAC-SHA256", 400, "InvalidSignatureMethod"},
      {"SignatureVersion", "2.0", 400, "InvalidSignatureVersion"},
      {"Timestamp", "2026-01-02 03:04:05", 400, "InvalidTimeStamp.Format"},
      {"Timestamp", "2026-01-02T02:00:00Z", 400, "InvalidTimeStamp.Expired"},
      {"Signature", "wrong", 400, "SignatureDoesNotMatch"},
      {"SignatureNonce", "used", 400, "SignatureNonceUsed"},
      {"Version", "2017-04-20", 400, "InvalidVersion"},
      {"Action", "batchPub", 404, "InvalidAction.NotFound"},
      {"AccessKeyId", "outsider", 403, "Forbidden.RAM"},
      {"", "a call a second, and one was made", 400, "Throttling.User"},
      {"DeviceName.1", nullptr, 400, "MissingDeviceName"},
      {"ProductKey", "", 200, "iot.prod.NullProductKey"},
  };
  Config config = example_config();
  config.accounts.push_back({.access_key_id = "former", .access_key_secret = "testsecret", .disabled = true});
  config.limits.per_second["BatchPub"] = 1;
  const auto throttled = std::find_if(rows.begin(), rows.end(), [](const GateRow& row) { return row.key.empty(); });
  for (std::size_t first = 0; first < rows.size(); ++first) {
    config.limits.enforced = first <= static_cast<std::size_t>(throttled - rows.begin());
    ApiUnderTest bridge(config);
    auto used = example_params();
    used["SignatureNonce"] = "used";
    for (const char* account : {"testid", "outsider"}) {
      used["AccessKeyId"] = account;
      used.erase("Signature");
      (void)bridge.call(used);
    }
    auto params = example_params();
    params.erase("DeviceName.2");
    params["SignatureNonce"] = "fresh";
    std::map<std::string, std::string> spoilt;
    bool right_signature = true;
    for (std::size_t row = rows.size(); row-- > first;) {
      if (rows[row].key.empty()) continue;
      if (rows[row].value != nullptr) {
        params[rows[row].key] = rows[row].value;
      } else {
        params.erase(rows[row].key);
      }
      if (rows[row].key == "Signature") right_signature = false;
    }
    if (right_signature) params.erase("Signature");
    // call() would sign anew and put these back.
    if (right_signature) sign(params, "POST");
    const std::string form = form_of(params);
    const Reply reply = bridge.send({.method = "POST", .path = "/", .content_type = kForm, .body = form});
    EXPECT_EQ(reply.member("Code"), rows[first].code);
    EXPECT_EQ(reply.answer.status, rows[first].status) << rows[first].code;
    EXPECT_EQ(reply.member("RequestId").size(), 36u);
  }
}

TEST(Gate, AnEmptyCommonParameterCountsAsMissing) {
  ApiUnderTest bridge;
  auto params = example_params();
  params["Timestamp"] = "";
  EXPECT_EQ(bridge.call(params).member("Code"), "MissingTimestamp");
}

TEST(Gate, ANonceIsUsedOnce) {
  ApiUnderTest bridge;
  auto params = example_params();
  params["SignatureNonce"] = "once";
  EXPECT_TRUE(bridge.call(params).accepted());
  const Reply again = bridge.call(params);
  EXPECT_EQ(again.answer.status, 400u);
  EXPECT_EQ(again.member("Code"), "SignatureNonceUsed");
}

TEST(Gate, AWrongSignatureDoesNotUseUpTheNonce) {
  ApiUnderTest bridge;
  auto params = example_params();
  params["SignatureNonce"] = "once";
  params["Signature"] = "wrong";
  EXPECT_EQ(bridge.call(params).member("Code"), "SignatureDoesNotMatch");
  params.erase("Signature");
  EXPECT_TRUE(bridge.call(params).accepted());
}

TEST(Gate, NoncesOfTwoAccountsAreApart) {
  ApiUnderTest bridge;
  auto params = example_params();
  params["SignatureNonce"] = "same";
  EXPECT_TRUE(bridge.call(params).accepted());
  params["AccessKeyId"] = "second";
  sign(params, "POST", "other");
  EXPECT_TRUE(bridge.call(params).accepted());
}

TEST(Gate, TimestampsCountFifteenMinutesEitherWay) {
  for (const auto& [text, accepted] : {std::pair{"2026-01-02T02:49:05Z", true},
                                       {"2026-01-02T02:49:04Z", false},
                                       {"2026-01-02T03:19:05Z", true},
                                       {"2026-01-02T03:19:06Z", false}}) {
    ApiUnderTest bridge;
    auto params = example_params();
    params["Timestamp"] = text;
    const Reply reply = bridge.call(params);
    EXPECT_EQ(reply.accepted(), accepted) << text;
    if (!accepted) {
      EXPECT_EQ(reply.member("Code"), "InvalidTimeStamp.Expired");
    }
  }
}

TEST(Gate, FormatIsComparedWithoutCase) {
  ApiUnderTest bridge;
  auto params = example_params();
  params["Format"] = "json";
  EXPECT_FALSE(bridge.call(params).accepted_in_xml());
  params["Format"] = "xml";
  EXPECT_TRUE(bridge.call(params).accepted_in_xml());
  params.erase("Format");
  EXPECT_TRUE(bridge.call(params).accepted_in_xml());
}

TEST(Gate, AnUnknownFormatIsAnsweredInXml) {
  ApiUnderTest bridge;
  auto params = example_params();
  params["Format"] = "YAML";
  EXPECT_EQ(bridge.call(params).answer.content_type, "text/xml;charset=utf-8");
}

Config with_token() {
  Config config = example_config();
  config.accounts[0].security_token = "token/of+STS=";
  config.accounts[0].security_token_expires = kDay + std::chrono::seconds(1);
  return config;
}

TEST(Gate, ATemporaryKeyNeedsItsToken) {
  ApiUnderTest bridge(with_token());
  auto params = example_params();
  params["SecurityToken"] = "token/of+STS=";
  EXPECT_TRUE(bridge.call(params).accepted());
  for (const auto& [token, code] : {std::pair{"", "MissingSecurityToken"},
                                    {"token/of+STS", "InvalidSecurityToken.MismatchWithAccessKey"},
                                    {"two words", "InvalidSecurityToken.Malformed"},
                                    {"caf\xc3\xa9", "InvalidSecurityToken.Malformed"}}) {
    params["SecurityToken"] = token;
    const Reply reply = bridge.call(params);
    EXPECT_EQ(reply.member("Code"), code);
    EXPECT_EQ(reply.answer.status, 400u);
  }
  params.erase("SecurityToken");
  EXPECT_EQ(bridge.call(params).member("Code"), "MissingSecurityToken");
  params["SecurityToken"] = "token/of+STS=";
  bridge.wall += std::chrono::seconds(1);
  EXPECT_EQ(bridge.call(params).member("Code"), "InvalidSecurityToken.Expired");
}

TEST(Gate, ATokenOfNobodyIsRefused) {
  ApiUnderTest bridge;
  auto params = example_params();
  params["SecurityToken"] = "token";
  EXPECT_EQ(bridge.call(params).member("Code"), "InvalidSecurityToken.MismatchWithAccessKey");
  params["SecurityToken"] = "";  // SDKs send the empty one along
  EXPECT_TRUE(bridge.call(params).accepted());
}

}  // namespace
}  // namespace fleet::bridge::test
