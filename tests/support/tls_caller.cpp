#include "tests/support/tls_caller.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>

#include "tests/support/child_process.h"

namespace fleet::tests {
namespace {

void openssl(const std::string& arguments) {
  std::vector<std::string> words = {"openssl"};
  std::istringstream text(arguments);
  for (std::string word; text >> word;) words.push_back(word);
  ChildProcess program(words);
  if (program.wait() != 0) throw std::runtime_error("openssl " + arguments + ": " + program.output());
}

}  // namespace

TestCertificate::TestCertificate(const std::string& key_options) {
  openssl("req -x509 -nodes -days 2 -subj /CN=localhost -newkey " + key_options + " -keyout " + key() + " -out " +
          certificate());
}

std::string TestCertificate::encrypted_key() const {
  const std::string path = (directory_.path() / "encrypted.pem").string();
  openssl("pkey -in " + key() + " -aes-128-cbc -passout pass:secret -out " + path);
  return path;
}

void TlsCaller::FreeContext::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
void TlsCaller::Free::operator()(SSL* session) const { SSL_free(session); }

TlsCaller::TlsCaller(std::uint16_t port, TlsWishes wishes)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), context_(SSL_CTX_new(TLS_client_method())) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  if (wishes.version_max != 0) {
    SSL_CTX_set_security_level(context_.get(), 0);  // or OpenSSL itself would not offer the old ones
    SSL_CTX_set_max_proto_version(context_.get(), wishes.version_max);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const timeval patience{30, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(socket_);
    throw std::runtime_error("nobody listens on the bridge's port");
  }
  session_.reset(SSL_new(context_.get()));
  SSL_set_fd(session_.get(), socket_);
  ERR_clear_error();
  established_ = SSL_connect(session_.get()) == 1;
}

TlsCaller::~TlsCaller() {
  if (socket_ >= 0) ::close(socket_);
}

TlsCaller::TlsCaller(TlsCaller&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      context_(std::move(other.context_)),
      session_(std::move(other.session_)),
      established_(other.established_),
      unread_(std::move(other.unread_)) {}

std::string TlsCaller::version() const { return SSL_get_version(session_.get()); }

bool TlsCaller::send(std::string_view bytes, std::size_t record) {
  while (!bytes.empty()) {
    ERR_clear_error();
    const std::string_view part = bytes.substr(0, record);
    if (SSL_write(session_.get(), part.data(), static_cast<int>(part.size())) <= 0) return false;
    bytes.remove_prefix(part.size());
  }
  return true;
}

void TlsCaller::send_raw(std::string_view bytes) { (void)::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

void TlsCaller::end_sending() { SSL_shutdown(session_.get()); }

int TlsCaller::receive() {
  std::array<char, 16'384> chunk;
  ERR_clear_error();
  const int received = SSL_read(session_.get(), chunk.data(), static_cast<int>(chunk.size()));
  if (received > 0) unread_.append(chunk.data(), static_cast<std::size_t>(received));
  return received;
}

std::optional<HttpReply> TlsCaller::read(bool head_only) {
  for (;;) {
    if (auto reply = take_reply(unread_, head_only)) return reply;
    if (receive() <= 0) return std::nullopt;
  }
}

std::optional<HttpReply> TlsCaller::call(std::string_view request) {
  send(request);
  return read();
}

bool TlsCaller::is_closed(bool in_order) {
  if (!unread_.empty()) return false;
  const int received = receive();
  if (received > 0) return false;
  const int why = SSL_get_error(session_.get(), received);
  return why == SSL_ERROR_ZERO_RETURN || (!in_order && why != SSL_ERROR_WANT_READ);
}

}  // namespace fleet::tests
