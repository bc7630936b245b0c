// After warm-up a session allocates nothing, whatever passes through it.
#include <gtest/gtest.h>

#include <functional>

#include "tests/support/allocations.h"
#include "tests/unit/wire/mqtt/hex.h"
#include "wire/mqtt/codec.h"
#include "wire/mqtt/session.h"

namespace fleet::wire::mqtt {
namespace {

class SessionAllocations : public ::testing::TestWithParam<Version> {
 protected:
  SessionAllocations() {
    options_.version = GetParam();
    session_.connect({"d", "", ""}, now_, actions_);
    std::vector<std::byte> connack;
    encode_connack(GetParam(), {}, connack);
    session_.on_bytes(connack, now_, actions_);
    EXPECT_TRUE(session_.connected());
  }

  void feed(std::span<const std::byte> bytes) {
    actions_.clear();
    session_.on_bytes(bytes, now_, actions_);
  }

  // Allocations of 100 rounds behind 100 rounds of warm-up.
  std::uint64_t count(const std::function<void()>& round) {
    for (int times = 0; times < 100; ++times) round();
    const std::uint64_t before = tests::allocations_of_this_thread();
    for (int times = 0; times < 100; ++times) round();
    return tests::allocations_of_this_thread() - before;
  }

  std::vector<std::byte> publishes(Qos qos, std::size_t payload_size) {
    const std::vector<std::byte> payload(payload_size);
    std::vector<std::byte> bytes;
    for (std::uint16_t id = 1; id <= 20; ++id) {
      encode_publish(GetParam(), {"a/b", payload, qos, false, false, id, {}}, bytes);
    }
    return bytes;
  }

  EndpointOptions options_;
  Actions actions_;
  TimePoint now_{};
  Session session_{&options_};
};

TEST_P(SessionAllocations, NoneForDeliveries) {
  for (const Qos qos : {Qos::at_most_once, Qos::at_least_once}) {
    const auto bytes = publishes(qos, 128);
    EXPECT_EQ(count([&] { feed(bytes); }), 0u);
    EXPECT_EQ(actions_.events.size(), 20u);
  }
}

TEST_P(SessionAllocations, NoneForQos2) {
  auto bytes = publishes(Qos::exactly_once, 128);
  for (std::uint16_t id = 1; id <= 20; ++id) {
    encode_ack(GetParam(), {PacketType::pubrel, id, ReasonCode::success, {}}, bytes);
  }
  EXPECT_EQ(count([&] { feed(bytes); }), 0u);
  EXPECT_EQ(actions_.events.size(), 20u);
}

TEST_P(SessionAllocations, NoneForPieces) {
  const auto bytes = publishes(Qos::at_most_once, 20'000);
  const auto round = [&] {
    for (std::span<const std::byte> rest(bytes); !rest.empty();) {
      const auto piece = rest.first(std::min<std::size_t>(1448, rest.size()));
      feed(piece);
      rest = rest.subspan(piece.size());
    }
  };
  EXPECT_EQ(count(round), 0u);
}

TEST_P(SessionAllocations, NoneForPublishes) {
  std::vector<std::byte> answers;
  const auto round = [&] {
    answers.clear();
    for (std::uint64_t cookie = 0; cookie < 20; ++cookie) {
      const Qos qos = cookie % 2 == 0 ? Qos::at_least_once : Qos::exactly_once;
      const std::uint16_t id = session_.begin_publish(qos, cookie, now_).value();
      const auto answer = [&](PacketType type) {
        encode_ack(GetParam(), {type, id, ReasonCode::success, {}}, answers);
      };
      if (qos == Qos::at_least_once) {
        answer(PacketType::puback);
      } else {
        answer(PacketType::pubrec);
        answer(PacketType::pubcomp);
      }
    }
    feed(answers);
  };
  EXPECT_EQ(count(round), 0u);
  EXPECT_EQ(actions_.events.size(), 20u);
  EXPECT_EQ(session_.in_flight(), 0u);
}

INSTANTIATE_TEST_SUITE_P(BothVersions, SessionAllocations, ::testing::Values(Version::v311, Version::v5),
                         [](const auto& tested) { return tested.param == Version::v5 ? "v5" : "v311"; });

}  // namespace
}  // namespace fleet::wire::mqtt
