// Does a caller get whole answers over TLS, whatever the server does with its records, its certificate and the end?
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <csignal>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

#include "sim/calls/caller_connection.h"
#include "tests/support/broker_certificates.h"

namespace fleet::sim {
namespace {

using State = CallerConnection::State;

constexpr const char* kEmptyAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

// A server of one connection, on a thread of its own: what happens behind its handshake the test says.
class TlsServer {
 public:
  struct Wishes {
    int version_max = 0;  // 0: whatever OpenSSL has
    bool wants_certificate = false;
    bool shakes_hands = true;  // or closes as soon as the client has begun
  };
  TlsServer(Wishes wishes, std::function<void(SSL*)> serve) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof any;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&any), size) != 0 || ::listen(listener_, 1) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&any), &size) != 0) {
      throw std::runtime_error("no listener");
    }
    port_ = ntohs(any.sin_port);
    thread_ = std::thread([this, wishes, serve = std::move(serve)] { run(wishes, serve); });
  }
  ~TlsServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  [[nodiscard]] boost::asio::ip::tcp::endpoint place() const {
    return {boost::asio::ip::address_v4::loopback(), port_};
  }

 private:
  void run(const Wishes& wishes, const std::function<void(SSL*)>& serve) const {
    const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (peer < 0) return;
    const auto& files = tests::BrokerCertificates::shared();
    const Certificate certificate = files.ca().issue({.common_name = "bridge", .names = {"127.0.0.1"}});
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate_chain_file(context, files.write("server.pem", certificate.certificate).c_str());
    SSL_CTX_use_PrivateKey_file(context, files.write("server.key", certificate.key).c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_load_verify_file(context, files.ca_file().c_str());
    if (wishes.version_max != 0) SSL_CTX_set_max_proto_version(context, wishes.version_max);
    if (wishes.wants_certificate) {
      SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    SSL* const session = SSL_new(context);
    SSL_set_fd(session, peer);
    char first = 0;
    if (!wishes.shakes_hands) {
      static_cast<void>(::recv(peer, &first, 1, MSG_PEEK));
    } else if (SSL_accept(session) == 1) {
      serve(session);
    }
    SSL_free(session);
    SSL_CTX_free(context);
    ::close(peer);
  }

  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

void read_head(SSL* session) {
  std::string head;
  char byte = 0;
  while (head.find("\r\n\r\n") == std::string::npos && SSL_read(session, &byte, 1) == 1) head += byte;
}

void write_all(SSL* session, const std::string& text) {
  EXPECT_EQ(SSL_write(session, text.data(), static_cast<int>(text.size())), static_cast<int>(text.size()));
}

// One connection of a caller and what became of it.
class CallerTls : public testing::Test, private CallerEvents {
 protected:
  static void SetUpTestSuite() { std::signal(SIGPIPE, SIG_IGN); }  // as the program does

  // Opens the connection and, where it opens, sends a request with this body; until that has an outcome.
  void call(const TlsServer& server, const wire::mqtt::TlsOptions& trust, const std::string& body = "") {
    auto tls = wire::mqtt::TlsContext::load(trust, "127.0.0.1");
    ASSERT_TRUE(tls) << tls.error().text();
    body_ = body;
    CallerConnection connection(loop_, *this, &*tls);
    loop_.restart();
    connection.open(server.place(), wire::read_clock());
    const wire::TimePoint give_up = wire::read_clock() + std::chrono::seconds(30);
    while (outcome_.empty() && wire::read_clock() < give_up) loop_.run_one_until(give_up);
    is_hopeless_ = connection.is_hopeless();
    connection.close();
    loop_.poll();
  }

  std::string outcome_;  // "answered", "answered, closed", "open: WHY", "call: WHY", "idle: WHY"
  std::string answer_;
  unsigned status_ = 0;
  bool is_hopeless_ = false;

 private:
  void on_opened(CallerConnection& connection) override {
    PreparedRequest request;
    request.buffer = "POST / HTTP/1.1\r\nContent-Length: " + std::to_string(body_.size()) + "\r\n\r\n" + body_;
    connection.send(request, {.number = 1, .written = wire::read_clock(), .measured = false});
  }
  void on_open_failed(CallerConnection& /*connection*/, std::string_view why) override {
    outcome_ = "open: " + std::string(why);
  }
  void on_answered(CallerConnection& connection, const AnswerReader& answer, wire::TimePoint /*when*/) override {
    outcome_ = connection.state() == State::idle ? "answered" : "answered, closed";
    answer_ = answer.body();
    status_ = answer.status();
  }
  void on_call_failed(CallerConnection& /*connection*/, std::string_view why) override {
    outcome_ = "call: " + std::string(why);
  }
  void on_idle_closed(CallerConnection& /*connection*/, std::string_view why) override {
    outcome_ = "idle: " + std::string(why);
  }

  boost::asio::io_context loop_{1};
  std::string body_;
};

const wire::mqtt::TlsOptions& trusting() {
  static const wire::mqtt::TlsOptions options = tests::BrokerCertificates::shared().trusting();
  return options;
}

// As many bytes a record as a caller reads at once, all sent before it reads the first.
TEST_F(CallerTls, ReadsAnswersOfManyRecords) {
  const std::string body(20'000, 'x');
  const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n" + body;
  for (const std::size_t record : {4'096u, 8'192u, 100u}) {
    const TlsServer server({}, [&](SSL* session) {
      read_head(session);
      for (std::size_t at = 0; at < text.size(); at += record) write_all(session, text.substr(at, record));
      char byte = 0;
      SSL_read(session, &byte, 1);  // until the caller has gone
    });
    outcome_.clear();
    call(server, trusting());
    EXPECT_EQ(outcome_, "answered") << record;
    EXPECT_EQ(answer_, body) << record;
  }
}

TEST_F(CallerTls, KnowsAnAnswerThatWasCutOff) {
  const TlsServer server({}, [](SSL* session) {
    read_head(session);
    write_all(session, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"Success\":tr");
    SSL_set_quiet_shutdown(session, 1);  // no close_notify
  });
  call(server, trusting());
  EXPECT_EQ(outcome_, "call: half an answer");
}

TEST_F(CallerTls, TakesAnAnswerThatEndsWithTheConnection) {
  const TlsServer server({}, [](SSL* session) {
    read_head(session);
    write_all(session, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}");
    SSL_shutdown(session);
  });
  call(server, trusting());
  EXPECT_EQ(outcome_, "answered, closed");
  EXPECT_EQ(answer_, "{}");
}

// Answer and end in one segment, without a word of it in the head: no further call must be written behind it.
TEST_F(CallerTls, SeesAnEndThatCameWithTheAnswer) {
  const TlsServer server({}, [](SSL* session) {
    read_head(session);
    const int socket = SSL_get_fd(session);
    int cork = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_CORK, &cork, sizeof cork);
    write_all(session, kEmptyAnswer);
    SSL_shutdown(session);
    cork = 0;
    ::setsockopt(socket, IPPROTO_TCP, TCP_CORK, &cork, sizeof cork);
  });
  call(server, trusting());
  EXPECT_EQ(outcome_, "answered, closed");
}

TEST_F(CallerTls, TellsAServerThatClosesInTheHandshake) {
  const TlsServer server({.shakes_hands = false}, [](SSL*) {});
  call(server, trusting());
  EXPECT_EQ(outcome_, "open: connection closed");
  EXPECT_FALSE(is_hopeless_);
}

TEST_F(CallerTls, TellsAServerThatClosesBehindTheHandshake) {
  const TlsServer server({.version_max = TLS1_2_VERSION}, [](SSL* session) { SSL_shutdown(session); });
  call(server, trusting());
  EXPECT_TRUE(outcome_ == "call: connection closed" || outcome_ == "idle: ") << outcome_;
}

TEST_F(CallerTls, ShowsItsCertificateToWhoeverWantsIt) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const TlsServer::Wishes wishes{.version_max = version, .wants_certificate = true};
    outcome_.clear();
    const TlsServer server(wishes, [](SSL* session) {
      read_head(session);
      write_all(session, kEmptyAnswer);
      char byte = 0;
      SSL_read(session, &byte, 1);  // until the caller has gone
    });
    call(server, tests::BrokerCertificates::shared().mutual());
    EXPECT_EQ(outcome_, "answered") << version;
  }
}

