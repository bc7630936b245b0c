#include "wire/mqtt/connection_context.h"

namespace fleet::wire::mqtt {
namespace {

// One read of a burst of 256 KB messages; larger reads bring nothing that shows.
constexpr std::size_t kReceiveBufferBytes = 256 * 1024;
constexpr std::size_t kSpareBuffersMax = 64;
constexpr std::size_t kSpareBufferBytesMax = 64 * 1024;

}  // namespace

ConnectionContext::ConnectionContext(boost::asio::io_context& loop)
    : loop_(loop), readiness_(loop), receive_buffer_(kReceiveBufferBytes), scratch_(Transport::kScratchBytes) {}

std::vector<std::byte> ConnectionContext::take_buffer() {
  if (buffers_.empty()) return {};
  std::vector<std::byte> buffer = std::move(buffers_.back());
  buffers_.pop_back();
  return buffer;
}

void ConnectionContext::give_back_buffer(std::vector<std::byte> buffer) {
  if (buffers_.size() >= kSpareBuffersMax || buffer.capacity() > kSpareBufferBytesMax) return;
  buffer.clear();
  buffers_.push_back(std::move(buffer));
}

}  // namespace fleet::wire::mqtt
