// What the native connections of one loop share, so that a quiet connection owns next to nothing.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "wire/mqtt/readiness.h"
#include "wire/mqtt/session.h"
#include "wire/mqtt/transport.h"
#include "wire/mqtt/write_window.h"

namespace fleet::wire::mqtt {

// Objects that are lent out and come back, so that nothing is allocated once there are enough of them.
template <class T>
class Pool {
 public:
  [[nodiscard]] std::unique_ptr<T> take() {
    if (spare_.empty()) return std::make_unique<T>();
    std::unique_ptr<T> item = std::move(spare_.back());
    spare_.pop_back();
    return item;
  }
  void give_back(std::unique_ptr<T> item) { spare_.push_back(std::move(item)); }

 private:
  std::vector<std::unique_ptr<T>> spare_;
};

// Owned by a worker beside its io_context; made before and destroyed after its connections. Lives on that loop.
class ConnectionContext {
 public:
  explicit ConnectionContext(boost::asio::io_context& loop);
  ConnectionContext(const ConnectionContext&) = delete;
  ConnectionContext& operator=(const ConnectionContext&) = delete;

  [[nodiscard]] boost::asio::io_context& loop() { return loop_; }
  [[nodiscard]] ReadinessSet& readiness() { return readiness_; }
  // 256 KiB for the socket that is being read; its content lives until the next read of any connection.
  [[nodiscard]] std::span<std::byte> receive_buffer() { return receive_buffer_; }

  // 16 KB for records and frames while they are made; its content lives until the next write of any connection.
  [[nodiscard]] std::span<std::byte> scratch() { return scratch_; }

  [[nodiscard]] Pool<Actions>& actions() { return actions_; }
  [[nodiscard]] Pool<WriteWindow>& windows() { return windows_; }
  // Storage for control packets that a socket did not take.
  [[nodiscard]] std::vector<std::byte> take_buffer();
  void give_back_buffer(std::vector<std::byte> buffer);

 private:
  boost::asio::io_context& loop_;
  ReadinessSet readiness_;
  std::vector<std::byte> receive_buffer_;
  std::vector<std::byte> scratch_;
  Pool<Actions> actions_;
  Pool<WriteWindow> windows_;
  std::vector<std::vector<std::byte>> buffers_;
};

// Actions lent from the context for one scope: events of one connection may call verbs of another, so one set is not
// enough.
class ActionsLease {
 public:
  explicit ActionsLease(ConnectionContext& context) : pool_(context.actions()), actions_(pool_.take()) {
    actions_->clear();
  }
  ~ActionsLease() { pool_.give_back(std::move(actions_)); }
  ActionsLease(const ActionsLease&) = delete;
  ActionsLease& operator=(const ActionsLease&) = delete;

  Actions& operator*() { return *actions_; }
  Actions* operator->() { return actions_.get(); }

 private:
  Pool<Actions>& pool_;
  std::unique_ptr<Actions> actions_;
};

}  // namespace fleet::wire::mqtt
