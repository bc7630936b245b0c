// Does a clock that jumps leave plan, stamps and times alone?
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "tests/e2e/sim_run.h"
#include "tests/support/child_process.h"
#include "tests/support/sanitizers.h"

namespace fleet::tests {
namespace {

// The programs that a test starts get the clock; the test itself runs already.
class JumpingClock {
 public:
  JumpingClock() { setenv("LD_PRELOAD", FLEET_JUMPING_CLOCK, 1); }
  ~JumpingClock() { unsetenv("LD_PRELOAD"); }
  JumpingClock(const JumpingClock&) = delete;
  JumpingClock& operator=(const JumpingClock&) = delete;
};

// Seconds since 1970, as a program with the clock sees them.
long time_of_day() {
  ChildProcess date({"date", "+%s"});
  EXPECT_EQ(date.wait(), 0);
  return std::stol(date.output());
}

TEST(ClockJump, TheClockOfTheseTestsJumps) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer wants to be loaded first";
  const JumpingClock jumping;
  const long first = time_of_day();
  bool jumped = false;
  for (int i = 0; i < 2'000 && !jumped; ++i) jumped = std::labs(time_of_day() - first) > 500;
  EXPECT_TRUE(jumped);
}

TEST(ClockJump, CallsLeaveWhenDueAndTimesStayTrue) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer wants to be loaded first";
  const JumpingClock jumping;
  SimRun run(to_yaml({.qos = 1, .hold = "3s"}));
  EXPECT_EQ(run.wait(), FLEET_RELEASE_BUILD ? 0 : 4) << run.output();
  const nlohmann::json result = run.result();
  EXPECT_EQ(result["calls"]["accepted"], 150);
  EXPECT_EQ(result["deliveries"]["received"], 3'000);
  EXPECT_EQ(result["deliveries"]["corrupt"], 0);
  for (const char* name : {"send_lag", "http", "service", "response", "completion"}) {
    // A jump of ten minutes would be in them; nothing here takes one.
    EXPECT_GE(result["times_us"][name]["min"].get<double>(), 0) << name;
    EXPECT_LT(result["times_us"][name]["max"].get<double>(), 60e6) << name;
  }
  EXPECT_LE(result["timeline"].size(), 20u);
  EXPECT_GT(result["health"]["clock_jumps"], 0);
  EXPECT_NE(run.output().find("the time of day jumped "), std::string::npos) << run.output();
}

}  // namespace
}  // namespace fleet::tests
