// The gateway of TOP: recorded requests of real callers, signatures, formats, and each error in its place.
#include "bridge/top_api.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>

#include "bridge/tmc/method.h"
#include "top_fixture.h"

namespace fleet::bridge::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kForm = "application/x-www-form-urlencoded";

TopReply post(TopUnderTest& top, std::string_view body) {
  return top.send({.method = "POST", .path = kTopPath, .content_type = kForm, .body = body});
}

// Requests as node-taobao-topclient 0.1.7 and curl sent them, clock 2026-01-02T03:04:05Z, secret helloworld.
TEST(TopRecorded, PostOfTheNodeClient) {
  TopUnderTest top;
  const TopReply reply = post(
      top,
      "timestamp=2026-01-02%2011%3A04%3A05&format=json&app_key=12345678&v=2.0&sign_method=md5&messages=%5B%7B%22topic%"
      "22"
      "%3A%22taobao_trade_TradeCreate%22%2C%22content%22%3A%22%7B%5C%22tid%5C%22%3A2895732958732%2C%5C%22seller_nick%"
      "5C%"
      "22%3A%5C%22%E5%90%91%E9%98%B3aa%5C%22%7D%22%2C%22target_group%22%3A%22default%22%2C%22json_ex_content%22%3A%22%"
      "7B"
      "%5C%22full_link_test%5C%22%3Atrue%7D%22%7D%2C%7B%22topic%22%3A%22taobao_jds_TradeTrace%22%2C%22content%22%3A%22%"
      "7B"
      "%5C%22tid%5C%22%3A1%2C%5C%22note%5C%22%3A%5C%22a%20b%2Bc%26d%3De%5C%22%7D%22%7D%5D&method=taobao.tmc.messages."
      "produce&sign=B9877648F29F6CF8B5BD3D7A14E4DD09");
  EXPECT_THAT(reply.publishes(),
              ElementsAre("tmc/12345678/default/taobao_trade_TradeCreate "
                          R"({"tid":2895732958732,"seller_nick":"向阳aa"})",
                          R"(tmc/12345678/default/taobao_jds_TradeTrace {"tid":1,"note":"a b+c&d=e"})"));
  EXPECT_EQ(without_request_id(reply.body_when()),
            R"({"tmc_messages_produce_response":{"is_all_success":true,"results":{"tmc_produce_result":)"
            R"([{"is_success":true},{"is_success":true}]},"request_id":"ID"}})");
}

TEST(TopRecorded, PostWithASession) {
  TopUnderTest top;
  const TopReply reply =
      post(top,
           "timestamp=2026-01-02%2011%3A04%3A05&format=json&app_key=12345678&v=2.0&sign_method=md5&messages=%5B%7B%22"
           "topic%22%3A%22taobao_jds_TradeTrace%22%2C%22content%22%3A%22%7B%5C%22tid%5C%22%3A1%2C%5C%22note%5C%22%3A%5C"
           "%22a%20b%2Bc%26d%3De%5C%22%7D%22%7D%5D&session=6100000123&method=taobao.tmc.messages.produce&sign="
           "648E31E530FA51F1EFF855B8DD5027FD");
  EXPECT_TRUE(reply.is_pending());
}

TEST(TopRecorded, GetOfTheNodeClient) {
  TopUnderTest top;
  const TopReply reply = top.send(
      {.method = "GET",
       .path = kTopPath,
       .query =
           "timestamp=2026-01-02%2011%3A04%3A05&format=json&app_key=12345678&v=2.0&sign_method=md5&messages=%5B%7B%"
           "22topic%22%3A%22taobao_jds_TradeTrace%22%2C%22content%22%3A%22%7B%5C%22tid%5C%22%3A1%2C%5C%22note%5C%22"
           "%3A%5C%22a%20b%2Bc%26d%3De%5C%22%7D%22%7D%5D&method=taobao.tmc.messages.produce&sign="
           "83511DBB8CF562449FE5F599998367B1"});
  EXPECT_THAT(reply.publishes(),
              ElementsAre(R"(tmc/12345678/default/taobao_jds_TradeTrace {"tid":1,"note":"a b+c&d=e"})"));
}

