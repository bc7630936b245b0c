// ACS3-HMAC-SHA256: the published example, and a request of the IoT SDK.
#include <gtest/gtest.h>

#include "wire/signing.h"

namespace fleet::wire {
namespace {

constexpr std::string_view kEmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::string_view kNonce = "3156853299f313e23d1673dc12e1703d";

TEST(Acs3, MatchesThePublishedExample) {
  std::vector<Param> query = {{"RegionId", "cn-shanghai"},
                              {"ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"}};
  const Param headers[] = {{"host", "ecs.cn-shanghai.aliyuncs.com"}, {"x-acs-action", "RunInstances"},
                           {"x-acs-content-sha256", kEmptyHash},     {"x-acs-date", "2023-10-26T10:22:32Z"},
                           {"x-acs-signature-nonce", kNonce},        {"x-acs-version", "2014-05-26"}};
  std::string canonical = "what stood here before";
  acs3_canonical_request("POST", query, headers, kEmptyHash, canonical);
  const std::string to_sign = acs3_string_to_sign(canonical);
  EXPECT_EQ(to_sign, "ACS3-HMAC-SHA256\n7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259");
  EXPECT_EQ(acs3_signature("YourAccessKeySecret", to_sign),
            "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0");
}

TEST(Acs3, WritesTheCanonicalRequestOfAnSdk) {
  std::vector<Param> query = {{"Qos", "1"},
                              {"DeviceName.1", "newdevice1"},
                              {"DeviceName.2", "newdevice2"},
                              {"ProductKey", "a1BwAGVxxxx"},
                              {"MessageContent", "aGVsbG8gd29ybGQ="},
                              {"TopicShortName", "get"}};
  const Param headers[] = {{"host", "127.0.0.1:18931"},
                           {"x-acs-action", "BatchPub"},
                           {"x-acs-content-sha256", kEmptyHash},
                           {"x-acs-credentials-provider", "static_ak"},
                           {"x-acs-date", "2026-01-02T03:04:05Z"},
                           {"x-acs-signature-nonce", kNonce},
                           {"x-acs-version", "2018-01-20"}};
  std::string canonical;
  acs3_canonical_request("POST", query, headers, kEmptyHash, canonical);
  EXPECT_EQ(canonical,
            "POST\n/\n"
            "DeviceName.1=newdevice1&DeviceName.2=newdevice2&MessageContent=aGVsbG8gd29ybGQ%3D&ProductKey=a1BwAGVxxxx&"
            "Qos=1&TopicShortName=get\n"
            "host:127.0.0.1:18931\nx-acs-action:BatchPub\n"
            "x-acs-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
            "x-acs-credentials-provider:static_ak\nx-acs-date:2026-01-02T03:04:05Z\n"
            "x-acs-signature-nonce:3156853299f313e23d1673dc12e1703d\nx-acs-version:2018-01-20\n\n"
            "host;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;"
            "x-acs-version\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const std::string to_sign = acs3_string_to_sign(canonical);
  EXPECT_EQ(to_sign, "ACS3-HMAC-SHA256\nec9602f96dc30258d3b0f714fedd5c3df8377b40fca8f9d0bcb5789520333539");
  EXPECT_EQ(acs3_signature("testsecret", to_sign), "8db1ec8ca4bccd4a3ba51d33d56ffda0acb75c759727520b22c2dff147a7a4fc");
}

TEST(Acs3, EscapesTheQueryAndSignsNoQueryToo) {
  std::vector<Param> query = {{"b", "x'!()*~ +/\xc3\xa9"}, {"a.10", ""}, {"a.2", "=&"}};
  std::string canonical;
  acs3_canonical_request("GET", query, {}, "", canonical);
  EXPECT_EQ(canonical, "GET\n/\na.10=&a.2=%3D%26&b=x%27%21%28%29%2A~%20%2B%2F%C3%A9\n\n\n");
  query.clear();
  acs3_canonical_request("GET", query, {}, "", canonical);
  EXPECT_EQ(canonical, "GET\n/\n\n\n\n");
}

}  // namespace
}  // namespace fleet::wire
