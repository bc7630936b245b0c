// What does a run write while it goes on, to a terminal and to a file?
#include "sim/run/progress.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <string>

namespace fleet::sim {
namespace {

using namespace std::chrono_literals;

// What `writes` writes to standard error, which is a pseudo-terminal meanwhile.
std::string written(const std::function<void()>& writes) {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY);
  EXPECT_EQ(::grantpt(master), 0);
  EXPECT_EQ(::unlockpt(master), 0);
  const int terminal = ::open(::ptsname(master), O_RDWR | O_NOCTTY);
  termios raw{};
  ::tcgetattr(terminal, &raw);
  ::cfmakeraw(&raw);  // line feeds as they are written
  ::tcsetattr(terminal, TCSANOW, &raw);
  std::fflush(stderr);
  const int before = ::dup(STDERR_FILENO);
  ::dup2(terminal, STDERR_FILENO);
  EXPECT_EQ(::isatty(STDERR_FILENO), 1);
  writes();
  std::fflush(stderr);
  ::dup2(before, STDERR_FILENO);
  ::close(before);
  ::close(terminal);
  std::string text;
  char chunk[256];
  for (ssize_t bytes = 0; (bytes = ::read(master, chunk, sizeof chunk)) > 0;) {
    text.append(chunk, static_cast<std::size_t>(bytes));
  }
  ::close(master);
  return text;
}

const wire::TimePoint kBegin{1000s};

FleetStatus ready(std::uint64_t count) {
  FleetStatus status;
  status.devices = status.connected = 3;
  status.ready = count;
  return status;
}

CallersStatus accepted(std::uint64_t count) {
  CallersStatus status;
  status.accepted = count;
  return status;
}

TEST(Progress, WritesOverItsLineOnATerminalAndLeavesNothingBehind) {
  const std::string text = written([] {
    Progress progress(true);
    progress.connecting(ready(1), kBegin);
    progress.connecting(ready(2), kBegin + 199ms);  // too soon to be read
    progress.connecting(ready(3), kBegin + 200ms);
    progress.calling("hold", 2s, 10s, accepted(7), ready(3), kBegin + 201ms);  // another phase: at once
    progress.say("fleet-bridge ended");
    progress.calling("hold", 3s, 10s, accepted(8), ready(3), kBegin + 1s);
  });
  EXPECT_EQ(text,
            "\r\033[Kconnect  1 of 3 ready"
            "\r\033[Kconnect  3 of 3 ready"
            "\r\033[Khold     2 of 10 s, 7 calls accepted, 0 deliveries"
            "\r\033[Kfleet-bridge ended\n"
            "\r\033[Khold     3 of 10 s, 8 calls accepted, 0 deliveries"
            "\r\033[K");
}

TEST(Progress, TellsHowFarTheFleetIsWithItsIdentities) {
  const auto provision = [](bool terminal) {
    return written([terminal] {
      Progress progress(terminal);
      progress.provisioning("registering hubs", 6, 6, kBegin);
      progress.provisioning("registering sensors", 100, 300, kBegin);  // another phase: at once
      progress.provisioning("registering sensors", 200, 300, kBegin + 199ms);
      progress.provisioning("registering sensors", 300, 300, kBegin + 5s);
    });
  };
  EXPECT_EQ(provision(false),
            "registering hubs: 6 of 6\nregistering sensors: 100 of 300\nregistering sensors: 300 of 300\n");
  EXPECT_EQ(provision(true),
            "\r\033[Kregistering hubs: 6 of 6"
            "\r\033[Kregistering sensors: 100 of 300"
            "\r\033[Kregistering sensors: 300 of 300"
            "\r\033[K");
}

TEST(Progress, WritesPlainLinesElsewhere) {
  const std::string text = written([] {
    Progress progress(false);
    progress.connecting(ready(1), kBegin);
    progress.connecting(ready(2), kBegin + 4999ms);
    progress.connecting(ready(3), kBegin + 5s);
    progress.say("fleet-bridge ended");
    progress.calling("drain", 0s, 5s, accepted(7), ready(3), kBegin + 5s);
  });
  EXPECT_EQ(text,
            "connect  1 of 3 ready\nconnect  3 of 3 ready\nfleet-bridge ended\n"
            "drain    0 of 5 s, 7 calls accepted, 0 deliveries\n");
}

}  // namespace
}  // namespace fleet::sim
