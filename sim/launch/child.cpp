#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "sim/launch/launch.h"
#include "sim/launch/program.h"

namespace fleet::sim {

namespace {

constexpr wire::Millis kGrace{6'000};

// A descriptor closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return number_; }
  void close() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }

 private:
  int number_;
};

// Between fork and exec: only calls that are safe after a fork of a threaded process (POSIX, async-signal-safe).
[[noreturn]] void become(const char* path, char* const* arguments, int input, int log, int failure_pipe, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // the parent died before the line above
  ::setpgid(0, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGCHLD, SIGHUP}) ::signal(signal, SIG_DFL);
  if (::dup2(input, 0) >= 0 && ::dup2(log, 1) >= 0 && ::dup2(log, 2) >= 0) ::execv(path, arguments);
  const int code = errno;
  [[maybe_unused]] const ssize_t written = ::write(failure_pipe, &code, sizeof code);
  ::_exit(127);
}

std::string base_name(const std::string& path) { return std::filesystem::path(path).filename().string(); }

}  // namespace

wire::Result<std::unique_ptr<Child>> Child::start(const std::string& program, const std::vector<std::string>& arguments,
                                                  const std::string& log) {
  const std::optional<std::string> path = find_program(program, {});
  if (!path) return wire::environment_error(fmt::format("'{}' is not installed", program));
  const Descriptor input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  // O_NONBLOCK: a pipe that nobody reads is refused instead of waited for.
  constexpr int kLogFlags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NONBLOCK | O_CLOEXEC;
  const Descriptor output(::open(log.c_str(), kLogFlags, 0644));
  if (output.get() < 0) {
    return wire::environment_error(fmt::format("cannot write the log: {}", std::strerror(errno)), log);
  }
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return wire::environment_error(fmt::format("cannot start {}: {}", base_name(program), std::strerror(errno)));
  }
  const Descriptor failure_read(ends[0]);
  Descriptor failure_write(ends[1]);

  std::vector<std::string> words{*path};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) become(path->c_str(), argv.data(), input.get(), output.get(), failure_write.get(), parent);
  if (pid < 0) {
    return wire::environment_error(fmt::format("cannot start {}: {}", base_name(program), std::strerror(errno)));
  }
  failure_write.close();
  std::unique_ptr<Child> child(new Child());
  child->program_ = base_name(program);
  child->log_ = log;
  child->pid_ = pid;
  child->pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));  // close-on-exec
  child->running_ = true;
  int code = 0;
  if (::read(failure_read.get(), &code, sizeof code) == static_cast<ssize_t>(sizeof code)) {
    child->stop();
    return wire::environment_error(fmt::format("cannot start {}: {}", *path, std::strerror(code)));
  }
  return child;
}

Child::~Child() {
  stop();
  if (pidfd_ >= 0) ::close(pidfd_);
}

std::optional<ProcessUse> Child::use() const {
  clockid_t clock = 0;
  timespec time{};
  if (!running_ || ::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return std::nullopt;
  ProcessUse use;
  use.cpu = std::chrono::seconds(time.tv_sec) + wire::Nanos(time.tv_nsec);
  std::ifstream status(fmt::format("/proc/{}/status", pid_));
  std::string key;
  while (status >> key) {
    if (key == "VmRSS:") {
      status >> use.rss_kib;
      return use;
    }
    std::getline(status, key);
  }
  return std::nullopt;  // a zombie has no memory
}

void Child::reap(int status) {
  running_ = false;
  if (WIFSIGNALED(status)) {
    ending_ = fmt::format("{} was killed by signal {} ({}); its log is {}", program_, WTERMSIG(status),
                          ::strsignal(WTERMSIG(status)), log_);
  } else {
    exit_code_ = WEXITSTATUS(status);
    ending_ = fmt::format("{} ended with exit code {}; its log is {}", program_, exit_code_, log_);
  }
}

std::optional<std::string> Child::ended() {
  int status = 0;
  if (running_ && ::waitpid(pid_, &status, WNOHANG) == pid_) reap(status);
  return running_ ? std::nullopt : std::optional(ending_);
}

bool Child::wait_for_end(wire::Millis limit) {
  if (!running_) return true;
  const wire::TimePoint deadline = wire::read_clock() + limit;
  for (;;) {
    pollfd end{pidfd_, POLLIN, 0};
    const auto left = std::chrono::ceil<wire::Millis>(deadline - wire::read_clock());
    const int count = ::poll(&end, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (count < 0 && errno == EINTR) continue;
    return ended().has_value();
  }
}

void Child::stop() {
  if (ended()) return;
  ::kill(pid_, SIGTERM);
  ::kill(pid_, SIGCONT);  // a stopped process would not see it
  if (wait_for_end(kGrace)) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  reap(status);
}

}  // namespace fleet::sim
