#include "wire/stamp.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
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
  EXPECT_EQ(a.position, b.position);
}

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string json_stamped(std::size_t size, const Stamp& stamp) {
  std::string text(size, '-');
  std::size_t i = 0;
  for (char& c : json_stamp_filler(text)) c = "abcdefghijklmnopqrstuvwxyz"[i++ % 26];
  write_json_stamp(stamp, text);
  return text;
}

Stamp at_position(std::uint16_t position) {
  Stamp stamp = kStamp;
  stamp.position = position;
  return stamp;
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

TEST(Stamp, HoldsThePositionWhereTheHeaderSays) {
  std::vector<std::byte> payload(64);
  write_stamp(at_position(0x0203), payload);
  EXPECT_EQ(payload[14], std::byte{3});
  EXPECT_EQ(payload[15], std::byte{2});
  Stamp out;
  ASSERT_EQ(read_stamp(payload, out), StampCheck::ok);
  expect_same(out, at_position(0x0203));
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

TEST(JsonStamp, ReadsBackWhatWasWrittenAtEverySize) {
  for (const std::size_t size : {80u, 81u, 128u, 512u, 4'096u, 122'880u}) {
    const std::string text = json_stamped(size, at_position(49));
    ASSERT_EQ(text.size(), size);
    Stamp out;
    ASSERT_EQ(read_stamp(bytes_of(text), out), StampCheck::ok) << size;
    expect_same(out, at_position(49));
  }
}

TEST(JsonStamp, IsTheJsonTextThatTheHeaderSays) {
  const std::string text = json_stamped(85, kStamp);
  EXPECT_EQ(text.substr(0, 14), R"({"stamp":"RlN0)");
  EXPECT_EQ(text.substr(66), R"(","filler":"abcde"})");
}

TEST(JsonStamp, NoticesEverySingleBitFlip) {
  for (const std::size_t size : {80u, 93u}) {
    const std::string good = json_stamped(size, at_position(7));
    for (std::size_t bit = 0; bit < size * 8; ++bit) {
      std::string bad = good;
      bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
      Stamp out;
      // The sixth character of the base64 holds the end of the magic and the beginning of the run.
      const StampCheck found = read_stamp(bytes_of(bad), out);
      ASSERT_NE(found, StampCheck::ok) << size << " bit " << bit;
      if (bit / 8 == 15) continue;
      ASSERT_EQ(found, bit / 8 < 15 ? StampCheck::foreign : StampCheck::corrupt) << bit;
    }
  }
}

TEST(JsonStamp, NoticesMissingAndAddedBytes) {
  std::string text = json_stamped(128, kStamp);
  Stamp out;
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_EQ(read_stamp(bytes_of(text.substr(0, size)), out),
              size < kJsonStampBytes ? StampCheck::foreign : StampCheck::corrupt);
  }
  text.push_back(' ');
  EXPECT_EQ(read_stamp(bytes_of(text), out), StampCheck::corrupt);
}

TEST(JsonStamp, OtherJsonIsForeign) {
  Stamp out;
  for (std::string text : {R"({"stamp":"hello","filler":"")", R"({"tid":2895732958732,"seller_nick":"a")", "[{"}) {
    text.resize(200, ' ');
    EXPECT_EQ(read_stamp(bytes_of(text), out), StampCheck::foreign) << text;
  }
}

TEST(BootHash, IsTheSameForTheWholeProcess) { EXPECT_EQ(boot_hash(), boot_hash()); }

}  // namespace
}  // namespace fleet::wire
