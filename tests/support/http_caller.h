// A caller of the HTTP API in tests: raw bytes on one socket, blocking, and signed BatchPub calls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fleet::tests {

struct HttpReply {
  unsigned status = 0;
  std::string head;  // status line and fields
  std::string body;

  // Value of a field, its name as the server writes it; empty where it is not there.
  [[nodiscard]] std::string field(std::string_view name) const;
};

// The first answer in `unread`, taken out of it; nothing where it is not whole. `head_only`: it has no body.
[[nodiscard]] std::optional<HttpReply> take_reply(std::string& unread, bool head_only = false);

// Owned by one test, used on its thread. Connected to 127.0.0.1 from the constructor on.
class HttpCaller {
 public:
  explicit HttpCaller(std::uint16_t port);
  ~HttpCaller();
  HttpCaller(HttpCaller&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), unread_(std::move(other.unread_)) {}
  HttpCaller(const HttpCaller&) = delete;
  HttpCaller& operator=(const HttpCaller&) = delete;
  HttpCaller& operator=(HttpCaller&& other) noexcept;

  // Sends all of it; false: the server has closed the connection.
  bool send(std::string_view bytes);
  // Sends what the sockets' buffers take without waiting; returns the number of bytes.
  std::size_t send_what_fits(std::string_view bytes);
  // No more is sent; answers are still read.
  void end_sending();
  // The next answer. Nothing: the server closed the connection, or 30 s passed. 100 Continue is an answer as well.
  [[nodiscard]] std::optional<HttpReply> read(bool head_only = false);
  // send() and read().
  [[nodiscard]] std::optional<HttpReply> call(std::string_view request);
  // Waits until the server has closed the connection; false: it sent something, or 30 s passed.
  [[nodiscard]] bool is_closed();
  // For poll().
  [[nodiscard]] int socket() const { return socket_; }

 private:
  [[nodiscard]] bool receive();

  int socket_ = -1;
  std::string unread_;
};

using FormParams = std::vector<std::pair<std::string, std::string>>;

// What a test can vary of a BatchPub call.
struct BatchPubCall {
  std::string product_key = "a1BwAGVdemo";
  std::vector<std::string> devices = {"newdevice1"};
  std::string topic = "get";
  std::string content = "hello";  // before base64
  int qos = 0;
  std::string access_key_id = "testid";
  std::string secret = "testsecret";
  std::string nonce = {};      // empty: one that nobody used before
  std::string timestamp = {};  // empty: now
  FormParams more = {};        // signed like all others
};

// The signed form of a call, percent-encoded.
[[nodiscard]] std::string signed_form(const BatchPubCall& call);
// The same of any action of testid's, with a nonce that nobody used before, at this moment.
[[nodiscard]] std::string signed_form(std::string_view action, FormParams params);
// POST of a form in one request; `fields` are further header lines, each with its line end.
[[nodiscard]] std::string post(std::string_view form, std::string_view fields = {});
[[nodiscard]] std::string post(const BatchPubCall& call);
// The same with the body in chunks of `chunk` bytes.
[[nodiscard]] std::string post_chunked(std::string_view form, std::size_t chunk);

}  // namespace fleet::tests
