#include "bridge/envelope/multipart.h"

#include <gmock/gmock.h>

#include <string>

namespace fleet::bridge {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::size_t kPartsMax = 10;

std::string part(const std::string& name, const std::string& value) {
  return "Content-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value;
}

// "name=value" of each part, or "refused".
std::vector<std::string> parts(std::string_view body, std::string_view boundary = "b") {
  std::vector<wire::Param> params;
  std::vector<std::string> out;
  if (!read_multipart(body, boundary, kPartsMax, params)) return {"refused"};
  for (const auto& param : params) out.push_back(std::string(param.key) + "=" + std::string(param.value));
  return out;
}

TEST(Multipart, ReadsPartsAndPassesFilesOver) {
  EXPECT_THAT(parts("--b\r\n" + part("k", "v") + "\r\n--b\r\n" + part("empty", "") + "\r\n--b--"),
              ElementsAre("k=v", "empty="));
  EXPECT_THAT(parts("preamble --b\r\n--b \t\r\n" + part("k", "a\r\nb\r\n") + "\r\n--b--  \r\nepilogue --b"),
              ElementsAre("k=a\r\nb\r\n"));
  EXPECT_THAT(
      parts("--b\r\nCONTENT-type: text/plain\r\ncontent-DISPOSITION:FORM-DATA ; x=y; NAME=k ;\r\n\r\nv\r\n--b--"),
      ElementsAre("k=v"));
  EXPECT_THAT(parts("--b\r\nContent-Disposition: form-data; filename=\"a;name=b\"; name=\"f\"\r\n\r\nbytes\r\n--b\r\n" +
                    part("k", "v") + "\r\n--b--"),
              ElementsAre("k=v"));
  EXPECT_THAT(parts("--b\r\n" + part("a\\\"b", "v") + "\r\n--b--"), ElementsAre("a\\\"b=v"));
  EXPECT_THAT(parts("--b--"), IsEmpty());
}

TEST(Multipart, KeepsWhatOnlyLooksLikeABoundary) {
  for (const std::string value :
       {" --b", "x--b\r\n", "\n--b\n", "\r\n--bb\r\n", "\r\n--b-\r\n", "\r\n -–b--\r\n", "\r--b--"}) {
    EXPECT_THAT(parts("--b\r\n" + part("k", value) + "\r\n--b--"), ElementsAre("k=" + value));
  }
}

TEST(Multipart, RefusesWhatIsBroken) {
  const std::string broken[] = {
      std::string(),
      std::string("no boundary"),
      std::string("--b"),
      std::string("--b\r\n"),
      "--b\r\n" + part("k", "v"),                  // no end
      "--b\r\n" + part("k", "v") + "\r\n--b\r\n",  // no last boundary
      std::string("--b\r\n\r\n--b--"),             // no header
      std::string("--b\r\n\r\nv\r\n--b--"),        // no name
      std::string("--b\r\n--b--"),                 // no part
      "--b\r\n" + part("", "v") + "\r\n--b--",     // an empty name
      "--b\n" + part("k", "v") + "\n--b--",        // line ends
      "--b\r\n" + part("k", std::string("a\0b", 3)) + "\r\n--b--",
      std::string("--b\r\nContent-Disposition: form-data; name=\"k\r\n\r\nv\r\n--b--"),
      std::string("--b\r\nContent-Disposition: attachment; name=k\r\n\r\nv\r\n--b--"),
  };
  for (const std::string& body : broken) EXPECT_THAT(parts(body), ElementsAre("refused")) << body;
  std::string many;
  for (std::size_t i = 0; i <= kPartsMax; ++i) many += "--b\r\n" + part("k", "v") + "\r\n";
  EXPECT_THAT(parts(many + "--b--"), ElementsAre("refused"));
  EXPECT_THAT(parts("--\r\n\r\n----", ""), ElementsAre("refused"));
}

TEST(Multipart, ReadsTheBoundaryOfAContentType) {
  EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=abc"), "abc");
  EXPECT_EQ(multipart_boundary("Multipart/Form-Data;charset=utf-8; Boundary=\"a b;c\" "), "a b;c");
  EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=abc; x=y"), "abc");
  EXPECT_EQ(multipart_boundary("multipart/form-data; x=\"boundary=no\"; boundary=yes"), "yes");
  for (const char* none : {"multipart/form-data", "multipart/form-data;",
                           "multipart/form-data; boundary=", "multipart/form-data; boundary=\"abc",
                           "multipart/mixed; boundary=abc", "text/plain", "", ";="}) {
    EXPECT_EQ(multipart_boundary(none), "") << none;
  }
  EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=" + std::string(70, 'x')).size(), 70u);
  EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=" + std::string(71, 'x')), "");
}

}  // namespace
}  // namespace fleet::bridge
