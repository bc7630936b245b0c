#include "sim/run/signals.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>

namespace fleet::sim {

namespace {

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGCHLD);
  // Under nohup it stays ignored.
  struct sigaction hang_up {};
  if (sigaction(SIGHUP, nullptr, &hang_up) == 0 && hang_up.sa_handler != SIG_IGN) sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

void block_signals() {
  const sigset_t set = watched_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

Wake wait_for_signal(wire::TimePoint until) {
  const sigset_t set = watched_signals();
  for (;;) {
    const wire::Nanos left = std::max(until - wire::read_clock(), wire::Nanos{0});
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    timespec timeout{};
    timeout.tv_sec = static_cast<time_t>(seconds.count());
    timeout.tv_nsec = static_cast<long>((left - seconds).count());
    const int signal = sigtimedwait(&set, nullptr, &timeout);
    if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP) return Wake::interrupt;
    if (signal == SIGCHLD) return Wake::child_ended;
    if (errno == EAGAIN) return Wake::time;  // EINTR: waited out
  }
}

}  // namespace fleet::sim