TEST(TopRecorded, CurlWithHmacSha256InXml) {
  Config config = top_config();
  config.apps[0].topics.push_back("t");
  TopUnderTest top(config);
  const TopReply reply = post(
      top,
      "messages=%5B%7B%22topic%22%3A%22t%22%2C%22content%22%3A%22%7B%5C%22a%5C%22%3A1%7D%22%7D%5D&method=taobao.tmc."
      "messages.produce&app_key=12345678&v=2.0&format=xml&sign_method=hmac-sha256&timestamp=2026-01-02+11%3A04%3A05&"
      "sign=6A5B7D9880E9A59D2B299DFAC4D4D84DCCEC10DE909653389D4F5EA74C9401EA");
  EXPECT_EQ(without_request_id(reply.body_when()),
            R"(<?xml version="1.0" encoding="utf-8" ?><tmc_messages_produce_response><is_all_success>true)"
            "</is_all_success><results><tmc_produce_result><is_success>true</is_success></tmc_produce_result></results>"
            "<request_id>ID</request_id></tmc_messages_produce_response>");
}

// Two recordings hold this request; an empty list is signed well and is no list of messages.
TEST(TopRecorded, AnEmptyListOfMessages) {
  TopUnderTest top;
  const std::string body =
      "timestamp=2026-01-02%2011%3A04%3A05&format=json&app_key=12345678&v=2.0&sign_method=md5&messages=%5B%5D&method="
      "taobao.tmc.messages.produce&sign=E6B97160952D12FD0DB1BED03F3582A3";
  EXPECT_EQ(without_request_id(post(top, body).answer.body),
            R"({"error_response":{"code":41,"msg":"Invalid arguments:messages","request_id":"ID"}})");
  std::string forged = body;
  forged.back() = '4';
  EXPECT_EQ(without_request_id(post(top, forged).answer.body),
            R"({"error_response":{"code":25,"msg":"Invalid signature","request_id":"ID"}})");
}

