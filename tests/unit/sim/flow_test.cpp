// Do bytes leave a flow whole, in order, and not before their moment?
#include "sim/proxy/flow.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace fleet::sim {
namespace {

using namespace std::chrono_literals;
using wire::TimePoint;

constexpr TimePoint kStart = TimePoint{} + 1000s;

void push(Flow& flow, std::string_view text, TimePoint due) {
  flow.push(std::as_bytes(std::span<const char>(text.data(), text.size())), due);
}

// Takes what is due, at most `most` bytes of it.
std::string take(Flow& flow, TimePoint now, std::size_t most = Flow::kBytesMax) {
  std::string text;
  std::array<iovec, 3> pieces{};
  for (std::size_t count = flow.gather(now, pieces); count > 0 && most > 0; count = flow.gather(now, pieces)) {
    const std::size_t bytes = std::min(most, pieces[0].iov_len);
    text.append(static_cast<const char*>(pieces[0].iov_base), bytes);
    flow.consume(bytes);
    most -= bytes;
    if (flow.empty()) break;
  }
  return text;
}

TEST(Flow, BytesWaitForTheirMomentAndOvertakeNobody) {
  ChunkPool pool(4);
  Flow flow(pool);
  push(flow, "one", kStart + 2ms);
  push(flow, "two", kStart + 1ms);  // drawn earlier, and behind the first all the same
  push(flow, "three", kStart + 3ms);
  EXPECT_EQ(flow.due(), kStart + 2ms);
  EXPECT_EQ(take(flow, kStart + 1ms), "");
  EXPECT_EQ(take(flow, kStart + 2ms), "onetwo");
  EXPECT_EQ(flow.size(), 5u);
  EXPECT_EQ(take(flow, kStart + 3ms), "three");
  EXPECT_TRUE(flow.empty());
}

TEST(Flow, ManyChunksInAnyPiecesAreTheSameBytes) {
  ChunkPool pool(64);
  Flow flow(pool);
  std::string all, got;
  for (int round = 0; round < 200; ++round) {
    std::string text(static_cast<std::size_t>(1 + round * 37 % 900), static_cast<char>('a' + round % 26));
    all += text;
    push(flow, text, kStart);
    got += take(flow, kStart, static_cast<std::size_t>(1 + round * 53 % 700));
  }
  got += take(flow, kStart);
  EXPECT_EQ(got, all);
  EXPECT_EQ(pool.left(), 64u) << "every chunk has come back";
}

TEST(Flow, IsBoundedByItselfAndByThePool) {
  ChunkPool pool(2);
  Flow first(pool), second(pool);
  EXPECT_EQ(first.room(), 2 * ChunkPool::Chunk::kBytes);
  push(first, std::string(ChunkPool::Chunk::kBytes + 10, 'x'), kStart);
  EXPECT_EQ(first.room(), ChunkPool::Chunk::kBytes - 10);
  EXPECT_EQ(second.room(), 0u);
  first.clear();
  EXPECT_EQ(second.room(), 2 * ChunkPool::Chunk::kBytes);

  ChunkPool large(10'000);
  Flow third(large);
  EXPECT_EQ(third.room(), Flow::kBytesMax);
  push(third, std::string(Flow::kBytesMax, 'x'), kStart);
  EXPECT_EQ(third.room(), 0u);
}

}  // namespace
}  // namespace fleet::sim
