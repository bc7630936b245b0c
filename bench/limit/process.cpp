#include "bench/limit/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <sstream>
#include <utility>

namespace fleet::bench {
namespace {

int milliseconds_until(wire::TimePoint until) {
  const auto left = std::chrono::duration_cast<wire::Millis>(until - wire::read_clock()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000));
}

// In the child: never returns.
[[noreturn]] void become(std::vector<char*>& argv, int in, int out, int log) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::signal(SIGPIPE, SIG_DFL);  // what this program ignores is not its children's business
  ::dup2(in, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

}  // namespace

wire::Result<Process> Process::start(const std::vector<std::string>& argv, const std::string& log) {
  std::array<int, 2> in{-1, -1}, out{-1, -1};
  const int log_fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (log_fd < 0 || ::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) {
    return wire::environment_error(std::string("cannot start a child: ") + std::strerror(errno), log);
  }
  std::vector<std::string> words = argv;
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) become(pointers, in[0], out[1], log_fd);
  ::close(in[0]);
  ::close(out[1]);
  ::close(log_fd);
  Process process;
  process.name_ = argv[0];
  process.log_ = log;
  process.pid_ = pid;
  process.in_ = in[1];
  process.out_ = out[0];
  if (pid < 0) return wire::environment_error("cannot start a child: fork failed", argv[0]);
  return process;
}

Process::Process(Process&& other) noexcept
    : name_(std::move(other.name_)),
      log_(std::move(other.log_)),
      output_(std::move(other.output_)),
      pid_(std::exchange(other.pid_, -1)),
      in_(std::exchange(other.in_, -1)),
      out_(std::exchange(other.out_, -1)),
      peak_bytes_(other.peak_bytes_),
      cpu_(other.cpu_) {}

Process::~Process() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (in_ >= 0) ::close(in_);
  if (out_ >= 0) ::close(out_);
}

wire::Result<bool> Process::read_more(wire::TimePoint until) {
  pollfd ready{out_, POLLIN, 0};
  if (::poll(&ready, 1, milliseconds_until(until)) == 0) {
    return wire::environment_error(name_ + " has said nothing for too long; its log is " + log_);
  }
  std::array<char, 4096> buffer;
  const ssize_t n = ::read(out_, buffer.data(), buffer.size());
  if (n < 0 && errno == EINTR) return true;
  if (n <= 0) return false;
  output_.append(buffer.data(), static_cast<std::size_t>(n));
  return true;
}

wire::Result<std::string> Process::read_line(std::chrono::seconds limit) {
  const wire::TimePoint until = wire::read_clock() + limit;
  std::size_t end = output_.find('\n');
  while (end == std::string::npos) {
    const auto more = read_more(until);
    if (!more) return tl::unexpected(more.error());
    if (!*more) return wire::environment_error(name_ + " has ended too early; its log is " + log_);
    end = output_.find('\n');
  }
  std::string line = output_.substr(0, end);
  output_.erase(0, end + 1);
  return line;
}

void Process::write_line(const std::string& line) const {
  const std::string text = line + '\n';
  // A few dozen bytes always fit into an empty pipe; EPIPE shows at the next read_line.
  if (::write(in_, text.data(), text.size()) < 0) return;
}

wire::Result<int> Process::finish(std::chrono::seconds limit) {
  const wire::TimePoint until = wire::read_clock() + limit;
  for (;;) {
    const auto more = read_more(until);
    if (!more) return tl::unexpected(more.error());
    if (!*more) break;
    output_.clear();
  }
  int status = 0;
  rusage use{};
  while (::wait4(pid_, &status, 0, &use) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  peak_bytes_ = std::int64_t{use.ru_maxrss} << 10;
  for (const timeval& part : {use.ru_utime, use.ru_stime}) {
    cpu_ += std::chrono::seconds(part.tv_sec) + std::chrono::microseconds(part.tv_usec);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

wire::Nanos cpu_of(int pid) {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return wire::Nanos{0};
  return std::chrono::seconds(used.tv_sec) + wire::Nanos(used.tv_nsec);
}

std::int64_t memory_of(int pid, const std::string& line) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string text; std::getline(status, text);) {
    if (!text.starts_with(line + ":")) continue;
    std::istringstream words(text.substr(line.size() + 1));
    std::int64_t kib = 0;
    words >> kib;
    return kib << 10;
  }
  return 0;
}

std::int64_t syn_retransmits() {
  std::ifstream netstat("/proc/net/netstat");
  std::string names, values;
  while (std::getline(netstat, names) && std::getline(netstat, values)) {
    std::istringstream name_words(names), value_words(values);
    std::string name, value;
    while (name_words >> name && value_words >> value) {
      if (name == "TCPSynRetrans") return std::stoll(value);
    }
  }
  return 0;
}

}  // namespace fleet::bench
