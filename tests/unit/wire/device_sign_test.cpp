// Topology and sub-device signatures: the published vectors, and what must be refused.
#include "wire/device_sign.h"

#include <gtest/gtest.h>

namespace fleet::wire {
namespace {

constexpr std::string_view kSecret = "1234";

std::string content(std::vector<Param> params) { return device_sign_content(params); }

std::string published(int vector) {
  std::vector<Param> params = {{"ProductKey", "a1PB5fp1234"}, {"DeviceName", "868575026974305"}};
  if (vector != 3) params.push_back({"ClientId", "868575026974305"});
  if (vector == 2) params.push_back({"Timestamp", "1646277090411"});
  return content(params);
}

TEST(DeviceSign, WritesTheNamesInLetterOrderWithSmallFirstLetters) {
  EXPECT_EQ(published(1), "clientId868575026974305deviceName868575026974305productKeya1PB5fp1234");
  EXPECT_EQ(published(2),
            "clientId868575026974305deviceName868575026974305productKeya1PB5fp1234timestamp1646277090411");
  EXPECT_EQ(published(3), "deviceName868575026974305productKeya1PB5fp1234");
  EXPECT_EQ(content({{"timestamp", "1"}, {"ClientId", ""}, {"", "x"}}), "clientIdtimestamp1");
  EXPECT_EQ(content({}), "");
}

TEST(DeviceSign, MatchesThePublishedVectors) {
  struct Row {
    int vector;
    SignMethod method;
    std::string_view sign;
  };
  const Row rows[] = {
      {1, SignMethod::hmac_md5, "c1c1606d61884c5f16c9ea6622e5e3c3"},
      {2, SignMethod::hmac_md5, "3ba0dfa4c477b40c007d84d30d6466cc"},
      {3, SignMethod::hmac_md5, "47f80333e1ee74581f7e4f029c226696"},
      {1, SignMethod::hmac_sha1, "0e28fffe08643db1db2c0715e306132f897f17c1"},
      {2, SignMethod::hmac_sha1, "5668322c0060404b4fbda9f5c3976bdb723898c7"},
      {3, SignMethod::hmac_sha1, "f3317bedd8eef913dd7a98f0d5d57504c2d63487"},
      {1, SignMethod::hmac_sha256, "0ab0a7f8d406b64cc324ebb63d3f302a83119d2c7c6c126c387f4615239b3a38"},
      {2, SignMethod::hmac_sha256, "4934f675584035a6c30cdd8c4572075a4404d3e276e81369359ed031283fe695"},
      {3, SignMethod::hmac_sha256, "3a6cb479ffddac9e4ccc5f60fd80aafbf6221d90f5668f8b0d1869b755cb8975"},
      {1, SignMethod::sha256, "09eac5a8d732e5971a6a3c9b3bc106e748c28a1b24f1f78ce3043d493e14bac7"},
      {2, SignMethod::sha256, "5b8fe97312ce28bf1dd6b200ca65129a1364e76baa36b18ef09dd13122fe9968"},
      {3, SignMethod::sha256, "228eee0b7eef2d519ca59539378d28c9980b513431cfc85711c7fd1d8a36f715"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(device_sign(row.method, kSecret, published(row.vector)), row.sign);
    EXPECT_TRUE(device_sign_matches(row.method, kSecret, published(row.vector), row.sign));
    EXPECT_FALSE(device_sign_matches(row.method, "4321", published(row.vector), row.sign));
    EXPECT_FALSE(device_sign_matches(row.method, kSecret, published(row.vector) + "x", row.sign));
  }
}

TEST(DeviceSign, ComparesHexInAnyCase) {
  EXPECT_TRUE(device_sign_matches(SignMethod::hmac_md5, kSecret, published(1), "C1C1606D61884C5F16C9EA6622E5E3C3"));
  EXPECT_FALSE(device_sign_matches(SignMethod::hmac_md5, kSecret, published(1), ""));
  EXPECT_FALSE(device_sign_matches(SignMethod::hmac_md5, kSecret, published(1), "C1C1606D61884C5F16C9EA6622E5"));
}

TEST(DeviceSign, TakesTheKeyedReadingsOfSha256AndNeverThePlainHash) {
  EXPECT_TRUE(device_sign_matches(SignMethod::sha256, kSecret, published(1),
                                  "0ab0a7f8d406b64cc324ebb63d3f302a83119d2c7c6c126c387f4615239b3a38"));
  const std::string_view plain[] = {"fc2db197d016491a785eeb4bc40202625a42d4d418da2ec2816248df055d074f",
                                    "52481de86f5223540b028b0a1e8d631da03b4c6b03997c98ae101a528b270ba4",
                                    "0c13beaa2bec0765a46cce9b127e3a93dad9f15c29904ff8df645ce96720cf81"};
  for (int vector = 1; vector <= 3; ++vector) {
    EXPECT_FALSE(device_sign_matches(SignMethod::sha256, kSecret, published(vector), plain[vector - 1]));
  }
}

TEST(DeviceSign, KnowsFourMethodsInAnyCase) {
  EXPECT_EQ(parse_sign_method("hmacMd5"), SignMethod::hmac_md5);
  EXPECT_EQ(parse_sign_method("HMACSHA1"), SignMethod::hmac_sha1);
  EXPECT_EQ(parse_sign_method("hmacsha256"), SignMethod::hmac_sha256);
  EXPECT_EQ(parse_sign_method("Sha256"), SignMethod::sha256);
  for (const char* text : {"", "sha1", "md5", "hmacSha2567", "hmacSha25", " hmacMd5", "hmac-sha256"}) {
    EXPECT_FALSE(parse_sign_method(text)) << text;
  }
}

}  // namespace
}  // namespace fleet::wire
