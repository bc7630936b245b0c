// What does the HTTP server do when outcomes come late, in another order, or to nobody? In this process, with outcomes
// that the test decides.
#include "bridge/server/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/http_caller.h"
#include "tests/support/run_loop.h"

namespace fleet::bridge {
namespace {

using testing::HasSubstr;
using tests::HttpCaller;
using wire::mqtt::PublishBatch;
using wire::mqtt::Qos;

// A request whose target ends in the number of its answer; /now/N is answered at once, all others when the test says.
std::string request(const std::string& target) { return "GET " + target + " HTTP/1.1\r\nHost: bridge\r\n\r\n"; }

class BridgeServer : public testing::Test {
 protected:
  void SetUp() override { serve({}); }
  // Listens anew, by this configuration.
  void serve(HttpConfig config) {
    Backend backend;
    backend.call = [](const HttpRequest& http, wire::TimePoint, wire::WallTime,
                      ApiTimes&) -> std::variant<HttpAnswer, PendingCall> {
      if (http.path.starts_with("/now/")) return HttpAnswer{200, "text/plain", std::string(http.path)};
      auto batch = std::make_shared<PublishBatch>();
      batch->add_topic("/pk/dev/user/get");
      batch->qos = Qos::at_least_once;
      PendingCall pending;
      pending.batches.push_back(std::move(batch));
      pending.finish = [path = std::string(http.path)](std::span<const PublishOutcome> outcomes) {
        return HttpAnswer{outcomes.front() == PublishOutcome::done ? 200U : 500U, "text/plain", path};
      };
      return pending;
    };
    backend.publish = [this](std::shared_ptr<const PublishBatch>, PublishDone done) {
      outcomes_.push_back(std::move(done));
    };
    backend.broker_connected = [] { return true; };
    config.listen.port = 0;
    server_ = std::make_unique<Server>(loop_.io(), config, std::move(backend));
    const auto port = server_->listen();
    ASSERT_TRUE(port) << port.error().text();
    port_ = *port;
  }
  // Runs the loop until so many outcomes are owed.
  void wait_for_calls(std::size_t count) {
    ASSERT_TRUE(loop_.until([&] { return outcomes_.size() >= count; }));
  }
  // Outcome number `index` is done. Out of the list first: telling it may append to the list.
  void tell(std::size_t index) {
    const PublishDone outcome = std::move(outcomes_[index]);
    outcome(done());
  }
  static Published done() { return {PublishOutcome::done, wire::read_clock()}; }

