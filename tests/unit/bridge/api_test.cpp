// The API as the server uses it: paths, methods, bodies, outcomes, quotas.
#include "bridge/api.h"

#include <gmock/gmock.h>

#include <set>

#include "api_fixture.h"

namespace fleet::bridge::test {
namespace {

using ::testing::MatchesRegex;

constexpr std::string_view kForm = "application/x-www-form-urlencoded";

HttpAnswer finish(const PendingCall& pending, PublishOutcome outcome) { return pending.finish({&outcome, 1}); }

TEST(Api, SaysYesInJson) {
  ApiUnderTest bridge;
  const Reply reply = bridge.call(example_params());
  const HttpAnswer answer = finish(reply.pending, PublishOutcome::done);
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(answer.content_type, "application/json;charset=utf-8");
  EXPECT_THAT(answer.body, MatchesRegex(R"(\{"RequestId":"[0-9A-F-]+","Success":true\})"));
}

TEST(Api, SaysYesInXml) {
  ApiUnderTest bridge;
  auto params = example_params();
  params.erase("Format");
  const Reply reply = bridge.call(params);
  const HttpAnswer answer = finish(reply.pending, PublishOutcome::done);
  EXPECT_EQ(answer.content_type, "text/xml;charset=utf-8");
  EXPECT_THAT(answer.body,
              MatchesRegex(R"(<\?xml version="1.0" encoding="UTF-8"\?><BatchPubResponse><RequestId>[0-9A-F-]+)"
                           R"(</RequestId><Success>true</Success></BatchPubResponse>)"));
}

TEST(Api, TellsHowThePublishesFailed) {
  ApiUnderTest bridge;
  const Reply reply = bridge.call(example_params());
  const std::pair<PublishOutcome, std::string> rows[] = {
      {PublishOutcome::broker_away, "iot.system.SystemException"},
      {PublishOutcome::stopping, "iot.system.SystemException"},
      {PublishOutcome::backlog_full, "iot.messagebroker.RateLimit"},
      {PublishOutcome::refused, "iot.messagebroker.PublishMessageFailed"},
      {PublishOutcome::unconfirmed, "iot.messagebroker.PublishMessageException"},
  };
  for (const auto& [outcome, code] : rows) {
    const Reply failed{.answer = finish(reply.pending, outcome), .pending = {}};
    EXPECT_EQ(failed.answer.status, 200u);
    EXPECT_EQ(failed.member("Success"), "false");
    EXPECT_EQ(failed.member("Code"), code);
    EXPECT_EQ(failed.member("RequestId").size(), 36u);
  }
}

TEST(Api, RequestIdsAreUpperCaseUuidsAndDiffer) {
  ApiUnderTest bridge;
  std::set<std::string> ids;
  for (int i = 0; i < 1'000; ++i) {
    const std::string id = bridge.send({.method = "GET", .path = "/"}).member("RequestId");
    ASSERT_THAT(id, MatchesRegex("[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}"));
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 1'000u);
}

TEST(Api, KnowsOnePathAndTwoMethods) {
  ApiUnderTest bridge;
  for (const char* path : {"", "/index.html", "//", "/router", "*"}) {
    const Reply reply = bridge.send({.method = "GET", .path = path});
    EXPECT_EQ(reply.answer.status, 404u);
    EXPECT_EQ(reply.member("Code"), "InvalidAction.NotFound");
  }
  for (const char* method : {"PUT", "DELETE", "HEAD", "get", ""}) {
    const Reply reply = bridge.send({.method = method, .path = "/"});
    EXPECT_EQ(reply.answer.status, 405u);
    EXPECT_EQ(reply.member("Code"), "UnsupportedHTTPMethod");
  }
}

TEST(Api, AnEmptyRequestIsAskedForItsAction) {
  ApiUnderTest bridge;
  const Reply reply = bridge.send({.method = "POST", .path = "/", .content_type = kForm});
  EXPECT_EQ(reply.answer.body.substr(0, 45), "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error>");
  EXPECT_EQ(reply.member("Code"), "MissingAction");
  EXPECT_EQ(reply.member("Message"), "Action is mandatory for this action.");
  EXPECT_NE(reply.member("HostId"), "");
}

TEST(Api, BadEncodingAndNulBytesAreRefusedInTheFormatThatWasAskedFor) {
  ApiUnderTest bridge;
  for (const char* query : {"Format=JSON&a=%", "Format=JSON&a=%4", "Format=JSON&a=%GG", "Format=JSON&a=%00"}) {
    const Reply reply = bridge.send({.method = "GET", .path = "/", .query = query});
    EXPECT_EQ(reply.answer.status, 400u);
    EXPECT_EQ(reply.answer.content_type, "application/json;charset=utf-8");
    EXPECT_EQ(reply.member("Code"), "InvalidParameter");
  }
  const Reply reply = bridge.send(
      {.method = "POST", .path = "/", .content_type = kForm, .body = std::string_view("Action=Batch\0Pub", 16)});
  EXPECT_EQ(reply.member("Code"), "InvalidParameter");
}

TEST(Api, AHundredThousandParametersAreRefused) {
  ApiUnderTest bridge;
  std::string body;
  for (int i = 0; i < 100'000; ++i) body += "DeviceName." + std::to_string(i) + "=x&";
  const Reply reply = bridge.send({.method = "POST", .path = "/", .content_type = kForm, .body = body});
  EXPECT_EQ(reply.answer.status, 400u);
  EXPECT_EQ(reply.member("Code"), "InvalidParameter");
  EXPECT_TRUE(bridge.call(example_params()).accepted());
}

TEST(Api, ABodyThatIsNoFormIsRefused) {
  ApiUnderTest bridge;
  const Reply reply = bridge.send({.method = "POST",
                                   .path = "/",
                                   .query = "Format=JSON",
                                   .content_type = "application/json",
                                   .body = "{\"Action\":\"BatchPub\"}"});
  EXPECT_EQ(reply.answer.status, 400u);
  EXPECT_EQ(reply.member("Code"), "InvalidContentType");
}

TEST(Api, ABodyTypeWithoutABodyIsNobodysAffair) {
  ApiUnderTest bridge;
  auto params = example_params();
  params["SignatureNonce"] = "n";
  sign(params, "POST");
  const std::string query = form_of(params);
  EXPECT_TRUE(
      bridge.send({.method = "POST", .path = "/", .query = query, .content_type = "application/json"}).accepted());
}

TEST(Api, ARepeatedKeyCountsAsItsLastValue) {
  ApiUnderTest bridge;
  auto params = example_params();
  params["SignatureNonce"] = "n";
  sign(params, "POST");
  const std::string body = "Qos=7&" + form_of(params) + "&DeviceName.1=other&DeviceName.1=newdevice1";
  // Signed without Qos: the extra key is what spoils it.
  EXPECT_EQ(bridge.send({.method = "POST", .path = "/", .content_type = kForm, .body = body}).member("Code"),
            "SignatureDoesNotMatch");
  EXPECT_TRUE(
      bridge.send({.method = "POST", .path = "/", .content_type = kForm, .body = std::string_view(body).substr(6)})
          .accepted());
}

TEST(Api, TextOfTheCallerIsEscapedInAnswers) {
  ApiUnderTest bridge;
  auto params = example_params();
  params["Format"] = "XML";
  params["Signature"] = "x";
  params["TopicShortName"] = "<a&b>\"";
  const Reply xml = bridge.call(params);
  EXPECT_EQ(xml.member("Message").find("&%2F"), std::string::npos);
  EXPECT_NE(xml.member("Message").find("&amp;%2F&amp;"), std::string::npos);
}

TEST(Api, QuotasAreOfAnAccount) {
  Config config = example_config();
  config.limits.enforced = true;
  config.limits.messages_to_a_device = 1'000;
  ApiUnderTest bridge(std::move(config));
  int accepted = 0;
  for (int i = 0; i < 60; ++i) accepted += bridge.call(example_params()).accepted() ? 1 : 0;
  EXPECT_EQ(accepted, 50);
  const Reply refused = bridge.call(example_params());
  EXPECT_EQ(refused.answer.status, 400u);
  EXPECT_EQ(refused.member("Code"), "Throttling.User");
  auto second = example_params();
  second["AccessKeyId"] = "second";
  second["SignatureNonce"] = "n";
  sign(second, "POST", "other");
  EXPECT_TRUE(bridge.call(second).accepted());
  bridge.now += std::chrono::milliseconds(100);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(bridge.call(example_params()).accepted());
  EXPECT_FALSE(bridge.call(example_params()).accepted());
}

TEST(Api, KeysOfOneAccountShareItsQuotasAndProducts) {
  Config config = example_config();
  config.limits.enforced = true;
  config.limits.messages_to_a_device = 1'000;
  config.products[0].account = "testid";
  auto second = example_params();
  second["AccessKeyId"] = "second";
  second["SignatureNonce"] = "n";
  sign(second, "POST", "other");
  {
    ApiUnderTest apart(config);
    EXPECT_EQ(apart.call(second).member("Code"), "iot.Prod.NotProductOwner");
  }
  for (AccountConfig& key : config.accounts) {
    if (key.access_key_id == "second") key.account = "testid";
  }
  ApiUnderTest bridge(std::move(config));
  EXPECT_TRUE(bridge.call(second).accepted());
  int accepted = 0;
  for (int i = 0; i < 60; ++i) accepted += bridge.call(example_params()).accepted() ? 1 : 0;
  EXPECT_EQ(accepted, 49);
}

TEST(Api, ADeviceIsSentFiftyMessagesASecond) {
  Config config = example_config();
  config.limits.enforced = true;
  config.limits.per_second["BatchPub"] = 1'000;
  ApiUnderTest bridge(std::move(config));
  int accepted = 0;
  for (int i = 0; i < 60; ++i) accepted += bridge.call(example_params()).accepted() ? 1 : 0;
  EXPECT_EQ(accepted, 50);
  const Reply refused = bridge.call(example_params());
  EXPECT_EQ(refused.answer.status, 200u);
  EXPECT_EQ(refused.member("Code"), "iot.messagebroker.RateLimit");
  bridge.now += std::chrono::milliseconds(100);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(bridge.call(example_params()).accepted());
  EXPECT_FALSE(bridge.call(example_params()).accepted());
}

TEST(Api, TellsWhereTheTimeWent) {
  ApiUnderTest bridge;
  (void)bridge.call(example_params());
  EXPECT_GT(bridge.times.parse.count(), 0);
  EXPECT_GT(bridge.times.verify.count(), 0);
  EXPECT_GT(bridge.times.plan.count(), 0);
  (void)bridge.send({.method = "PUT", .path = "/"});
  EXPECT_EQ(bridge.times.verify.count(), 0);
}

}  // namespace
}  // namespace fleet::bridge::test
