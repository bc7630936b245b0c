// Timestamps of requests: read strictly.
#include "wire/timestamp.h"

#include <gtest/gtest.h>

namespace fleet::wire {
namespace {

TEST(Timestamps, AreReadStrictly) {
  EXPECT_EQ(parse_timestamp("1970-01-01T00:00:00Z"), WallTime());
  EXPECT_EQ(parse_timestamp("2026-01-02T03:04:05Z"), WallTime(std::chrono::seconds(1'767'323'045)));
  EXPECT_TRUE(parse_timestamp("2024-02-29T23:59:59Z"));
  for (const char* text : {"", "2026-01-02T03:04:05", "2026-01-02T03:04:05z", "2026-01-02 03:04:05Z", "2026-1-2T3:4:5Z",
                           "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
                           "2026-01-02T24:00:00Z", "2026-01-02T03:60:05Z", "2026-01-02T03:04:60Z",
                           "+026-01-02T03:04:05Z", "2026-01-02T03:04:05Z ", "2026-01-0aT03:04:05Z"}) {
    EXPECT_FALSE(parse_timestamp(text)) << text;
  }
}

TEST(Timestamp, WritesWhatItReads) {
  for (const char* text : {"2026-01-02T03:04:05Z", "1999-12-31T23:59:59Z", "2024-02-29T00:00:00Z"}) {
    std::string written = "at ";
    append_timestamp(parse_timestamp(text).value(), written);
    EXPECT_EQ(written, std::string("at ") + text);
  }
}

}  // namespace
}  // namespace fleet::wire
