// What do requests become, in whatever pieces they arrive, and which of them are refused with what?
#include "bridge/server/request_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace fleet::bridge {
namespace {

using Step = RequestParser::Step;

// One request, given in pieces of `piece` bytes; what is not consumed is offered again.
struct Reading {
  explicit Reading(std::string_view bytes, std::size_t piece = 1'000'000, RequestLimits limits = {8'192, 100'000})
      : parser(limits, text) {
    std::string unread;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      unread.append(bytes.substr(at, piece));
      do {
        std::size_t used = 0;
        step = parser.put(unread, used);
        unread.erase(0, used);
        headers += step == Step::header ? 1 : 0;
      } while (step == Step::header && !unread.empty());
      if (step == Step::done || step == Step::refused) {
        rest = unread.size() + bytes.size() - std::min(bytes.size(), at + piece);
        return;
      }
    }
  }

  RequestText text;
  RequestParser parser;
  Step step = Step::more;
  int headers = 0;
  std::size_t rest = 0;
};

const std::string kForm =
    "POST /?a=1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    "Authorization: ACS3 x\r\nContent-Length: 7\r\n\r\nb=2&c=3";
const std::string kChunked =
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    "3;ext=1\r\nb=2\r\n4\r\n&c=3\r\n0\r\nTrailer: 1\r\nAuthorization: late\r\n\r\n";

TEST(RequestParser, ReadsAFormInPiecesOfAnySize) {
  for (std::size_t piece = 1; piece <= kForm.size(); ++piece) {
    const Reading reading(kForm, piece);
    ASSERT_EQ(reading.step, Step::done) << piece;
    EXPECT_EQ(reading.headers, 1);
    const HttpRequest request = reading.text.view();
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.path, "/");
    EXPECT_EQ(request.query, "a=1");
    EXPECT_EQ(request.content_type, "application/x-www-form-urlencoded");
    EXPECT_EQ(request.authorization, "ACS3 x");
    EXPECT_EQ(request.body, "b=2&c=3");
    EXPECT_EQ(reading.rest, 0U);
  }
}

TEST(RequestParser, KeepsEveryFieldUnderItsSmallName) {
  const Reading reading("GET / HTTP/1.1\r\nHOST: x:80\r\nX-Acs-Date:  now \r\nx-acs-date: later\r\nEmpty:\r\n\r\n");
  const HttpHeaders headers = reading.text.view().headers;
  EXPECT_EQ(headers.get("host"), "x:80");
  EXPECT_EQ(headers.get("x-acs-date"), "now");
  EXPECT_EQ(headers.get("empty"), "");
  EXPECT_FALSE(headers.get("X-Acs-Date"));
  const Reading chunked(kChunked);
  EXPECT_FALSE(chunked.text.view().headers.get("trailer"));
  EXPECT_FALSE(chunked.text.view().headers.get("authorization"));
}

TEST(RequestParser, ReadsChunksInPiecesOfAnySize) {
  for (std::size_t piece = 1; piece <= kChunked.size(); ++piece) {
    const Reading reading(kChunked, piece);
    ASSERT_EQ(reading.step, Step::done) << piece;
    EXPECT_EQ(reading.text.view().body, "b=2&c=3");
    EXPECT_EQ(reading.text.view().authorization, "") << "a trailer changes nothing";
  }
}

TEST(RequestParser, EndsAtTheEndOfTheRequest) {
  const Reading reading(kForm + kForm);
  EXPECT_EQ(reading.step, Step::done);
  EXPECT_EQ(reading.rest, kForm.size());
}

TEST(RequestParser, TakesEmptyLinesInFrontAndAbsoluteTargets) {
  const Reading reading("\r\n\r\nGET http://host:80/p/q?a=%2F HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(reading.step, Step::done);
  EXPECT_EQ(reading.text.view().path, "/p/q");
  EXPECT_EQ(reading.text.view().query, "a=%2F");
  EXPECT_EQ(Reading("GET http://host HTTP/1.1\r\nHost: x\r\n\r\n").text.view().path, "/");
}

TEST(RequestParser, KnowsHowTheConnectionGoesOn) {
  EXPECT_TRUE(Reading("GET / HTTP/1.1\r\nHost: x\r\n\r\n").parser.keeps_alive());
  EXPECT_FALSE(Reading("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").parser.keeps_alive());
  EXPECT_FALSE(Reading("GET / HTTP/1.0\r\n\r\n").parser.keeps_alive());
  EXPECT_TRUE(Reading("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").parser.keeps_alive());
  EXPECT_TRUE(Reading("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n")
                  .parser.expects_continue());
}

struct Refusal {
  std::string bytes;
  unsigned status;
};

TEST(RequestParser, RefusesWithTheStatusThatFits) {
  const std::string host = "Host: x\r\n";
  const std::string chunked = "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n";
  const Refusal refusals[] = {
      {"\x16\x03\x01\x02", 400},
      {"nonsense\r\n\r\n", 400},
      {std::string("GET / HTTP/1.1\r\nHost: x\0y\r\n\r\n", 29), 400},
      {std::string("GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n", 28), 400},
      {"GET / HTTP/3.0\r\n" + host + "\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 1000000000\r\n\r\n", 413},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 99999999999999999999999\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: identity\r\n\r\n", 501},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"GET /" + std::string(10'000, 'a'), 414},
      {"GET / HTTP/1.1\r\nX: " + std::string(10'000, 'a'), 431},
      {chunked + "fffffffffffffffff\r\n", 400},
      {chunked + "ffffffffffffffff\r\n", 413},
      {chunked + "186a1\r\n", 413},
      {chunked + "zz\r\n", 400},
      {chunked + "1\r\nabcdef", 400},
      {chunked + "1" + std::string(9'000, '0'), 431},
      {chunked + "1;e=" + std::string(9'000, 'x') + "\r\na\r\n", 431},
  };
  for (const Refusal& refusal : refusals) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{17}, std::size_t{1'000'000}}) {
      const Reading reading(refusal.bytes, piece);
      EXPECT_EQ(reading.step, Step::refused) << refusal.bytes.substr(0, 120);
      EXPECT_EQ(reading.parser.refusal(), refusal.status) << refusal.bytes.substr(0, 120) << " in pieces of " << piece;
    }
  }
}

TEST(RequestParser, BoundsFieldsThatArriveOneByOne) {
  std::string bytes = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 1'000; ++i) bytes += "X: 123456789012\r\n";
  const Reading reading(bytes, 16);
  EXPECT_EQ(reading.step, Step::refused);
  EXPECT_EQ(reading.parser.refusal(), 431U);
  EXPECT_GT(reading.rest, bytes.size() / 3);
}

TEST(RequestParser, BoundsTheExtensionsOfAllChunksTogether) {
  std::string bytes = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 100; ++i) bytes += "1;e=" + std::string(100, 'x') + "\r\na\r\n";
  const Reading reading(bytes);
  EXPECT_EQ(reading.step, Step::refused);
  EXPECT_EQ(reading.parser.refusal(), 431U);
}

TEST(RequestParser, TheSumOfChunksIsBoundedByTheBodyLimit) {
  std::string bytes = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 3; ++i) bytes += "c350\r\n" + std::string(50'000, 'x') + "\r\n";
  const Reading reading(bytes, 4'096);
  EXPECT_EQ(reading.step, Step::refused);
  EXPECT_EQ(reading.parser.refusal(), 413U);
  EXPECT_LE(reading.text.body.size(), 100'000U);
}

}  // namespace
}  // namespace fleet::bridge
