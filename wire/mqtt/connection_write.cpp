// The sending half of a connection: control packets, publishes, and what is waited for.
#include <utility>

#include "wire/mqtt/connection.h"

namespace fleet::wire::mqtt {
namespace {

constexpr int kWritesPerTurn = 16;  // windows of about 256 KiB
// Acknowledgements that a broker asks for and does not read; beyond this we stop reading until it does.
constexpr std::size_t kControlBytesMax = 64 * 1024;

}  // namespace

void Connection::flush(TimePoint now) {
  if (silent_) return release_control();  // sent, and lost
  for (int write = 0; write < kWritesPerTurn; ++write) {
    if (write_blocked_) return;
    // A control packet cannot go into the middle of a publish: the window that is on its way goes first.
    if (!window_ && !control_.empty()) {
      if (!flush_control()) return;
    }
    if (!flush_window(now)) return;
  }
  write_blocked_ = asks_again_ = true;  // the other connections' turn; the socket is writable and will say so
}

bool Connection::flush_control() {
  const iovec rest{control_.data() + control_written_, control_.size() - control_written_};
  const Transport::Outcome outcome = transport_.write({&rest, 1});
  control_written_ += outcome.bytes;
  if (!took_all(outcome, rest.iov_len)) return false;
  release_control();
  if (phase_ == Phase::lingering) transport_.finish_writing();
  return true;
}

// True when a window was written and there may be more to do.
bool Connection::flush_window(TimePoint now) {
  if (!window_) {
    if (!is_live() || !outbox_ || !outbox_->has_unplaced()) return false;
    window_ = context_.windows().take();
    window_->clear();
    outbox_->fill(session_, now, *window_);
    if (window_->done()) {
      release_window();
      return false;
    }
  }
  const std::span<const iovec> pieces = window_->unwritten();
  const Transport::Outcome outcome = transport_.write(pieces);
  if (outcome.status == Transport::Status::done) {
    outbox_->note_written(*window_, outcome.bytes);
    session_.note_written(now);
  }
  if (window_->done()) {
    release_window();
    return true;
  }
  (void)took_all(outcome, outcome.bytes + 1);
  return false;
}

bool Connection::took_all(const Transport::Outcome& outcome, std::size_t offered) {
  if (outcome.status == Transport::Status::failed) {
    // The broker's last words may still be there to read, and not from inside a verb: asking again brings them, or
    // whatever else holds, so that an error without a word ends the connection too.
    write_error_ = outcome.error;
    write_blocked_ = asks_again_ = true;
    return false;
  }
  if (outcome.bytes == offered) return true;
  write_blocked_ = asks_again_ = true;  // it may have room again already, and would not say so by itself
  return false;
}

void Connection::append_control(std::span<const std::byte> packets) {
  if (packets.empty()) return;
  if (control_.capacity() == 0) control_ = context_.take_buffer();
  control_.insert(control_.end(), packets.begin(), packets.end());
}

void Connection::release_control() {
  if (control_.capacity() != 0) context_.give_back_buffer(std::exchange(control_, {}));
  control_written_ = 0;
}

void Connection::release_window() {
  if (!window_) return;
  window_->clear();  // lets go of the batches
  context_.windows().give_back(std::move(window_));
}

void Connection::update_interest() {
  if (silent_) return;
  const std::uint32_t interest = (control_.size() - control_written_ <= kControlBytesMax ? EPOLLIN : 0u) |
                                 (write_blocked_ || phase_ == Phase::opening ? EPOLLOUT : 0u);
  if (interest == interest_ && !asks_again_) return;
  interest_ = interest;
  asks_again_ = false;
  context_.readiness().modify(transport_.socket(), interest, *this);
}

}  // namespace fleet::wire::mqtt
