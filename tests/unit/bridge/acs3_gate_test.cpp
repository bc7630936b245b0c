// Calls that are signed with version 3, ACS3-HMAC-SHA256: who calls stands in the header.
#include <gtest/gtest.h>

#include "api_fixture.h"
#include "bridge/envelope/acs3.h"
#include "wire/signing.h"

namespace fleet::bridge::test {
namespace {

constexpr std::string_view kForm = "application/x-www-form-urlencoded";
constexpr std::string_view kQuery =
    "DeviceName.1=newdevice1&DeviceName.2=newdevice2&MessageContent=aGVsbG8gd29ybGQ%3D&ProductKey=a1BwAGVxxxx&Qos=1&"
    "TopicShortName=get";

// A request under construction; sign() as the public SDKs do.
struct SignedRequest {
  std::string method = "POST";
  std::string query{kQuery};
  std::string body{};
  std::string content_type{};
  std::map<std::string, std::string> headers = {{"host", "127.0.0.1:18931"},
                                                {"x-acs-action", "BatchPub"},
                                                {"x-acs-version", "2018-01-20"},
                                                {"x-acs-date", "2026-01-02T03:04:05Z"},
                                                {"x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"},
                                                {"x-acs-credentials-provider", "static_ak"},
                                                {"accept", "application/json"}};
  std::string access_key = "testid";
  std::string secret = "testsecret";
  std::string signed_headers{};  // empty: host, content-type and every x-acs-*
  std::string authorization{};
  std::string lines{};

