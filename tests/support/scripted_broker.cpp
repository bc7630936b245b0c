#include "tests/support/scripted_broker.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <string>
#include <thread>
#include <utility>

namespace fleet::tests {

namespace asio = boost::asio;
using asio::ip::tcp;

struct ScriptedBroker::Server {
  asio::io_context loop{1};
  tcp::acceptor acceptor{loop, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::uint16_t port = acceptor.local_endpoint().port();
  Script script;
  std::uint64_t connects = 0, subscribes = 0;
  std::deque<std::shared_ptr<Session>> withheld;
  std::atomic<std::uint64_t> waiting{0}, waiting_max{0};
  std::thread thread;

  void accept();
};

// One connection; kept alive by its own handlers. Packets of a few hundred bytes, which a socket takes whole.
class ScriptedBroker::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Server& server, tcp::socket socket) : server_(server), socket_(std::move(socket)) {}

  void read() {
    socket_.async_read_some(asio::buffer(chunk_), [self = shared_from_this()](const auto& error, std::size_t bytes) {
      if (error) return;
      self->input_.append(self->chunk_.data(), bytes);
      while (self->take_packet()) {
      }
      if (self->socket_.is_open()) self->read();
    });
  }

  void connack() {
    const std::uint8_t code = server_.script.connack(server_.connects++);
    send({'\x20', '\x03', '\0', static_cast<char>(code), '\0'});
    if (code > 0x7F) close();
  }

 private:
  // MQTT 5.0 §2.1: type and flags, the remaining length, the rest. False: no whole packet is there.
  bool take_packet() {
    std::size_t length = 0, at = 1;
    for (unsigned shift = 0;; shift += 7, ++at) {
      if (at >= input_.size()) return false;
      length |= static_cast<std::size_t>(static_cast<unsigned char>(input_[at]) & 0x7F) << shift;
      if ((static_cast<unsigned char>(input_[at]) & 0x80) == 0) break;
    }
    ++at;
    if (input_.size() < at + length) return false;
    const auto type = static_cast<unsigned char>(input_[0]) >> 4;
    const std::string body = input_.substr(at, length);
    input_.erase(0, at + length);
    if (type == 1) connect();
    if (type == 8) suback(body);
    if (type == 12) send(std::string("\xD0\0", 2));
    return socket_.is_open();
  }

  void connect() {
    if (!server_.script.withhold_connacks) return connack();
    server_.withheld.push_back(shared_from_this());
    server_.waiting = server_.withheld.size();
    server_.waiting_max = std::max(server_.waiting_max.load(), server_.waiting.load());
  }

  // Packet identifier, properties (shorter than 128 bytes), and for each filter its length, itself and its options.
  void suback(const std::string& body) {
    const std::uint64_t number = server_.subscribes++;
    if (const auto reason = server_.script.turn_away(number)) return end(*reason);
    std::string codes;
    for (std::size_t at = 3 + static_cast<std::size_t>(body[2]); at + 2 < body.size();) {
      const std::size_t filter = static_cast<std::size_t>(static_cast<unsigned char>(body[at])) * 256 +
                                 static_cast<unsigned char>(body[at + 1]);
      at += 2 + filter;
      codes += static_cast<char>(server_.script.suback(number, static_cast<std::uint8_t>(body[at] & 3)));
      ++at;
    }
    std::string packet{'\x90', static_cast<char>(3 + codes.size()), body[0], body[1], '\0'};
    send(packet + codes);
    const auto reason = server_.script.end(number);
    if (!reason) return;
    timer_.expires_after(kEndAfter);
    timer_.async_wait([self = shared_from_this(), code = *reason](const auto& error) {
      if (!error) self->end(code);
    });
  }

  void end(std::uint8_t code) {
    send({'\xE0', '\x02', static_cast<char>(code), '\0'});
    close();
  }

  void send(const std::string& packet) {
    boost::system::error_code ignored;
    asio::write(socket_, asio::buffer(packet), ignored);
  }
  void close() {
    boost::system::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    socket_.close(ignored);
  }

  Server& server_;
  tcp::socket socket_;
  asio::steady_timer timer_{server_.loop};
  std::array<char, 4096> chunk_{};
  std::string input_;
};

void ScriptedBroker::Server::accept() {
  acceptor.async_accept([this](const auto& error, tcp::socket socket) {
    if (error) return;
    std::make_shared<Session>(*this, std::move(socket))->read();
    accept();
  });
}

ScriptedBroker::ScriptedBroker(Script script) : server_(std::make_unique<Server>()) {
  server_->script = std::move(script);
  server_->accept();
  server_->thread = std::thread([this] { server_->loop.run(); });
}

ScriptedBroker::~ScriptedBroker() {
  server_->loop.stop();
  server_->thread.join();
}

std::uint16_t ScriptedBroker::port() const { return server_->port; }
std::uint64_t ScriptedBroker::waiting() const { return server_->waiting; }
std::uint64_t ScriptedBroker::waiting_max() const { return server_->waiting_max; }

void ScriptedBroker::let_in() {
  asio::post(server_->loop, [server = server_.get()] {
    if (server->withheld.empty()) return;
    const std::shared_ptr<Session> first = server->withheld.front();
    server->withheld.pop_front();
    server->waiting = server->withheld.size();
    first->connack();
  });
}

}  // namespace fleet::tests
