// Are answers read whole, however they are cut, and is everything else refused?
#include "sim/calls/answer_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace fleet::sim {
namespace {

using Progress = AnswerReader::Progress;

const std::string kPlain =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nServer-Timing: received;desc=\"1:2\"\r\n"
    "Content-Length: 16\r\n\r\n{\"Success\":true}";
const std::string kChunked =
    "HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"Cod\r\n9;x=y\r\ne\":\"abc\"}\r\n0\r\n\r\n";

TEST(AnswerReader, ReadsAWholeAnswer) {
  AnswerReader reader;
  ASSERT_EQ(reader.feed(kPlain), Progress::whole);
  EXPECT_EQ(reader.status(), 200u);
  EXPECT_EQ(reader.body(), R"({"Success":true})");
  EXPECT_EQ(reader.server_timing(), "received;desc=\"1:2\"");
  EXPECT_TRUE(reader.reusable());
}

TEST(AnswerReader, ReadsAnswersInPiecesOfAnySize) {
  AnswerReader reader;
  for (const std::string& answer : {kPlain, kChunked}) {
    for (std::size_t piece = 1; piece < answer.size(); ++piece) {
      reader.begin();
      for (std::size_t at = 0; at < answer.size(); at += piece) {
        const Progress progress = reader.feed(std::string_view(answer).substr(at, piece));
        ASSERT_EQ(progress, at + piece < answer.size() ? Progress::more : Progress::whole) << piece << " at " << at;
      }
      EXPECT_EQ(reader.body().front(), '{');
      EXPECT_EQ(reader.body().back(), '}');
      EXPECT_TRUE(reader.reusable());
    }
  }
}

TEST(AnswerReader, PassesOverInterimAnswers) {
  AnswerReader reader;
  ASSERT_EQ(reader.feed("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + kPlain),
            Progress::whole);
  EXPECT_EQ(reader.status(), 200u);
}

TEST(AnswerReader, ABodyMayEndWithTheStream) {
  AnswerReader reader;
  ASSERT_EQ(reader.feed("HTTP/1.0 200 OK\r\n\r\nhello"), Progress::more);
  ASSERT_EQ(reader.end_of_stream(), Progress::whole);
  EXPECT_EQ(reader.body(), "hello");
  EXPECT_FALSE(reader.reusable());
}

TEST(AnswerReader, KnowsWhenAConnectionCannotBeUsedAgain) {
  AnswerReader reader;
  ASSERT_EQ(reader.feed("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), Progress::whole);
  EXPECT_FALSE(reader.reusable());
  reader.begin();
  ASSERT_EQ(reader.feed(kPlain + "H"), Progress::whole);
  EXPECT_FALSE(reader.reusable());
}

TEST(AnswerReader, HalfAnAnswerIsNoAnswer) {
  for (std::size_t cut = 0; cut < kPlain.size(); ++cut) {
    AnswerReader reader;
    ASSERT_EQ(reader.feed(std::string_view(kPlain).substr(0, cut)), Progress::more);
    EXPECT_EQ(reader.end_of_stream(), Progress::broken) << cut;
  }
}

TEST(AnswerReader, KnowsWhetherAnAnswerHasBegun) {
  AnswerReader reader;
  EXPECT_FALSE(reader.has_begun());
  ASSERT_EQ(reader.feed("HTTP/1.1 100 Continue\r\n\r\n"), Progress::more);
  EXPECT_FALSE(reader.has_begun());
  for (std::size_t cut = 1; cut < kPlain.size(); ++cut) {
    ASSERT_EQ(reader.feed(std::string_view(kPlain).substr(0, cut)), Progress::more);
    EXPECT_TRUE(reader.has_begun()) << cut;
    reader.begin();
    EXPECT_FALSE(reader.has_begun()) << cut;
  }
}

TEST(AnswerReader, RefusesWhatIsNotHttp) {
  for (const char* bytes : {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n",
                            "HTTP/1.1 101 Switching Protocols\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    AnswerReader reader;
    EXPECT_EQ(reader.feed(bytes), Progress::broken) << bytes;
  }
}

TEST(AnswerReader, IsBounded) {
  AnswerReader head;
  EXPECT_EQ(head.feed("HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x')), Progress::broken);
  AnswerReader body;
  EXPECT_EQ(body.feed("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"), Progress::broken);
  AnswerReader endless;
  ASSERT_EQ(endless.feed("HTTP/1.1 200 OK\r\n\r\n"), Progress::more);
  Progress progress = Progress::more;
  for (int i = 0; i < 40 && progress == Progress::more; ++i) progress = endless.feed(std::string(65'536, 'x'));
  EXPECT_EQ(progress, Progress::broken);
}

}  // namespace
}  // namespace fleet::sim
