#include "wire/signing.h"

#include <gtest/gtest.h>

#include <thread>

namespace fleet::wire {
namespace {

// Published by Alibaba Cloud in the page of the signature.
TEST(AliyunSignature, MatchesThePublishedExample) {
  std::vector<Param> params = {{"Timestamp", "2017-10-02T09:39:41Z"},
                               {"Action", "Pub"},
                               {"Version", "2017-04-20"},
                               {"Format", "XML"},
                               {"AccessKeyId", "testid"},
                               {"SignatureMethod", "HMAC-SHA1"},
                               {"SignatureNonce", "0715a395-aedf-4a41-bab7-746b43d38d88"},
                               {"SignatureVersion", "1.0"},
                               {"RegionId", "cn-shanghai"},
                               {"ServiceCode", "iot"},
                               {"ProductKey", "12345abcdeZ"},
                               {"TopicFullName", "/productKey/testdevice/get"},
                               {"MessageContent", "aGVsbG93b3JsZA="},
                               {"Qos", "0"}};
  EXPECT_EQ(aliyun_signature("testsecret", aliyun_string_to_sign("GET", params)), "Y9eWn4nF8QPh3c4zAFkM/k/u7eA=");
}

// Emitted by @alicloud/pop-core 1.8.0.
TEST(AliyunSignature, BuildsTheStringThatAPublicSdkSigns) {
  std::vector<Param> params = {{"ProductKey", "a1BwAGVxxxx"},
                               {"DeviceName.1", "newdevice1"},
                               {"DeviceName.2", "dev@2:x.y-z_1"},
                               {"TopicShortName", "get"},
                               {"MessageContent", "aGVsbG8gd29ybGQ="},
                               {"Qos", "1"},
                               {"Action", "BatchPub"},
                               {"RegionId", "cn-shanghai"},
                               {"Format", "JSON"},
                               {"Version", "2018-01-20"},
                               {"AccessKeyId", "testid"},
                               {"SignatureMethod", "HMAC-SHA1"},
                               {"SignatureVersion", "1.0"},
                               {"SignatureNonce", "3156853299f313e23d1673dc12e1703d"},
                               {"Timestamp", "2026-01-02T03:04:05Z"}};
  const std::string text = aliyun_string_to_sign("GET", params);
  EXPECT_EQ(text,
            "GET&%2F&AccessKeyId%3Dtestid%26Action%3DBatchPub%26DeviceName.1%3Dnewdevice1%26DeviceName.2%3Ddev%25402%"
            "253Ax.y-z_1%26Format%3DJSON%26MessageContent%3DaGVsbG8gd29ybGQ%253D%26ProductKey%3Da1BwAGVxxxx%26Qos%3D1%"
            "26RegionId%3Dcn-shanghai%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3D3156853299f313e23d1673dc12e1703d"
            "%26SignatureVersion%3D1.0%26Timestamp%3D2026-01-02T03%253A04%253A05Z%26TopicShortName%3Dget%26Version%"
            "3D2018-01-20");
  EXPECT_EQ(aliyun_signature("testsecret", text), "EE0TCUIYfqiG0x5fPosShAZXkbs=");
}

// The POST of the same SDK, of which nothing stands in the query.
TEST(AliyunSignature, MatchesThePostOfAPublicSdk) {
  std::vector<Param> params = {{"AccessKeyId", "testid"},
                               {"Action", "BatchPub"},
                               {"DeviceName.1", "newdevice1"},
                               {"DeviceName.2", "newdevice2"},
                               {"Format", "JSON"},
                               {"MessageContent", "aGVsbG8gd29ybGQ="},
                               {"ProductKey", "a1BwAGVxxxx"},
                               {"Qos", "0"},
                               {"RegionId", "cn-shanghai"},
                               {"SignatureMethod", "HMAC-SHA1"},
                               {"SignatureNonce", "3156853299f313e23d1673dc12e1703d"},
                               {"SignatureVersion", "1.0"},
                               {"Timestamp", "2026-01-02T03:04:05Z"},
                               {"TopicShortName", "get"},
                               {"Version", "2018-01-20"}};
  EXPECT_EQ(aliyun_signature("testsecret", aliyun_string_to_sign("POST", params)), "BVYqHKJKXCJOl2Llouy/mfSVU8g=");
}

// Twelve names, one full of characters to be escaped, and an empty value: what three public SDKs sign of it.
TEST(AliyunSignature, MatchesPublicSdksOnEverythingThatMustBeEscaped) {
  struct Row {
    std::string_view method, format, signature;
  };
  for (const Row& row : {Row{"GET", "JSON", "Mr9zXMCOdlH+28DyUKC2ua/S+4A="},      // pop-core 1.8.0
                         Row{"POST", "JSON", "XjMrSqYTnXthgl1iYgFIfYo8/GI="},     // pop-core 1.8.0
                         Row{"POST", "json", "rlPreMj7eLRW8NXW8ipjxrsFMcw="}}) {  // iot20180120, version 2
    std::vector<Param> params = {{"ProductKey", "a1BwAGVxxxx"},
                                 {"TopicShortName", "get"},
                                 {"MessageContent", "a+b/c=="},
                                 {"IotInstanceId", ""},
                                 {"Action", "BatchPub"},
                                 {"Format", row.format},
                                 {"Version", "2018-01-20"},
                                 {"AccessKeyId", "testid"},
                                 {"SignatureMethod", "HMAC-SHA1"},
                                 {"SignatureVersion", "1.0"},
                                 {"SignatureNonce", "3156853299f313e23d1673dc12e1703d"},
                                 {"Timestamp", "2026-01-02T03:04:05Z"},
                                 {"DeviceName.2", "x'!()*~ +/\xC3\xA9\xE6\x99\xBA"}};
    std::vector<std::pair<std::string, std::string>> names;
    for (int i = 1; i <= 12; ++i) names.emplace_back("DeviceName." + std::to_string(i), "d-" + std::to_string(i));
    for (const auto& [key, value] : names) {
      if (key != "DeviceName.2") params.push_back({key, value});
    }
    EXPECT_EQ(aliyun_signature("testsecret", aliyun_string_to_sign(row.method, params)), row.signature);
  }
}

TEST(AliyunSignature, SortsByKeyAndNotByLine) {
  std::vector<Param> params = {{"N.2", "b"}, {"N.10", "c"}, {"N.1", "a"}};
  EXPECT_EQ(aliyun_string_to_sign("GET", params), "GET&%2F&N.1%3Da%26N.10%3Dc%26N.2%3Db");
}

TEST(AliyunSignature, EncodesLongTextsAsItEncodesShortOnes) {
  std::string text;
  for (int i = 0; i < 2'000; ++i) text += "a+/=\xE6\x99\xBA~";
  std::string once;
  percent_append(text, once);
  std::string twice;
  percent_append(once, twice);
  std::vector<Param> params = {{"k", text}};
  EXPECT_EQ(aliyun_string_to_sign("POST", params), "POST&%2F&k%3D" + twice);
  std::vector<Param> none;
  std::string out = "left from the last call";
  aliyun_string_to_sign("GET", none, out);
  EXPECT_EQ(out, "GET&%2F&");
}

struct HmacRow {
  std::string_view key, content, md5, sha1, sha256;
};

TEST(Hmac, MatchesTheDeviceLoginAndTopologyVectors) {
  const HmacRow rows[] = {
      // MQTT login, with and without a timestamp.
      {"secret", "clientId12345deviceNamedeviceproductKeypktimestamp789", "14b198324fe55e1d3c88f2e705e201ee",
       "fafd82a3d602b37fb0fa8b7892f24a477f851a14", "6074a46a91b1ebb2cc4ea42790ad0e80202c9843859fc292e57c4eb19fad9e57"},
      {"secret", "clientId12345deviceNamedeviceproductKeypk", "2ce7304ec0ddd548eb1492d65ac0b334",
       "3504e4df7ce4766d30f796ee973c9ce7fc5425cb", "c8cb3dcb7159682438e5fd9a9c34f398e41bb8edb6f222795e307bafee151090"},
      // Topology signature: the published example and its two variants.
      {"1234", "clientId868575026974305deviceName868575026974305productKeya1PB5fp1234",
       "c1c1606d61884c5f16c9ea6622e5e3c3", "0e28fffe08643db1db2c0715e306132f897f17c1",
       "0ab0a7f8d406b64cc324ebb63d3f302a83119d2c7c6c126c387f4615239b3a38"},
      {"1234", "clientId868575026974305deviceName868575026974305productKeya1PB5fp1234timestamp1646277090411",
       "3ba0dfa4c477b40c007d84d30d6466cc", "5668322c0060404b4fbda9f5c3976bdb723898c7",
       "4934f675584035a6c30cdd8c4572075a4404d3e276e81369359ed031283fe695"},
      {"1234", "deviceName868575026974305productKeya1PB5fp1234", "47f80333e1ee74581f7e4f029c226696",
       "f3317bedd8eef913dd7a98f0d5d57504c2d63487", "3a6cb479ffddac9e4ccc5f60fd80aafbf6221d90f5668f8b0d1869b755cb8975"},
  };
  for (const HmacRow& row : rows) {
    EXPECT_EQ(hmac_hex(HashMethod::md5, row.key, row.content), row.md5);
    EXPECT_EQ(hmac_hex(HashMethod::sha1, row.key, row.content), row.sha1);
    EXPECT_EQ(hmac_hex(HashMethod::sha256, row.key, row.content), row.sha256);
  }
  EXPECT_EQ(hmac_hex(HashMethod::sha1, "gwsecret", "clientIda1gw&gw1deviceNamegw1productKeya1gwtimestamp1767323045678"),
            "44ad87372940eb0444c628409f8b8d0075a9094b");
  EXPECT_EQ(hmac_hex(HashMethod::sha1, "s1", "clientIda1sub&sub1deviceNamesub1productKeya1subtimestamp1767323045678"),
            "72ea4598aec4f8773d483586c88a8589676d427b");
  EXPECT_EQ(hmac_hex(HashMethod::sha1, "s2", "clientIda1sub&sub2deviceNamesub2productKeya1subtimestamp1767323045678"),
            "093eb6783744e2bfdfc59ec4286571bad22fc541");
  // The published example spells the product key in two ways; this is not the signature that it prints.
  EXPECT_EQ(hmac_hex(HashMethod::md5, "1234", "clientId868575026974305deviceName868575026974305productKeya1PB5fpX1234"),
            "02cd3662b134a89d2f79349df1adcbfc");
}

TEST(Hmac, AnEmptyKeyIsNotTheKeyOfTheLastCall) {
  (void)hmac_hex(HashMethod::sha256, "secret", "text");
  EXPECT_EQ(hmac_hex(HashMethod::sha256, "", ""), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Hash, MatchesTheStandardVectors) {
  EXPECT_EQ(hash_hex(HashMethod::md5, "abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(hash_hex(HashMethod::sha1, "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hash_hex(HashMethod::sha256, ""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash_hex(HashMethod::sha256, "clientId868575026974305deviceName868575026974305productKeya1PB5fp12341234"),
            "09eac5a8d732e5971a6a3c9b3bc106e748c28a1b24f1f78ce3043d493e14bac7");
}

TEST(Hash, WorksOnEveryThread) {
  std::string on_thread;
  std::thread thread([&] { on_thread = hmac_hex(HashMethod::md5, "k", "v") + hash_hex(HashMethod::md5, "v"); });
  thread.join();
  EXPECT_EQ(on_thread, hmac_hex(HashMethod::md5, "k", "v") + hash_hex(HashMethod::md5, "v"));
}

TEST(ConstantTime, ComparesWholeTexts) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abcd"));
}

}  // namespace
}  // namespace fleet::wire
