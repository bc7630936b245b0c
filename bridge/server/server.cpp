#include "bridge/server/server.h"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <utility>
#include <vector>

#include "bridge/server/http_connection.h"

namespace fleet::bridge {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t kRefusedMax = 64;      // connections beyond the bound that still hear a 503
constexpr wire::Millis kSweepInterval{100};  // time-outs are seconds; a sweep looks at every connection
constexpr int kListenBacklog = 4'096;        // the kernel cuts it to net.core.somaxconn

using Acceptor = asio::basic_socket_acceptor<tcp, asio::io_context::executor_type>;

}  // namespace

struct Server::State {
  State(asio::io_context& io, const HttpConfig& config, Backend backend)
      : loop(io), acceptor(io), context(config, std::move(backend)) {}

  void accept();
  void on_accepted(HttpConnection::Socket socket);
  void tell_when_drained();

  asio::io_context& loop;
  Acceptor acceptor;
  ConnectionContext context;
  std::vector<std::shared_ptr<HttpConnection>> sweep;  // connections may close each other's while it is walked
  std::function<void()> drained;
  wire::TimePoint next_sweep{};
  bool accepting = false;
};

void Server::State::accept() {
  accepting = true;
  acceptor.async_accept(loop.get_executor(), [this](error_code ec, HttpConnection::Socket socket) {
    if (ec == asio::error::operation_aborted) return;
    accepting = false;
    if (ec == asio::error::no_descriptors || ec == asio::error::no_memory || ec == asio::error::no_buffer_space) {
      return;  // the next sweep tries again, when connections may have ended
    }
    if (!ec) on_accepted(std::move(socket));
    accept();
  });
}

void Server::State::on_accepted(HttpConnection::Socket socket) {
  const std::size_t open = context.open.size();
  ++context.counts.accepted;
  if (open >= context.config.connections_max + kRefusedMax) {
    ++context.counts.unheard;
    return;
  }
  error_code ec;
  socket.non_blocking(true, ec);
  if (!ec) socket.set_option(tcp::no_delay(true), ec);
  if (ec) return;  // the caller is gone already
  const auto connection = std::make_shared<HttpConnection>(std::move(socket), context);
  const auto place = context.open.insert(context.open.end(), connection);
  if (open >= context.config.connections_max) {
    connection->start_refused(place, 503);
  } else {
    connection->start(place);
  }
}

void Server::State::tell_when_drained() {
  if (context.stopping && context.open.empty() && drained) std::exchange(drained, nullptr)();
}

Server::Server(asio::io_context& loop, const HttpConfig& config, Backend backend)
    : state_(std::make_unique<State>(loop, config, std::move(backend))) {}

Server::~Server() {
  state_->drained = nullptr;
  close_all();
}

wire::Result<std::uint16_t> Server::listen() {
  const HttpConfig& config = state_->context.config;
  if (config.tls.enabled()) {
    auto tls = TlsContext::load(config.tls);
    if (!tls) return tl::unexpected(std::move(tls.error()));
    state_->context.tls.emplace(*std::move(tls));
  }
  const std::string where = config.listen.text();
  error_code ec;
  const auto address = asio::ip::make_address(config.listen.host == "localhost" ? "127.0.0.1" : config.listen.host, ec);
  if (ec) return wire::environment_error("the address to listen on must be a numeric one, such as 127.0.0.1", where);
  const tcp::endpoint endpoint(address, config.listen.port);
  Acceptor& acceptor = state_->acceptor;
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(Acceptor::reuse_address(true), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(kListenBacklog, ec);
  if (ec == asio::error::address_in_use) {
    return wire::environment_error("the port is taken by another program; choose another one or 0", where);
  }
  if (ec) return wire::environment_error("cannot listen: " + ec.message(), where);
  const std::uint16_t port = acceptor.local_endpoint(ec).port();
  state_->accept();
  return port;
}

const CallBooks& Server::calls() const { return state_->context.calls; }

HttpCounts Server::counts() const {
  HttpCounts counts = state_->context.counts;
  counts.open = state_->context.open.size();
  return counts;
}

void Server::on_timer(wire::TimePoint now) {
  if (now < state_->next_sweep) return;
  state_->next_sweep = now + kSweepInterval;
  state_->context.date = http_date(wire::read_wall_clock());
  state_->sweep.assign(state_->context.open.begin(), state_->context.open.end());
  for (const auto& connection : state_->sweep) connection->on_timer(now);
  state_->sweep.clear();
  if (!state_->accepting && state_->acceptor.is_open()) state_->accept();
  state_->tell_when_drained();
}

void Server::stop(std::function<void()> drained) {
  error_code ignored;
  state_->acceptor.close(ignored);
  state_->drained = std::move(drained);
  state_->context.stopping = true;
  const std::vector<std::shared_ptr<HttpConnection>> open(state_->context.open.begin(), state_->context.open.end());
  for (const auto& connection : open) connection->drain();
  state_->tell_when_drained();
}

void Server::close_all() {
  error_code ignored;
  state_->acceptor.close(ignored);
  state_->context.stopping = true;
  while (!state_->context.open.empty()) state_->context.open.front()->close();
  state_->tell_when_drained();
}

}  // namespace fleet::bridge