TEST(TopSign, EveryMethodAndEitherReadingOfEmptyValues) {
  for (const char* sign_method : {"md5", "hmac", "hmac-sha256"}) {
    for (const auto empty_values : {wire::EmptyValues::skipped, wire::EmptyValues::kept}) {
      TopUnderTest top;
      TopForm params = top_params();
      params["sign_method"] = sign_method;
      params["messages"] = some_messages(1);
      params["partner_id"] = "";
      top_sign(params, "helloworld", empty_values);
      EXPECT_TRUE(top.call(params).is_pending()) << sign_method;
      for (char& c : params["sign"]) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      EXPECT_TRUE(top.call(params).is_pending()) << "in small letters";
      params["sign"].back() = params["sign"].back() == '0' ? '1' : '0';
      EXPECT_EQ(top.call(params).code(), 25);
      params["sign"] = std::string(100'000, 'A');
      EXPECT_EQ(top.call(params).code(), 25);
    }
  }
}

TEST(TopSign, CoversUnknownParametersAndEachKeyOnce) {
  TopUnderTest top;
  TopForm params = top_params();
  params["messages"] = some_messages(1);
  params["target_app_key"] = "anything";
  top_sign(params);
  EXPECT_TRUE(top.call(params).is_pending());
  params["more"] = "unsigned";
  EXPECT_EQ(top.call(params).code(), 25);
}

// The last one counts, and the body comes behind the query.
TEST(TopParameters, GivenTwice) {
  TopUnderTest top;
  TopForm params = top_params();
  params["messages"] = some_messages(1);
  top_sign(params);
  std::string body = "v=1.0&messages=%5B%5D";
  for (const auto& [key, value] : params) {
    wire::percent_append(key, body.append("&"));
    wire::percent_append(value, body.append("="));
  }
  EXPECT_TRUE(top.send({.method = "POST",
                        .path = kTopPath,
                        .query = "app_key=none&format=xml&timestamp=now",
                        .content_type = kForm,
                        .body = body})
                  .is_pending());
  EXPECT_EQ(post(top, body + "&v=3.0").code(), 34);
}

// Each call lacks one thing more than the one before in the order of checks, so that the first one missing is told.
TEST(TopErrors, InTheirOrder) {
  struct Case {
    int code;
    std::string message;
    std::string key;    // empty: what changes is that one call more was made
    std::string value;  // "-": absent
  };
  // Cumulative from the last check to the first.
  const std::vector<Case> cases = {
      {40, "Missing required arguments:messages", "messages", "-"},
      {7, "App Call Limited", "", ""},
      {27, "Invalid Session", "session", "s3"},
      {26, "Missing Session", "session", "-"},
      {22, "Invalid Method", "method", "taobao.nothing"},
      {25, "Invalid signature", "sign", "0123"},
      {34, "Unsupported Version", "v", "1.0"},
      {33, "Invalid Version", "v", "two"},
      {31, "Invalid Timestamp", "timestamp", "2026-01-02T11:04:05Z"},
      {29, "Invalid app Key", "app_key", "999"},
      {23, "Invalid Format", "format", "yaml"},
      {41, "Invalid arguments:sign_method", "sign_method", "sha1"},
      {40, "Missing required arguments:sign_method", "sign_method", "-"},
      {24, "Missing Signature", "sign", ""},
      {32, "Missing Version", "v", "-"},
      {30, "Missing Timestamp", "timestamp", "-"},
      {28, "Missing App Key", "app_key", ""},
      {21, "Missing Method", "method", "-"},
  };
  Config config = top_config();
  config.limits.enforced = true;
  config.limits.per_second["taobao.tmc.messages.produce"] = 2;  // the call that succeeds, and that of the first case
  TopUnderTest top(config);
  TopForm params = top_params();
  params["app_key"] = "1000";
  params["session"] = "s1";
  params["messages"] = some_messages(1);
  EXPECT_TRUE(top.call(params, "sessionsecret").is_pending());
  for (const Case& step : cases) {
    if (step.value == "-") {
      params.erase(step.key);
    } else if (!step.key.empty()) {
      params[step.key] = step.value;
    }
    if (step.key == "sign_method" && !params.contains("sign")) params["sign"] = "0123";
    const std::string body = top.call(params, "sessionsecret").answer.body;
    EXPECT_THAT(body, HasSubstr(step.message));
    EXPECT_THAT(body, HasSubstr(std::to_string(step.code)));
  }
}

TEST(TopErrors, CarryTheirSubCodesInBothFormats) {
  TopUnderTest top;
  TopForm params = top_params();
  params["app_key"] = "999";
  EXPECT_EQ(without_request_id(top.call(params).answer.body),
            R"({"error_response":{"code":29,"msg":"Invalid app Key","sub_code":"isv.appkey-not-exists",)"
            R"("request_id":"ID"}})");
  params["simplify"] = "true";
  EXPECT_THAT(top.call(params).answer.body, StartsWith(R"({"error_response":{"code":29)"));
  params.erase("format");
  const HttpAnswer xml = top.call(params).answer;
  EXPECT_EQ(xml.content_type, "text/xml;charset=utf-8");
  EXPECT_EQ(without_request_id(xml.body),
            R"(<?xml version="1.0" encoding="utf-8" ?><error_response><code>29</code><msg>Invalid app Key</msg>)"
            "<sub_code>isv.appkey-not-exists</sub_code><request_id>ID</request_id></error_response>");
  params["format"] = "JSON";
  EXPECT_EQ(top.call(params).answer.content_type, "application/json;charset=utf-8");
}

TEST(TopErrors, TimestampsOfTenMinutesAndNoMore) {
  TopForm params = top_params();
  params["messages"] = some_messages(1);
  for (const int seconds : {-601, -600, 0, 600, 601}) {
    TopUnderTest top;
    top.wall += std::chrono::seconds(seconds);
    TopForm signed_params = params;
    top_sign(signed_params);
    EXPECT_EQ(top.call(signed_params).is_pending(), seconds >= -600 && seconds <= 600) << seconds;
  }
  for (const char* text : {"2026-02-30 11:04:05", "2026-01-02 24:04:05", "2026-01-02", " ", "2026-01-02 11:04:05 ",
                           "2026-01-02\t11:04:05", "1767323045", "2026-01-02 11:04:5"}) {
    TopUnderTest top;
    TopForm bad = params;
    bad["timestamp"] = text;
    EXPECT_EQ(top.call(bad).code(), 31) << text;
  }
}

TEST(TopErrors, RequestsThatCannotBeRead) {
  TopUnderTest top;
  for (const char* method : {"PUT", "DELETE", "HEAD", "OPTIONS"}) {
    EXPECT_THAT(top.send({.method = method, .path = kTopPath}).answer.body, HasSubstr("<code>9</code>")) << method;
  }
  EXPECT_THAT(post(top, "a=%zz").answer.body, HasSubstr("<code>43</code>"));
  EXPECT_THAT(post(top, "a=%00").answer.body, HasSubstr("<code>43</code>"));
  std::string many = "format=json";
  for (int i = 0; i < 100'000; ++i) many.append("&a=");
  EXPECT_EQ(post(top, many).code(), 43);
  EXPECT_THAT(
      top.send({.method = "POST", .path = kTopPath, .content_type = "application/json", .body = "{}"}).answer.body,
      HasSubstr("<code>43</code>"));
  EXPECT_THAT(post(top, "").answer.body, HasSubstr("<code>21</code>"));
  EXPECT_THAT(post(top, std::string(100'000, '&')).answer.body, HasSubstr("<code>21</code>"));
  EXPECT_THAT(
      top.send({.method = "POST", .path = kTopPath, .content_type = "multipart/form-data", .body = "x"}).answer.body,
      HasSubstr("<code>3</code><msg>Upload Fail</msg>"));
}

TEST(TopMethods, RowsAreComplete) {
  std::set<std::string_view> names;
  for (const TopMethod& method : top_methods()) {
    EXPECT_TRUE(names.insert(method.name).second) << method.name;
    EXPECT_EQ(find_top_method(method.name), &method);
    EXPECT_NE(method.run, nullptr);
    EXPECT_TRUE(method.purpose.ends_with('.')) << method.name;
    EXPECT_FALSE(method.answer.empty()) << method.name;
    std::set<std::string_view> params;
    for (const TopParam& param : method.params) {
      EXPECT_TRUE(params.insert(param.name).second) << param.name;
      EXPECT_FALSE(param.rule.empty()) << param.name;
    }
  }
  EXPECT_EQ(find_top_method(""), nullptr);
  std::set<std::string_view> members;
  for (const TmcMember& member : tmc_members()) {
    EXPECT_TRUE(members.insert(member.name).second) << member.name;
    EXPECT_FALSE(member.rule.empty()) << member.name;
  }
}

TEST(TopSessions, AreCheckedWhereTheAppHasAny) {
  TopUnderTest top;
  const auto code = [&top](const std::string& method, const char* session) {
    TopForm params = top_params(method);
    params["app_key"] = "1000";
    params["messages"] = some_messages(1);
    params["s_message_ids"] = "1";
    params["session"] = session;
    const TopReply reply = top.call(params, "sessionsecret");
    return reply.is_pending() ? 0 : reply.code();
  };
  EXPECT_EQ(code("taobao.tmc.messages.produce", ""), 26);
  EXPECT_EQ(code("taobao.tmc.messages.produce", "s3"), 27);
  EXPECT_EQ(code("taobao.tmc.messages.produce", "s2"), 0);
  EXPECT_EQ(code("taobao.tmc.message.produce", ""), 26);
  for (const char* method : {"taobao.tmc.messages.consume", "taobao.tmc.messages.confirm"}) {
    EXPECT_EQ(code(method, ""), 0);
    EXPECT_EQ(code(method, "s3"), 27);
    EXPECT_EQ(code(method, "s1"), 0);
  }
}

TEST(TopCallLimits, OfAnAppAndOfAMethod) {
  Config config = top_config();
  config.limits.enforced = true;
  config.limits.per_second["taobao.tmc.messages.consume"] = 2;
  config.apps[0].per_second = 3;
  TopUnderTest top(config);
  const auto call = [&top](const std::string& method, const char* app, const char* secret) {
    TopForm params = top_params(method);
    params["app_key"] = app;
    params["s_message_ids"] = "1";
    return top.call(params, secret);
  };
  const auto consume = [&] { return call("taobao.tmc.messages.consume", "12345678", "helloworld"); };
  EXPECT_EQ(consume().code(), 0);
  EXPECT_EQ(consume().code(), 0);
  const TopReply third = consume();
  EXPECT_EQ(without_request_id(third.answer.body),
            R"({"error_response":{"code":7,"msg":"App Call Limited","sub_code":)"
            R"("accesscontrol.limited-by-app-api-access-count","sub_msg":"This ban will last for 1 more seconds",)"
            R"("request_id":"ID"}})");
  EXPECT_EQ(call("taobao.tmc.messages.confirm", "12345678", "helloworld").code(), 0);
  const TopReply fourth = call("taobao.tmc.messages.confirm", "12345678", "helloworld");
  EXPECT_EQ(fourth.code(), 7);
  EXPECT_EQ(fourth.sub_code(), "accesscontrol.limited-by-app-access-count");
  EXPECT_EQ(call("taobao.tmc.messages.consume", "87654321", "othersecret").code(), 0) << "another app has its own";
  top.now += std::chrono::seconds(1);
  EXPECT_EQ(consume().code(), 0);
  config.limits.per_second_of_all_apps["taobao.tmc.messages.consume"] = 1;
  config.limits.enforced = false;
  TopUnderTest unlimited(config);
  TopForm params = top_params("taobao.tmc.messages.consume");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(unlimited.call(params).code(), 0);
}

TEST(TopCallLimits, OfAMethodByAllApps) {
  Config config = top_config();
  config.limits.enforced = true;
  config.limits.per_second_of_all_apps["taobao.tmc.messages.consume"] = 2;
  config.limits.per_second["taobao.tmc.messages.consume"] = 3;
  TopUnderTest top(config);
  const auto consume = [&top](const char* app, const char* secret) {
    TopForm params = top_params("taobao.tmc.messages.consume");
    params["app_key"] = app;
    return top.call(params, secret);
  };
  EXPECT_EQ(consume("12345678", "helloworld").code(), 0);
  EXPECT_EQ(consume("87654321", "othersecret").code(), 0);
  for (int i = 0; i < 5; ++i) {
    const TopReply third = consume("12345678", "helloworld");
    EXPECT_EQ(third.code(), 7);
    EXPECT_EQ(third.sub_code(), "accesscontrol.limited-by-api-access-count");
  }
  top.now += std::chrono::milliseconds(500);
  EXPECT_EQ(consume("12345678", "helloworld").code(), 0) << "the refused calls took nothing of the app's own";
  EXPECT_EQ(consume("87654321", "othersecret").code(), 7);
}

TEST(TopMultipart, AsTheJavaSdkSendsIt) {
  TopForm params = top_params("taobao.tmc.message.produce");
  params["topic"] = "taobao_jds_TradeTrace";
  params["content"] = "{\"text\":\"向阳\r\n--no boundary\"}";
  params["content"] = R"({"text":"向阳 --no boundary"})";
  top_sign(params);
  std::string body;
  for (const auto& [key, value] : params) {
    body +=
        "\r\n--2014f\r\nContent-Disposition:form-data;name=\"" + key + "\"\r\nContent-Type:text/plain\r\n\r\n" + value;
  }
  body +=
      "\r\n--2014f\r\nContent-Disposition:form-data;name=\"media_content\";filename=\"a.bin\";\r\n"
      "Content-Type:application/octet-stream\r\n\r\n" +
      std::string("\x00\xFF--2014f", 9) + "\r\n--2014f--\r\n";
  TopUnderTest top;
  const TopReply reply = top.send({.method = "POST",
                                   .path = kTopPath,
                                   .content_type = "multipart/form-data;charset=UTF-8;boundary=2014f",
                                   .body = body});
  EXPECT_THAT(reply.publishes(),
              ElementsAre(R"(tmc/12345678/default/taobao_jds_TradeTrace {"text":"向阳 --no boundary"})"))
      << reply.answer.body;
  EXPECT_EQ(without_request_id(reply.body_when()),
            R"({"tmc_message_produce_response":{"is_success":true,"request_id":"ID"}})");
}

}  // namespace
}  // namespace fleet::bridge::test
