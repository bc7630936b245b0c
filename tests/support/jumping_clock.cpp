// Preloaded into programs under test: the system's time of day jumps ten minutes to and fro, twice a second. Within the
// quarter of an hour that signatures are valid, and the same in all processes, so that nobody is refused for it.
#include <dlfcn.h>
#include <sys/time.h>

#include <ctime>

namespace {

using ClockGettime = int (*)(clockid_t, timespec*);

ClockGettime real_clock() {
  static const auto real = reinterpret_cast<ClockGettime>(dlsym(RTLD_NEXT, "clock_gettime"));
  return real;
}

time_t jump() {
  timespec now{};
  real_clock()(CLOCK_MONOTONIC, &now);
  return (now.tv_nsec / 250'000'000) % 2 == 0 ? 0 : 600;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* out) {
  const int result = real_clock()(clock, out);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) out->tv_sec += jump();
  return result;
}

int gettimeofday(timeval* __restrict out, void* __restrict) {
  timespec now{};
  const int result = clock_gettime(CLOCK_REALTIME, &now);
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1'000;
  return result;
}

time_t time(time_t* out) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}
}