// TLS 1.2 has no word of its own for it; 1.3 says it when the caller has long sent its request.
TEST_F(CallerTls, SaysThatItsCertificateIsMissed) {
  for (const auto& [version, why] : {std::pair(TLS1_2_VERSION, "TLS handshake failed"),
                                     std::pair(TLS1_3_VERSION, "certificate refused by the bridge")}) {
    const TlsServer::Wishes wishes{.version_max = version, .wants_certificate = true};
    outcome_.clear();
    const TlsServer server(wishes, [](SSL*) {});
    call(server, trusting());
    EXPECT_EQ(outcome_.substr(outcome_.find(' ') + 1), why) << outcome_;
  }
}

TEST_F(CallerTls, DoesNotTrustAnybody) {
  const TlsServer server({}, [](SSL*) {});
  call(server, {.ca = tests::BrokerCertificates::shared().write("other.pem", CertificateAuthority("x").certificate())});
  EXPECT_EQ(outcome_, "open: certificate self-signed");
  EXPECT_TRUE(is_hopeless_);
}

// What the server said before it closed is not lost, though the request could not be written whole.
TEST_F(CallerTls, ReadsAnEarlyAnswerToALargeRequest) {
  const TlsServer server({}, [](SSL* session) {
    read_head(session);
    write_all(session, "HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    SSL_shutdown(session);
    // Takes no more, and goes when the caller has.
    ::shutdown(SSL_get_fd(session), SHUT_WR);
    std::string rest(1 << 16, '\0');
    while (::recv(SSL_get_fd(session), rest.data(), rest.size(), 0) > 0) {
    }
  });
  call(server, trusting(), std::string(8 << 20, 'x'));
  EXPECT_EQ(outcome_, "answered, closed");
  EXPECT_EQ(status_, 413u);
}

}  // namespace
}  // namespace fleet::sim