  void sign() {
    if (!headers.contains("x-acs-content-sha256")) {
      headers["x-acs-content-sha256"] = wire::hash_hex(wire::HashMethod::sha256, body);
    }
    std::vector<wire::Param> fields;
    const bool choose = signed_headers.empty();
    for (const auto& [name, value] : headers) {
      if (choose && name != "host" && name != "content-type" && !name.starts_with("x-acs-")) continue;
      if (!choose && (";" + signed_headers + ";").find(";" + name + ";") == std::string::npos) continue;
      fields.push_back({name, value});
      if (choose) signed_headers += (signed_headers.empty() ? "" : ";") + name;
    }
    std::string storage;
    storage.reserve(query.size());
    std::vector<wire::Param> params;
    EXPECT_FALSE(wire::decode_form(query, 1'000, storage, params));
    std::string canonical;
    wire::acs3_canonical_request(method, params, fields, headers["x-acs-content-sha256"], canonical);
    authorization = "ACS3-HMAC-SHA256 Credential=" + access_key + ",SignedHeaders=" + signed_headers +
                    ",Signature=" + wire::acs3_signature(secret, wire::acs3_string_to_sign(canonical));
  }

  Reply send(ApiUnderTest& bridge) {
    if (authorization.empty()) sign();
    lines.clear();
    for (const auto& [name, value] : headers) lines += name + ":" + value + "\n";
    lines += "authorization:" + authorization + "\n";
    return bridge.send({.method = method,
                        .path = "/",
                        .query = query,
                        .content_type = content_type,
                        .authorization = authorization,
                        .headers = HttpHeaders(lines),
                        .body = body});
  }
};

std::string code_of(SignedRequest request) {
  ApiUnderTest bridge;
  const Reply reply = request.send(bridge);
  if (reply.accepted()) return "accepted";
  EXPECT_EQ(reply.answer.content_type, "application/json;charset=utf-8");
  EXPECT_EQ(reply.member("RequestId").size(), 36u);
  return reply.member("Code");
}

TEST(Acs3Gate, AcceptsWhatTheSdkSigned) {
  ApiUnderTest bridge;
  SignedRequest request;
  request.headers["x-acs-content-sha256"] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  request.authorization =
      "ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=host;x-acs-action;x-acs-content-sha256;"
      "x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;x-acs-version,"
      "Signature=8db1ec8ca4bccd4a3ba51d33d56ffda0acb75c759727520b22c2dff147a7a4fc";
  const Reply reply = request.send(bridge);
  ASSERT_TRUE(reply.accepted()) << reply.answer.body;
  EXPECT_EQ(reply.topics().size(), 2u);
  EXPECT_FALSE(reply.accepted_in_xml());
}

TEST(Acs3Gate, SignsTheDecodedQueryAndNotItsSpelling) {
  SignedRequest request;
  request.query =
      "TopicShortName=get&ProductKey=a1BwAGVxxxx&MessageContent=aGVsbG8gd29ybGQ=&DeviceName.2=dev@2:x.y-z_1"
      "&DeviceName.1=%6eewdevice1&Qos=1&IotInstanceId=";
  EXPECT_EQ(code_of(request), "accepted");
}

TEST(Acs3Gate, ParametersMayStandInTheSignedBody) {
  SignedRequest request;
  request.body = "DeviceName.1=newdevice1&TopicShortName=get&MessageContent=aGVsbG8%3D";
  request.query = "ProductKey=a1BwAGVxxxx&DeviceName.2=newdevice2&Qos=1";
  request.content_type = request.headers["content-type"] = kForm;
  ApiUnderTest bridge;
  const Reply reply = request.send(bridge);
  ASSERT_TRUE(reply.accepted()) << reply.answer.body;
  EXPECT_EQ(reply.topics().size(), 2u);
  // The body wins where both hold a key, and the query is signed as it stands.
  request.query += "&TopicShortName=update";
  request.authorization.clear();
  request.headers["x-acs-signature-nonce"] = "another";
  EXPECT_TRUE(request.send(bridge).accepted());
}

TEST(Acs3Gate, ABodyThatIsNoFormIsRefused) {
  SignedRequest request;
  request.body = "{}";
  request.content_type = request.headers["content-type"] = "application/json";
  EXPECT_EQ(code_of(request), "InvalidContentType");
}

TEST(Acs3Gate, AnythingChangedSpoilsTheSignature) {
  SignedRequest whole;
  whole.body = "IotInstanceId=x";
  whole.content_type = whole.headers["content-type"] = kForm;
  whole.sign();
  EXPECT_EQ(code_of(whole), "accepted");
  const auto spoilt = [&whole](auto change) {
    SignedRequest request = whole;
    change(request);
    return code_of(request);
  };
  EXPECT_EQ(spoilt([](auto& r) { r.query += "&Qos=0"; }), "SignatureDoesNotMatch");
  EXPECT_EQ(spoilt([](auto& r) { r.body = "IotInstanceId=y"; }), "SignatureDoesNotMatch");
  EXPECT_EQ(spoilt([](auto& r) { r.body.clear(); }), "SignatureDoesNotMatch");
  EXPECT_EQ(spoilt([](auto& r) { r.method = "GET"; }), "SignatureDoesNotMatch");
  EXPECT_EQ(spoilt([](auto& r) { r.headers["host"] = "127.0.0.1"; }), "SignatureDoesNotMatch");
  EXPECT_EQ(spoilt([](auto& r) { r.headers["x-acs-action"] = "Pub"; }), "SignatureDoesNotMatch");
  EXPECT_EQ(spoilt([](auto& r) { r.headers["x-acs-date"] = "2026-01-02T03:04:06Z"; }), "SignatureDoesNotMatch");
  EXPECT_EQ(spoilt([](auto& r) { r.headers["x-acs-credentials-provider"] = "static_sts"; }), "SignatureDoesNotMatch");
  EXPECT_EQ(spoilt([](auto& r) { r.authorization.back() = r.authorization.back() == '0' ? '1' : '0'; }),
            "SignatureDoesNotMatch");
  EXPECT_EQ(spoilt([](auto& r) { r.headers["accept"] = "*/*"; }), "accepted") << "not signed";
}

TEST(Acs3Gate, AHashThatIsNotTheBodysIsRefusedThoughItIsSigned) {
  SignedRequest request;
  request.headers["x-acs-content-sha256"] = wire::hash_hex(wire::HashMethod::sha256, "another body");
  EXPECT_EQ(code_of(request), "SignatureDoesNotMatch");
}

TEST(Acs3Gate, TellsTheStringThatItSigned) {
  ApiUnderTest bridge;
  SignedRequest request;
  request.secret = "wrong";
  EXPECT_TRUE(request.send(bridge).member("Message").starts_with(
      "Specified signature is not matched with our calculation. server string to sign is:ACS3-HMAC-SHA256\n"));
}

TEST(Acs3Gate, AsksForEachFieldThatItNeeds) {
  const std::pair<const char*, const char*> rows[] = {{"x-acs-action", "MissingAction"},
                                                      {"x-acs-version", "MissingVersion"},
                                                      {"x-acs-signature-nonce", "MissingSignatureNonce"},
                                                      {"x-acs-date", "MissingTimestamp"},
                                                      {"x-acs-content-sha256", "Missingx-acs-content-sha256"}};
  for (const auto& [name, code] : rows) {
    SignedRequest request;
    request.sign();
    request.headers.erase(name);
    EXPECT_EQ(code_of(request), code);
    request.headers[name] = "";
    EXPECT_EQ(code_of(request), code);
  }
}

TEST(Acs3Gate, RefusesAnAuthorizationThatIsNotWhole) {
  for (const char* text : {
           "ACS3-HMAC-SHA256",
           "ACS3-HMAC-SHA256 ",
           "ACS3-HMAC-SM3 Credential=testid,SignedHeaders=host,Signature=00",
           "ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=host",
           "ACS3-HMAC-SHA256 Credential=testid,Signature=00",
           "ACS3-HMAC-SHA256 SignedHeaders=host,Signature=00",
           "ACS3-HMAC-SHA256 Credential=,SignedHeaders=host,Signature=00",
           "ACS3-HMAC-SHA256 Credential=testid,Credential=testid,SignedHeaders=host,Signature=00",
           "ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=host,Signature=00,More=1",
           "ACS3-HMAC-SHA256 ,,,=,",
       }) {
    SignedRequest request;
    request.sign();
    request.authorization = text;
    EXPECT_EQ(code_of(request), "IncompleteSignature") << text;
  }
}

TEST(Acs3Gate, ReadsTheAuthorizationInAnyOrderAndWithSpaces) {
  SignedRequest request;
  request.sign();
  const std::string text = request.authorization.substr(17);
  const std::size_t first = text.find(',');
  const std::size_t second = text.find(',', first + 1);
  request.authorization = "ACS3-HMAC-SHA256 " + text.substr(second + 1) + ", " + text.substr(0, first) + ", " +
                          text.substr(first + 1, second - first - 1);
  EXPECT_EQ(code_of(request), "accepted");
}

TEST(Acs3Gate, WhatDecidesMustBeSigned) {
  const std::string all = "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version";
  SignedRequest whole;
  whole.signed_headers = all;
  EXPECT_EQ(code_of(whole), "accepted");
  for (const char* name :
       {"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"}) {
    SignedRequest request;
    request.signed_headers = all;
    const std::size_t at = all.find(name);
    request.signed_headers.replace(at, std::string_view(name).size(), "x-acs-credentials-provider");
    EXPECT_EQ(code_of(request), "IncompleteSignature") << name;
  }
  for (const char* more : {";x-not-there", ";Accept", ";"}) {
    SignedRequest request;
    request.signed_headers = all + more;
    EXPECT_EQ(code_of(request), more == std::string_view(";") ? "accepted" : "IncompleteSignature") << more;
  }
  SignedRequest many;
  many.signed_headers = all;
  for (int i = 0; i < 40; ++i) many.signed_headers += ";accept";
  EXPECT_EQ(code_of(many), "IncompleteSignature");
}

TEST(Acs3Gate, TimeKeyNonceAndVersionAreCheckedAsInVersionOne) {
  const auto with = [](const char* name, const char* value) {
    SignedRequest request;
    request.headers[name] = value;
    return code_of(request);
  };
  EXPECT_EQ(with("x-acs-date", "yesterday"), "InvalidTimeStamp.Format");
  EXPECT_EQ(with("x-acs-date", "2026-01-02T02:49:04Z"), "InvalidTimeStamp.Expired");
  EXPECT_EQ(with("x-acs-version", "2017-04-20"), "InvalidVersion");
  EXPECT_EQ(with("x-acs-action", "batchPub"), "InvalidAction.NotFound");
  SignedRequest nobody;
  nobody.access_key = "nobody";
  EXPECT_EQ(code_of(nobody), "InvalidAccessKeyId.NotFound");
  SignedRequest outsider;
  outsider.access_key = "outsider";
  EXPECT_EQ(code_of(outsider), "Forbidden.RAM");
  ApiUnderTest bridge;
  SignedRequest once;
  EXPECT_TRUE(once.send(bridge).accepted());
  EXPECT_EQ(once.send(bridge).member("Code"), "SignatureNonceUsed");
}

TEST(Acs3Gate, ATokenMustBeSignedAndTheAccounts) {
  Config config = example_config();
  config.accounts[0].security_token = "token";
  ApiUnderTest bridge(config);
  SignedRequest request;
  request.headers["x-acs-security-token"] = "token";
  request.headers["x-acs-accesskey-id"] = "testid";
  request.headers["x-acs-credentials-provider"] = "static_sts";
  EXPECT_TRUE(request.send(bridge).accepted());
  SignedRequest without;
  without.headers["x-acs-signature-nonce"] = "2";
  EXPECT_EQ(without.send(bridge).member("Code"), "MissingSecurityToken");
  SignedRequest wrong;
  wrong.headers["x-acs-security-token"] = "other";
  wrong.headers["x-acs-signature-nonce"] = "3";
  EXPECT_EQ(wrong.send(bridge).member("Code"), "InvalidSecurityToken.MismatchWithAccessKey");
  SignedRequest unsigned_token;
  unsigned_token.sign();
  unsigned_token.headers["x-acs-security-token"] = "token";
  EXPECT_EQ(unsigned_token.send(bridge).member("Code"), "IncompleteSignature");
}

TEST(Acs3Gate, TheHeaderDecidesAndNotTheAction) {
  // SDKs of version 1.0 send x-acs-action too.
  ApiUnderTest bridge;
  auto params = example_params();
  params["SignatureNonce"] = "n";
  sign(params, "POST");
  const std::string form = form_of(params);
  EXPECT_TRUE(bridge
                  .send({.method = "POST",
                         .path = "/",
                         .content_type = kForm,
                         .headers = HttpHeaders("x-acs-action:Pub\nx-acs-version:2018-01-20\n"),
                         .body = form})
                  .accepted());
}

TEST(HttpHeaders, FindsTheFirstOfAName) {
  const HttpHeaders headers("host:a\nx:1\nxy:2\nx:3\nempty:\nlast:z");
  EXPECT_EQ(headers.get("host"), "a");
  EXPECT_EQ(headers.get("x"), "1");
  EXPECT_EQ(headers.get("xy"), "2");
  EXPECT_EQ(headers.get("empty"), "");
  EXPECT_EQ(headers.get("last"), "z");
  EXPECT_FALSE(headers.get("hos"));
  EXPECT_FALSE(headers.get(""));
  EXPECT_FALSE(HttpHeaders().get("host"));
}

}  // namespace
}  // namespace fleet::bridge::test