  tests::RunLoop loop_;
  std::vector<PublishDone> outcomes_;
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
};

TEST_F(BridgeServer, AnswersInTheOrderOfTheRequestsWhateverTheOrderOfTheOutcomes) {
  HttpCaller caller(port_);
  caller.send(request("/1") + request("/now/2") + request("/3") + request("/4"));
  wait_for_calls(3);
  for (const std::size_t next : {2U, 0U, 1U}) tell(next);
  loop_.run_ready();
  for (const char* body : {"/1", "/now/2", "/3", "/4"}) EXPECT_EQ(caller.read()->body, body);
}

TEST_F(BridgeServer, TakesNoMoreThanSixteenRequestsOfAConnectionAhead) {
  HttpCaller caller(port_);
  std::string requests;
  for (int i = 0; i < 40; ++i) requests += request("/" + std::to_string(i));
  caller.send(requests);
  wait_for_calls(16);
  loop_.run_ready();
  EXPECT_EQ(outcomes_.size(), 16U);
  for (std::size_t i = 0; i < 40; ++i) {
    wait_for_calls(i + 1);
    tell(i);
    loop_.run_ready();
    EXPECT_EQ(caller.read()->body, "/" + std::to_string(i));
    EXPECT_LE(outcomes_.size(), i + 1 + 16);
  }
}

TEST_F(BridgeServer, OutcomesForCallersWhoAreGoneGoNowhere) {
  {
    HttpCaller caller(port_);
    caller.send(request("/1") + request("/2"));
    wait_for_calls(2);
  }
  HttpCaller other(port_);
  other.send(request("/now/3"));
  loop_.run_ready();
  tell(0);
  tell(1);
  loop_.run_ready();
  EXPECT_EQ(other.read()->body, "/now/3");
}

TEST_F(BridgeServer, ACallThatHasNoOutcomeInTimeIsAnsweredOnce) {
  HttpCaller caller(port_);
  caller.send(request("/1"));
  wait_for_calls(1);
  server_->on_timer(wire::read_clock() + std::chrono::seconds(59));
  server_->on_timer(wire::read_clock() + std::chrono::seconds(61));
  EXPECT_EQ(caller.read()->status, 500U);
  tell(0);
  caller.send(request("/now/2"));
  loop_.run_ready();
  EXPECT_EQ(caller.read()->body, "/now/2");
}

TEST_F(BridgeServer, TimesACallFromItsFirstByte) {
  HttpCaller caller(port_);
  caller.send("GET /now/1 HTTP/1.1\r\n");
  loop_.run_ready();
  const auto between = wire::read_clock().time_since_epoch().count();
  caller.send("Host: bridge\r\n\r\n");
  loop_.run_ready();
  const std::string timing = caller.read()->field("Server-Timing");
  const std::string received = timing.substr(timing.find("received;desc=\""));
  EXPECT_LT(std::stoll(received.substr(received.find(':') + 1)), between) << timing;
}

TEST_F(BridgeServer, ACallerWhoTakesNoAnswersIsNotReadForEver) {
  HttpCaller caller(port_);
  // Answers of 100 MB: more than the sockets' buffers hold, so that the server must stop reading instead of keeping
  // them.
  const std::string requests = [] {
    std::string text;
    for (int i = 0; i < 500; ++i) text += request("/now/" + std::string(8'000, 'x'));
    return text;
  }();
  bool blocked = false;
  for (int i = 0; i < 25 && !blocked; ++i) {
    blocked = caller.send_what_fits(requests) < requests.size();
    loop_.run_ready();
  }
  EXPECT_TRUE(blocked);
  server_->on_timer(wire::read_clock() + std::chrono::seconds(61));
  while (caller.read()) {
  }
  EXPECT_TRUE(caller.is_closed());
}

// A byte at a time, for as long as it takes: what arrives does not give a request more time than it has. A server that
// looked at its last byte instead would end this only when the request is too large, with 413 or 431.
TEST_F(BridgeServer, ADripIsEndedByTheClockWhereverItDrips) {
  HttpConfig config;
  config.header_timeout = std::chrono::milliseconds(50);
  config.header_bytes_max = 4u << 20;
  serve(config);
  const std::string post = "POST /now/1 HTTP/1.1\r\nHost: bridge\r\n";
  for (const std::string& begin :
       {std::string(), std::string("GET /now/1 HTTP/1.1\r\nHost: bridge\r\nX: "),
        post + "Content-Length: 3000000\r\n\r\n", post + "Transfer-Encoding: chunked\r\n\r\n200000\r\n",
        post + "Transfer-Encoding: chunked\r\n\r\n1;e="}) {
    HttpCaller slow(port_);
    slow.send(begin);
    const auto is_answered = [&slow] {
      pollfd socket{slow.socket(), POLLIN, 0};
      return ::poll(&socket, 1, 0) > 0;
    };
    for (int bytes = 0; bytes < 3'000'000 && !is_answered(); ++bytes) {
      ASSERT_TRUE(slow.send("x"));
      loop_.run_ready();
      server_->on_timer(wire::read_clock());
    }
    const auto reply = slow.read();
    ASSERT_TRUE(reply) << begin;
    EXPECT_EQ(reply->status, 408U) << begin;
    EXPECT_EQ(reply->field("Connection"), "close");
    slow.end_sending();
    loop_.run_ready();
    EXPECT_TRUE(slow.is_closed()) << begin;
  }
}

// With bodies as large as the whole budget one is read at a time.
class OneBodyAtATime : public BridgeServer {
 protected:
  static constexpr std::size_t kBodyBytes = 200'000;

  // A call whose body comes when the test says.
  struct Call {
    HttpCaller caller;
    std::string unsent;
  };

  void SetUp() override {
    HttpConfig config;
    config.body_bytes_max = 32u << 20;
    serve(config);
  }
  Call& begin(std::size_t bytes) {
    calls_.push_back(std::make_unique<Call>(Call{HttpCaller(port_), {}}));
    Call& call = *calls_.back();
    call.unsent = "POST /now/1 HTTP/1.1\r\nHost: bridge\r\nContent-Length: " + std::to_string(kBodyBytes) + "\r\n\r\n";
    go_on(call, bytes);
    return call;
  }
  void go_on(Call& call, std::size_t bytes) {
    call.unsent.append(bytes, 'x');
    run();
  }
  void pass(std::chrono::seconds seconds) {
    server_->on_timer(wire::read_clock() + seconds);
    run();
  }
  // Sends what the sockets take, for as long as the server reads.
  void run() {
    for (bool sent = true; sent;) {
      sent = false;
      for (const auto& call : calls_) {
        const std::size_t count = call->unsent.empty() ? 0 : call->caller.send_what_fits(call->unsent);
        call->unsent.erase(0, count);
        sent |= count > 0;
      }
      loop_.run_ready();
    }
  }

  std::vector<std::unique_ptr<Call>> calls_;
};

TEST_F(OneBodyAtATime, ABodyThatStallsLosesItsRoomToTheNext) {
  Call& stalled = begin(17'000);
  Call& next = begin(kBodyBytes);
  pass(std::chrono::seconds(2));  // the first look at its progress
  pass(std::chrono::seconds(4));
  EXPECT_EQ(stalled.caller.read()->status, 408U);
  EXPECT_EQ(next.caller.read()->body, "/now/1");
}

TEST_F(OneBodyAtATime, ABodyThatGoesOnKeepsItsRoom) {
  Call& slow = begin(17'000);
  Call& next = begin(20'000);
  for (int i = 1; i <= 8; ++i) {
    go_on(slow, 17'000);
    pass(std::chrono::seconds(i));
  }
  go_on(slow, kBodyBytes - 9 * 17'000);
  EXPECT_EQ(slow.caller.read()->body, "/now/1");
  go_on(next, kBodyBytes - 20'000);
  EXPECT_EQ(next.caller.read()->body, "/now/1");
}

TEST_F(OneBodyAtATime, NobodyIsHurriedWhereNobodyWaits) {
  Call& slow = begin(17'000);
  for (int i = 1; i <= 9; ++i) pass(std::chrono::seconds(i));
  go_on(slow, kBodyBytes - 17'000);
  EXPECT_EQ(slow.caller.read()->body, "/now/1");
}

TEST_F(OneBodyAtATime, WhoLeavesTheQueueKeepsNobodyWaiting) {
  Call& first = begin(17'000);
  begin(17'000);
  Call& last = begin(kBodyBytes);
  calls_.erase(calls_.begin() + 1);
  go_on(first, kBodyBytes - 17'000);
  EXPECT_EQ(first.caller.read()->body, "/now/1");
  EXPECT_EQ(last.caller.read()->body, "/now/1");
}

TEST_F(BridgeServer, DrainsWhenItIsStopped) {
  HttpCaller idle(port_);
  HttpCaller owed(port_);
  owed.send(request("/1"));
  wait_for_calls(1);
  int drained = 0;
  server_->stop([&] { ++drained; });
  EXPECT_TRUE(idle.is_closed());
  EXPECT_EQ(drained, 0);
  tell(0);
  const auto reply = owed.read();
  EXPECT_EQ(reply->body, "/1");
  EXPECT_EQ(reply->field("Connection"), "close");
  EXPECT_TRUE(owed.is_closed());
  owed.end_sending();
  loop_.run_ready();
  server_->on_timer(wire::read_clock() + std::chrono::seconds(2));
  EXPECT_EQ(drained, 1);
}

}  // namespace
}  // namespace fleet::bridge
