#include "tests/support/scripted_bridge.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <set>
#include <thread>
#include <utility>

#include "wire/clock.h"
#include "wire/stamp.h"

namespace fleet::tests {

namespace asio = boost::asio;
using asio::ip::tcp;

struct ScriptedBridge::Server {
  asio::io_context loop{1};
  tcp::acceptor acceptor{loop, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::uint16_t port = acceptor.local_endpoint().port();
  Script script;
  std::set<std::shared_ptr<Session>> sessions;
  std::thread thread;

  void accept(ScriptedBridge& owner);
};

// One connection; kept alive by the server's set and by its own handlers.
class ScriptedBridge::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(ScriptedBridge& owner, tcp::socket socket) : owner_(owner), socket_(std::move(socket)) {}

  void read() {
    socket_.async_read_some(asio::buffer(chunk_), [self = shared_from_this()](const auto& error, std::size_t bytes) {
      if (error) return self->close();
      self->input_.append(self->chunk_.data(), bytes);
      self->take_requests();
    });
  }
  void close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
    owner_.server_->sessions.erase(shared_from_this());
  }

 private:
  // Length of the first request, 0 while it is not whole.
  [[nodiscard]] std::size_t request_length() const {
    const std::size_t head = input_.find("\r\n\r\n");
    if (head == std::string::npos) return 0;
    constexpr std::string_view kField = "Content-Length: ";
    const std::size_t field = input_.find(kField);
    std::size_t body = 0;
    if (field < head) std::from_chars(&input_[field + kField.size()], &input_[head], body);
    return input_.size() >= head + 4 + body ? head + 4 + body : 0;
  }
  void take_requests() {
    const std::size_t length = request_length();
    if (length == 0) return read();
    const Reply reply = owner_.server_->script(owner_.requests_++, input_.substr(0, length));
    input_.erase(0, length);
    boost::system::error_code ignored;
    asio::write(socket_, asio::buffer(reply.bytes), ignored);
    if (reply.close) return close();
    take_requests();
  }

  ScriptedBridge& owner_;
  tcp::socket socket_;
  std::array<char, 65'536> chunk_{};
  std::string input_;
};

void ScriptedBridge::Server::accept(ScriptedBridge& owner) {
  acceptor.async_accept([this, &owner](const auto& error, tcp::socket socket) {
    if (error) return;
    ++owner.connections_;
    auto session = std::make_shared<Session>(owner, std::move(socket));
    sessions.insert(session);
    session->read();
    accept(owner);
  });
}

ScriptedBridge::ScriptedBridge(Script script) : server_(std::make_unique<Server>()) {
  server_->script = std::move(script);
  server_->accept(*this);
  server_->thread = std::thread([this] { server_->loop.run(); });
}

ScriptedBridge::~ScriptedBridge() {
  die();
  server_->thread.join();
}

std::uint16_t ScriptedBridge::port() const { return server_->port; }

void ScriptedBridge::die() {
  asio::post(server_->loop, [this] {
    boost::system::error_code ignored;
    server_->acceptor.close(ignored);
    const auto sessions = server_->sessions;
    for (const auto& session : sessions) session->close();
  });
}

std::string ScriptedBridge::answer(unsigned status, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) +
         " Status\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

std::string ScriptedBridge::accepted(bool with_timing) {
  std::string text = answer(200, R"({"RequestId":"A","Success":true})");
  if (!with_timing) return text;
  std::array<char, 16> boot{};
  const auto end = std::to_chars(boot.data(), boot.data() + boot.size(), wire::boot_hash(), 16).ptr;
  const std::string hash(boot.data(), end);
  const std::string now = std::to_string(wire::read_clock().time_since_epoch().count());
  const std::string field = "Server-Timing: parse;dur=0.01, received;desc=\"" + hash + ":" + now +
                            "\", published;desc=\"" + hash + ":" + now + "\"\r\n";
  return text.insert(text.find("Content-Type"), field);
}

}  // namespace fleet::tests
