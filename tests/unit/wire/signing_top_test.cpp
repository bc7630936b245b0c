#include "wire/signing_top.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace fleet::wire {
namespace {

constexpr std::string_view kSecret = "helloworld";

std::string to_sign(std::vector<Param> params, EmptyValues empty_values = EmptyValues::skipped) {
  std::sort(params.begin(), params.end(), [](const Param& a, const Param& b) { return a.key < b.key; });
  std::string out = "something before";
  top_string_to_sign(params, empty_values, out);
  return out;
}

TEST(TopSignature, SmallVectorOfTheDocumentation) {
  const std::string text = to_sign({{"foo", "1"}, {"bar", "2"}, {"foo_bar", "3"}, {"foobar", "4"}});
  EXPECT_EQ(text, "bar2foo1foo_bar3foobar4");
  EXPECT_EQ(top_signature(TopSignMethod::md5, kSecret, text), "5AAF1C690262A24768F5478B084C2C8A");
  EXPECT_EQ(top_signature(TopSignMethod::hmac, kSecret, text), "E687005F819D6F9E6ED085311C8ACC75");
  EXPECT_EQ(top_signature(TopSignMethod::hmac_sha256, kSecret, text),
            "339676BF36C50A8BD3D8F6B4A81B2F9AA614B05BFCFEBEFC169CB830D6B77D3B");
}

TEST(TopSignature, WholeRequestWithRawUtf8) {
  const std::string text = to_sign(
      {{"v", "2.0"},
       {"timestamp", "2026-01-02 11:04:05"},
       {"sign_method", "md5"},
       {"method", "taobao.tmc.messages.produce"},
       {"format", "json"},
       {"sign", "B9877648F29F6CF8B5BD3D7A14E4DD09"},
       {"app_key", "12345678"},
       {"messages",
        R"([{"topic":"taobao_trade_TradeCreate","content":"{\"tid\":2895732958732,\"seller_nick\":\"向阳aa\"}",)"
        R"("target_group":"default","json_ex_content":"{\"full_link_test\":true}"},{"topic":"taobao_jds_TradeTrace",)"
        R"("content":"{\"tid\":1,\"note\":\"a b+c&d=e\"}"}])"}});
  EXPECT_TRUE(text.starts_with("app_key12345678formatjsonmessages[{"));
  EXPECT_TRUE(text.ends_with("}]methodtaobao.tmc.messages.producesign_methodmd5timestamp2026-01-02 11:04:05v2.0"));
  EXPECT_EQ(top_signature(TopSignMethod::md5, kSecret, text), "B9877648F29F6CF8B5BD3D7A14E4DD09");
}

TEST(TopSignature, EmptyValuesAreSkippedOrKept) {
  EXPECT_EQ(to_sign({{"a", "1"}, {"b", ""}, {"c", "2"}}), "a1c2");
  EXPECT_EQ(to_sign({{"a", "1"}, {"b", ""}, {"c", "2"}}, EmptyValues::kept), "a1bc2");
  EXPECT_EQ(to_sign({}), "");
}

TEST(TopSignature, MethodsAreNamedExactly) {
  EXPECT_EQ(parse_top_sign_method("md5"), TopSignMethod::md5);
  EXPECT_EQ(parse_top_sign_method("hmac"), TopSignMethod::hmac);
  EXPECT_EQ(parse_top_sign_method("hmac-sha256"), TopSignMethod::hmac_sha256);
  for (const char* other : {"", "MD5", "hmac-md5", "sha256", "hmac "})
    EXPECT_FALSE(parse_top_sign_method(other)) << other;
}

}  // namespace
}  // namespace fleet::wire
