#include "wire/stamp.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace fleet::wire {
namespace {

constexpr Stamp kStamp{.run = 0xA1B2C3D4,
                       .boot = 0x01020304,
                       .call_group = 513,
                       .call = 0x1122334455667788,
                       .due = TimePoint(Nanos(123'456'789'012'345))};

std::vector<std::byte> stamped(std::size_t size) {
  std::vector<std::byte> payload(size);
  for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<std::byte>(i * 7);
  write_stamp(kStamp, payload);
  return payload;
}

void expect_same(const Stamp& a, const Stamp& b) {
  EXPECT_EQ(a.run, b.run);
  EXPECT_EQ(a.boot, b.boot);
  EXPECT_EQ(a.call_group, b.call_group);
  EXPECT_EQ(a.call, b.call);
  EXPECT_EQ(a.due, b.due);
}

TEST(Stamp, ReadsBackWhatWasWrittenAtEverySize) {
  for (const std::size_t size : {40u, 41u, 48u, 100u, 128u, 256u, 280u, 281u, 4'096u, 262'144u}) {
    Stamp out;
    ASSERT_EQ(read_stamp(stamped(size), out), StampCheck::ok) << size;
    expect_same(out, kStamp);
  }
}

// Two programs, perhaps of different builds, must agree on every byte.
TEST(Stamp, LiesInMemoryAsTheHeaderSays) {
  const auto payload = stamped(40);
  const unsigned char expected[] = {'F',  'S',  't',  '1',  0xD4, 0xC3, 0xB2, 0xA1, 4,    3,    2,    1,
                                    1,    2,    0,    0,    0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
                                    0x79, 0xDF, 0x0D, 0x86, 0x48, 0x70, 0,    0,    40,   0,    0,    0};
  EXPECT_EQ(std::memcmp(payload.data(), expected, sizeof expected), 0);
}

TEST(Stamp, LeavesTheFillerAlone) {
  const auto payload = stamped(64);
  for (std::size_t i = kStampBytes; i < payload.size(); ++i) EXPECT_EQ(payload[i], static_cast<std::byte>(i * 7));
}

TEST(Stamp, NoticesEverySingleBitFlip) {
  for (const std::size_t size : {40u, 57u, 128u, 300u}) {
    const auto good = stamped(size);
    for (std::size_t bit = 0; bit < size * 8; ++bit) {
      auto bad = good;
      bad[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
      Stamp out;
      ASSERT_EQ(read_stamp(bad, out), bit < 32 ? StampCheck::foreign : StampCheck::corrupt) << size << " bit " << bit;
      ASSERT_EQ(out.call, 0u) << "written for a bad stamp";
    }
  }
}

TEST(Stamp, NoticesMissingAndAddedBytes) {
  auto payload = stamped(128);
  Stamp out;
  for (std::size_t size = 0; size < payload.size(); ++size) {
    const auto part = std::span<const std::byte>(payload).first(size);
    EXPECT_EQ(read_stamp(part, out), size < kStampBytes ? StampCheck::foreign : StampCheck::corrupt);
  }
  payload.push_back(std::byte{0});
  EXPECT_EQ(read_stamp(payload, out), StampCheck::corrupt);
}

TEST(Stamp, NoticesTwoSwappedBytesOfTheFiller) {
  auto payload = stamped(200);
  std::swap(payload[100], payload[150]);
  Stamp out;
  EXPECT_EQ(read_stamp(payload, out), StampCheck::corrupt);
}

TEST(Stamp, NeedsNoAlignment) {
  std::vector<std::byte> buffer(101);
  const auto payload = std::span(buffer).subspan(1);
  write_stamp(kStamp, payload);
  Stamp out;
  EXPECT_EQ(read_stamp(payload, out), StampCheck::ok);
}

TEST(BootHash, IsTheSameForTheWholeProcess) { EXPECT_EQ(boot_hash(), boot_hash()); }

}  // namespace
}  // namespace fleet::wire
