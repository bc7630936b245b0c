// What do answers look like on the wire, and what does Server-Timing say?
#include "bridge/server/answer_text.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "bridge/server/body_budget.h"
#include "wire/stamp.h"

namespace fleet::bridge {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kDate = "Fri, 02 Jan 2026 03:04:05 GMT";

TEST(AnswerText, DatesAreThoseOfHttp) {
  EXPECT_EQ(http_date(wire::WallTime(std::chrono::seconds(1'767'323'045))), kDate);
  EXPECT_EQ(http_date(wire::WallTime{}), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(AnswerText, WritesHeadAndBody) {
  std::string out;
  append_answer({404, "text/plain", "gone"}, {}, kDate, out);
  EXPECT_EQ(out,
            "HTTP/1.1 404 Not Found\r\nServer: fleet-bridge\r\nDate: Fri, 02 Jan 2026 03:04:05 GMT\r\n"
            "Content-Type: text/plain\r\nContent-Length: 4\r\n\r\ngone");
}

TEST(AnswerText, AsksForCredentialsWhereTheyAreMissing) {
  std::string out;
  append_answer({401, "a/b", ""}, {}, kDate, out);
  EXPECT_THAT(out, StartsWith("HTTP/1.1 401 Unauthorized\r\n"));
  EXPECT_THAT(out, HasSubstr("\r\nWWW-Authenticate: Basic realm=\"fleet-bridge\", charset=\"UTF-8\"\r\n"));
  out.clear();
  append_answer({403, "a/b", ""}, {}, kDate, out);
  EXPECT_THAT(out, Not(HasSubstr("WWW-Authenticate")));
}

TEST(AnswerText, SaysHowTheConnectionGoesOn) {
  std::string out;
  append_answer({408, "a/b", "late"}, {.close = true, .http_1_0 = true}, kDate, out);
  EXPECT_THAT(out, StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
  EXPECT_THAT(out, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(out, EndsWith("\r\n\r\nlate"));
  out.clear();
  append_answer({200, "a/b", "text"}, {.http_1_0 = true, .head = true}, kDate, out);
  EXPECT_THAT(out, HasSubstr("\r\nConnection: keep-alive\r\n"));
  EXPECT_THAT(out, HasSubstr("\r\nContent-Length: 4\r\n"));
  EXPECT_THAT(out, EndsWith("\r\n\r\n"));
}

TEST(AnswerText, ServerTimingTellsWhatHappened) {
  CallTimes times;
  times.api = {std::chrono::nanoseconds(21'999), std::chrono::microseconds(15), std::chrono::milliseconds(1'234)};
  times.received = wire::TimePoint(std::chrono::nanoseconds(5'000'000'001));
  times.planned = times.received + std::chrono::microseconds(100);
  times.queued = times.planned + std::chrono::microseconds(40);
  times.acked = *times.queued + std::chrono::microseconds(1'200);
  std::string out;
  append_call_answer({200, "a/b", ""}, times, {}, kDate, out);
  const std::string boot = fmt::format("{:x}", wire::boot_hash());
  EXPECT_THAT(out, HasSubstr("\r\nServer-Timing: parse;dur=0.021, verify;dur=0.015, plan;dur=1234.000, "
                             "publish;dur=0.040, ack;dur=1.200, received;desc=\"" +
                             boot + ":5000000001\", published;desc=\"" + boot + ":5000140001\"\r\n"));
  times.queued.reset();
  out.clear();
  append_call_answer({200, "a/b", ""}, times, {}, kDate, out);
  EXPECT_THAT(out, Not(HasSubstr("publish")));
  EXPECT_THAT(out, Not(HasSubstr("ack;")));
}

TEST(AnswerText, EveryRefusalOfTheHttpLayerHasItsStatus) {
  for (const unsigned status : {400U, 408U, 413U, 414U, 431U, 501U, 503U}) {
    EXPECT_EQ(gateway_error(refusal_of(status)).status, status);
    EXPECT_NE(reason_phrase(status), "Error");
  }
}

TEST(BodyBudget, AdmitsInOrderAndNeverBeyond) {
  BodyBudget budget(100);
  std::vector<int> admitted;
  BodyBudget::Share large;
  BodyBudget::Share lent;
  BodyBudget::Share second;
  BodyBudget::Share third;
  EXPECT_TRUE(budget.take(large, 40));
  EXPECT_TRUE(budget.take(large, 20));
  EXPECT_EQ(large.bytes, 60U);
  EXPECT_FALSE(budget.take(lent, 50));
  budget.wait(lent, 50, [&] { admitted.push_back(0); });
  EXPECT_THAT(admitted, ElementsAre(0)) << "the first is lent what it needs";
  EXPECT_TRUE(lent.is_lent);
  budget.wait(second, 50, [&] { admitted.push_back(2); });
  EXPECT_FALSE(budget.take(third, 10)) << "who comes later does not overtake";
  budget.wait(third, 10, [&] { admitted.push_back(3); });
  EXPECT_THAT(admitted, ElementsAre(0));
  EXPECT_EQ(budget.waiting(), 2U);
  budget.give(large);
  EXPECT_EQ(large.bytes, 0U);
  EXPECT_THAT(admitted, ElementsAre(0, 2, 3));
  EXPECT_EQ(budget.taken(), 60U);
  EXPECT_FALSE(second.is_lent);
}

TEST(BodyBudget, BodiesThatAllWantMoreEndOneAfterAnother) {
  BodyBudget budget(100);
  std::vector<int> admitted;
  std::array<BodyBudget::Share, 5> shares;
  for (auto& share : shares) EXPECT_TRUE(budget.take(share, 20));
  for (int i = 0; i < 5; ++i) {
    BodyBudget::Share& share = shares[static_cast<std::size_t>(i)];
    EXPECT_FALSE(budget.take(share, 50));
    budget.wait(share, 50, [&admitted, i] { admitted.push_back(i); });
  }
  EXPECT_THAT(admitted, ElementsAre(0));
  budget.give(shares[0]);
  EXPECT_THAT(admitted, ElementsAre(0, 1));
  EXPECT_TRUE(shares[1].is_lent) << "20 of 50 are free";
  budget.give(shares[1]);
  budget.give(shares[2]);
  EXPECT_THAT(admitted, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_EQ(shares[3].bytes, 70U) << "room is taken rather than lent";
  EXPECT_TRUE(shares[4].is_lent);
  budget.give(shares[3]);
  budget.give(shares[4]);
  EXPECT_EQ(budget.taken(), 0U);
  EXPECT_EQ(budget.waiting(), 0U);
}

}  // namespace
}  // namespace fleet::bridge
