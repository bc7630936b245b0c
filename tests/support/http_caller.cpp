#include "tests/support/http_caller.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <span>
#include <stdexcept>

#include "wire/encoding.h"
#include "wire/signing.h"

namespace fleet::tests {

std::string HttpReply::field(std::string_view name) const {
  const std::string start = "\r\n" + std::string(name) + ": ";
  const std::size_t at = head.find(start);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + start.size();
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

HttpCaller::HttpCaller(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const timeval patience{30, 0};
  const int on = 1;
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(socket_);
    throw std::runtime_error("nobody listens on the bridge's port");
  }
}

HttpCaller::~HttpCaller() {
  if (socket_ >= 0) ::close(socket_);
}

HttpCaller& HttpCaller::operator=(HttpCaller&& other) noexcept {
  std::swap(socket_, other.socket_);
  std::swap(unread_, other.unread_);
  return *this;
}

bool HttpCaller::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::size_t HttpCaller::send_what_fits(std::string_view bytes) {
  const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

void HttpCaller::end_sending() { ::shutdown(socket_, SHUT_WR); }

bool HttpCaller::receive() {
  std::array<char, 16'384> chunk;
  const ssize_t received = ::recv(socket_, chunk.data(), chunk.size(), 0);
  if (received <= 0) return false;
  unread_.append(chunk.data(), static_cast<std::size_t>(received));
  return true;
}

std::optional<HttpReply> take_reply(std::string& unread, bool head_only) {
  const std::size_t end = unread.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  HttpReply reply;
  reply.head = unread.substr(0, end + 4);
  reply.status = static_cast<unsigned>(std::atoi(reply.head.c_str() + sizeof("HTTP/1.1")));
  const std::size_t length = head_only ? 0 : std::strtoul(reply.field("Content-Length").c_str(), nullptr, 10);
  if (unread.size() < end + 4 + length) return std::nullopt;
  reply.body = unread.substr(end + 4, length);
  unread.erase(0, end + 4 + length);
  return reply;
}

std::optional<HttpReply> HttpCaller::read(bool head_only) {
  for (;;) {
    if (auto reply = take_reply(unread_, head_only)) return reply;
    if (!receive()) return std::nullopt;
  }
}

std::optional<HttpReply> HttpCaller::call(std::string_view request) {
  send(request);  // a server that refuses may close early; its answer is what counts
  return read();
}

bool HttpCaller::is_closed() {
  if (!unread_.empty()) return false;
  std::array<char, 1> byte;
  const ssize_t received = ::recv(socket_, byte.data(), byte.size(), 0);
  return received == 0 || (received < 0 && errno == ECONNRESET);
}

namespace {

std::string utc_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

std::string fresh_nonce() {
  static std::atomic<int> nonces = 0;
  return "nonce-" + std::to_string(++nonces);
}

std::string sign_and_encode(FormParams params, std::string_view secret) {
  std::vector<wire::Param> views;
  for (const auto& [key, value] : params) views.push_back({key, value});
  params.emplace_back("Signature", wire::aliyun_signature(secret, wire::aliyun_string_to_sign("POST", views)));
  std::string form;
  for (const auto& [key, value] : params) {
    if (!form.empty()) form += '&';
    wire::percent_append(key, form);
    form += '=';
    wire::percent_append(value, form);
  }
  return form;
}

}  // namespace

std::string signed_form(const BatchPubCall& call) {
  FormParams params = {
      {"Action", "BatchPub"},
      {"Format", "JSON"},
      {"Version", "2018-01-20"},
      {"AccessKeyId", call.access_key_id},
      {"SignatureMethod", "HMAC-SHA1"},
      {"SignatureVersion", "1.0"},
      {"SignatureNonce", call.nonce.empty() ? fresh_nonce() : call.nonce},
      {"Timestamp", call.timestamp.empty() ? utc_now() : call.timestamp},
      {"ProductKey", call.product_key},
      {"TopicShortName", call.topic},
      {"MessageContent", wire::base64_encode(std::as_bytes(std::span(call.content)))},
      {"Qos", std::to_string(call.qos)},
  };
  for (std::size_t i = 0; i < call.devices.size(); ++i) {
    params.emplace_back("DeviceName." + std::to_string(i + 1), call.devices[i]);
  }
  params.insert(params.end(), call.more.begin(), call.more.end());
  return sign_and_encode(std::move(params), call.secret);
}

std::string signed_form(std::string_view action, FormParams params) {
  const FormParams common = {{"Action", std::string(action)},   {"Format", "JSON"},
                             {"Version", "2018-01-20"},         {"AccessKeyId", "testid"},
                             {"SignatureMethod", "HMAC-SHA1"},  {"SignatureVersion", "1.0"},
                             {"SignatureNonce", fresh_nonce()}, {"Timestamp", utc_now()}};
  params.insert(params.end(), common.begin(), common.end());
  return sign_and_encode(std::move(params), "testsecret");
}

std::string post(std::string_view form, std::string_view fields) {
  std::string request = "POST / HTTP/1.1\r\nHost: bridge\r\nContent-Type: application/x-www-form-urlencoded\r\n";
  request += fields;
  request += "Content-Length: " + std::to_string(form.size()) + "\r\n\r\n";
  request += form;
  return request;
}

std::string post(const BatchPubCall& call) { return post(signed_form(call)); }

std::string post_chunked(std::string_view form, std::size_t chunk) {
  std::string request =
      "POST / HTTP/1.1\r\nHost: bridge\r\nContent-Type: application/x-www-form-urlencoded\r\n"
      "Transfer-Encoding: chunked\r\n\r\n";
  for (std::size_t at = 0; at < form.size(); at += chunk) {
    const std::string_view piece = form.substr(at, chunk);
    std::array<char, 20> size{};
    (void)std::snprintf(size.data(), size.size(), "%zx\r\n", piece.size());
    request += size.data();
    request += piece;
    request += "\r\n";
  }
  return request + "0\r\n\r\n";
}

}  // namespace fleet::tests
