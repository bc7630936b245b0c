#include "wire/encoding.h"

#include <gmock/gmock.h>

#include <random>

namespace fleet::wire {
namespace {

using ::testing::ElementsAre;

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string decoded(std::string_view text) {
  std::vector<std::byte> out;
  if (!base64_decode(text, out)) return "refused";
  return {reinterpret_cast<const char*>(out.data()), out.size()};
}

struct Decoded {
  std::string storage;
  std::vector<Param> params;
  std::optional<FormError> error;
};

Decoded decode(std::string_view text, std::size_t params_max = 100) {
  Decoded out;
  out.storage.reserve(
      std::max<std::size_t>(text.size(), 64));  // beyond the short-string buffer: views must survive a move
  out.error = decode_form(text, params_max, out.storage, out.params);
  return out;
}

MATCHER_P2(IsParam, key, value, "") { return arg.key == key && arg.value == value; }

TEST(Base64, EncodesTheVectorsOfTheRfc) {
  EXPECT_EQ(base64_encode(bytes_of("")), "");
  EXPECT_EQ(base64_encode(bytes_of("f")), "Zg==");
  EXPECT_EQ(base64_encode(bytes_of("fo")), "Zm8=");
  EXPECT_EQ(base64_encode(bytes_of("foo")), "Zm9v");
  EXPECT_EQ(base64_encode(bytes_of("foob")), "Zm9vYg==");
  EXPECT_EQ(base64_encode(bytes_of("fooba")), "Zm9vYmE=");
  EXPECT_EQ(base64_encode(bytes_of("foobar")), "Zm9vYmFy");
}

TEST(Base64, AppendsBehindWhatIsThere) {
  std::string out = "x=";
  base64_append(bytes_of("hello world"), out);
  EXPECT_EQ(out, "x=aGVsbG8gd29ybGQ=");
}

TEST(Base64, DecodesWhatItEncodesAtEveryLength) {
  std::mt19937 random(7);
  for (std::size_t size = 0; size < 300; ++size) {
    std::vector<std::byte> bytes(size);
    for (auto& byte : bytes) byte = static_cast<std::byte>(random());
    std::vector<std::byte> back{std::byte{1}};
    ASSERT_TRUE(base64_decode(base64_encode(bytes), back));
    ASSERT_EQ(back, bytes);
  }
}

TEST(Base64, RefusesWhatIsNotStrict) {
  for (const std::string_view text :
       {"Zg", "Zg=", "Zg===", "Z===", "====", "=", "Zm9v=", "Zm 9", "Zm9\n", " Zm9v", "Zm9v\n", "Zm-_",
        "Zg==Zg==", "Z=g=", "Zm=v", "a+b/c==", "\xff\xff\xff\xff", "aGVsbG93b3JsZA="}) {
    EXPECT_EQ(decoded(text), "refused") << text;
  }
  EXPECT_EQ(decoded(std::string_view("Zm\0v", 4)), "refused");
}

TEST(Base64, ReadsNoBitsBehindTheLastByte) { EXPECT_EQ(decoded("Zh=="), "f"); }

TEST(Percent, LeavesTheUnreservedAndEscapesTheRest) {
  std::string out;
  percent_append("AZaz09-_.~ !'()*+/&=%\xE6\x99\xBA", out);
  EXPECT_EQ(out, "AZaz09-_.~%20%21%27%28%29%2A%2B%2F%26%3D%25%E6%99%BA");
}

TEST(Form, DecodesKeysAndValues) {
  const auto form = decode("a=1&b=%2F+x&%61b=%e6%99%ba&empty=&bare&e=a=b");
  EXPECT_FALSE(form.error);
  EXPECT_THAT(form.params, ElementsAre(IsParam("a", "1"), IsParam("b", "/ x"), IsParam("ab", "\xE6\x99\xBA"),
                                       IsParam("empty", ""), IsParam("bare", ""), IsParam("e", "a=b")));
}

TEST(Form, PassesOverEmptyPieces) {
  EXPECT_TRUE(decode("").params.empty());
  EXPECT_TRUE(decode("&&&").params.empty());
  EXPECT_THAT(decode("&a=1&&b=2&").params, ElementsAre(IsParam("a", "1"), IsParam("b", "2")));
  EXPECT_THAT(decode("=x&=").params, ElementsAre(IsParam("", "x"), IsParam("", "")));
}

TEST(Form, RefusesBadPercentEncoding) {
  for (const std::string_view text : {"a=%", "a=%1", "a=%zz", "a=%2", "%=1", "a=1&b=%G0", "a=% 1", "a=%1&b=2"}) {
    EXPECT_EQ(decode(text).error, FormError::bad_percent_encoding) << text;
  }
}

TEST(Form, RefusesNulBytes) {
  EXPECT_EQ(decode("a=%00").error, FormError::nul_byte);
  EXPECT_EQ(decode(std::string_view("a=\0b", 4)).error, FormError::nul_byte);
  EXPECT_EQ(decode(std::string_view("\0=b", 3)).error, FormError::nul_byte);
}

TEST(Form, StopsAtTheBoundOnParameters) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "k=v&";
  const auto form = decode(text, 2'048);
  EXPECT_EQ(form.error, FormError::too_many_params);
  EXPECT_EQ(form.params.size(), 2'048u);
  EXPECT_FALSE(decode("a=1&b=2&", 2).error);
}

TEST(Form, KeepsEarlierViewsValid) {
  std::string storage;
  std::vector<Param> params;
  storage.reserve(6 + 5);
  EXPECT_FALSE(decode_form("q=%41b", 10, storage, params));
  const char* const before = params[0].value.data();
  EXPECT_FALSE(decode_form("b=two", 10, storage, params));
  EXPECT_EQ(params[0].value.data(), before);
  EXPECT_THAT(params, ElementsAre(IsParam("q", "Ab"), IsParam("b", "two")));
}

}  // namespace
}  // namespace fleet::wire
