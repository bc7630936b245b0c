#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
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

#include "sim/launch/cores.h"
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
  for (const int signal : {SIGPIPE, SIGXFSZ, SIGINT, SIGTERM, SIGCHLD, SIGHUP}) ::signal(signal, SIG_DFL);
  if (::dup2(input, 0) >= 0 && ::dup2(log, 1) >= 0 && ::dup2(log, 2) >= 0) ::execv(path, arguments);
  const int code = errno;
  [[maybe_unused]] const ssize_t written = ::write(failure_pipe, &code, sizeof code);
  ::_exit(127);
}

// How much of a log is searched for the line that a program is ready.
constexpr std::size_t kLogHead = 64u << 10;

// Of a process that has been reaped, all its threads together.
wire::Nanos cpu_of(const rusage& spent) {
  const auto duration = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return duration(spent.ru_utime) + duration(spent.ru_stime);
}

std::string base_name(const std::string& path) { return std::filesystem::path(path).filename().string(); }

}  // namespace

wire::Result<std::unique_ptr<Child>> Child::start(const std::string& program, const std::vector<std::string>& arguments,
                                                  const std::string& log) {
  const std::optional<std::string> path = find_program(program, {});
  if (!path) return wire::environment_error(fmt::format("'{}' is not installed", program));
  std::unique_ptr<Child> child(new Child());
  child->path_ = *path;
  child->program_ = base_name(program);
  child->log_ = log;
  child->arguments_ = arguments;
  if (auto launched = child->launch(); !launched) return tl::unexpected(launched.error());
  return child;
}

// The first life begins the log anew.
wire::Result<void> Child::launch() {
  const Descriptor input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  // O_NONBLOCK: a pipe that nobody reads is refused instead of waited for.
  constexpr int kLogFlags = O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC;
  const Descriptor output(::open(log_.c_str(), kLogFlags | (pid_ < 0 ? O_TRUNC : 0), 0644));
  if (output.get() < 0) {
    return wire::environment_error(fmt::format("cannot write the log: {}", std::strerror(errno)), log_);
  }
  log_begin_ = ::lseek(output.get(), 0, SEEK_END);
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return wire::environment_error(fmt::format("cannot start {}: {}", program_, std::strerror(errno)));
  }
  const Descriptor failure_read(ends[0]);
  Descriptor failure_write(ends[1]);

  std::vector<std::string> words{path_};
  words.insert(words.end(), arguments_.begin(), arguments_.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) become(path_.c_str(), argv.data(), input.get(), output.get(), failure_write.get(), parent);
  if (pid < 0) {
    return wire::environment_error(fmt::format("cannot start {}: {}", program_, std::strerror(errno)));
  }
  failure_write.close();
  if (pidfd_ >= 0) ::close(pidfd_);
  pid_ = pid;
  pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));  // close-on-exec
  running_ = true;
  expected_ = false;
  int code = 0;
  if (::read(failure_read.get(), &code, sizeof code) == static_cast<ssize_t>(sizeof code)) {
    stop();
    return wire::environment_error(fmt::format("cannot start {}: {}", path_, std::strerror(code)));
  }
  return {};
}

Child::~Child() {
  stop();
  if (pidfd_ >= 0) ::close(pidfd_);
}

std::optional<ProcessUse> Child::use() const {
  if (!running_) return expected_ ? std::optional(ProcessUse{cpu_before_, -1}) : std::nullopt;
  clockid_t clock = 0;
  timespec time{};
  if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return std::nullopt;
  ProcessUse use;
  use.cpu = cpu_before_ + std::chrono::seconds(time.tv_sec) + wire::Nanos(time.tv_nsec);
  std::ifstream status(fmt::format("/proc/{}/status", pid_));
  std::string key;
  while (status >> key) {
    if (key == "VmRSS:") {
      status >> use.rss_kib;
      return use;
    }
    std::getline(status, key);
  }
  // A zombie has no memory.
  return expected_ ? std::optional(ProcessUse{use.cpu, -1}) : std::nullopt;
}

void Child::reap(int status, wire::Nanos cpu) {
  running_ = false;
  cpu_before_ += cpu;
  if (WIFSIGNALED(status)) {
    ending_ = fmt::format("{} was killed by signal {} ({}); its log is {}", program_, WTERMSIG(status),
                          ::strsignal(WTERMSIG(status)), log_);
  } else {
    exit_code_ = WEXITSTATUS(status);
    ending_ = fmt::format("{} ended with exit code {}; its log is {}", program_, exit_code_, log_);
  }
}

bool Child::is_running() {
  int status = 0;
  rusage spent{};
  if (running_ && ::wait4(pid_, &status, WNOHANG, &spent) == pid_) reap(status, cpu_of(spent));
  return running_;
}

std::optional<std::string> Child::ended() { return is_running() || expected_ ? std::nullopt : std::optional(ending_); }

void Child::signal(int number) {
  if (is_running()) ::kill(pid_, number);
}

void Child::end_for_now(int number) {
  if (!is_running()) return;
  cores_ = cores_of(pid_);
  expected_ = true;
  ::kill(pid_, number);
}

wire::Result<void> Child::start_again() {
  FLEET_CHECK(!running_);
  if (auto launched = launch(); !launched) return launched;
  if (cores_) keep_to_cores(pid_, *cores_);
  return {};
}

bool Child::has_logged(std::string_view words) const {
  std::ifstream file(log_, std::ios::binary);
  file.seekg(log_begin_);
  std::string text(kLogHead, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text.find(words) != std::string::npos;
}

bool Child::wait_for_end(wire::Millis limit) {
  if (!is_running()) return true;
  const wire::TimePoint deadline = wire::read_clock() + limit;
  for (;;) {
    pollfd end{pidfd_, POLLIN, 0};
    const auto left = std::chrono::ceil<wire::Millis>(deadline - wire::read_clock());
    const int count = ::poll(&end, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (count < 0 && errno == EINTR) continue;
    return !is_running();
  }
}

void Child::stop() {
  if (!is_running()) return;
  ::kill(pid_, SIGTERM);
  ::kill(pid_, SIGCONT);  // a stopped process would not see it
  if (wait_for_end(kGrace)) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  rusage spent{};
  while (::wait4(pid_, &status, 0, &spent) < 0 && errno == EINTR) {
  }
  reap(status, cpu_of(spent));
}

}  // namespace fleet::sim
