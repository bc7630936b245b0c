#include "tests/support/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>

namespace fleet::tests {

ChildProcess::ChildProcess(const std::vector<std::string>& arguments) {
  std::vector<char*> words;
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);  // the parent died before the line above
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    ::execvp(words[0], words.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  pipe_ = ends[0];
  if (pid_ < 0) {
    ::close(pipe_);
    throw std::runtime_error("cannot start " + arguments[0]);
  }
  pid_handle_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  collector_ = std::thread([this] { collect(); });
}

ChildProcess::~ChildProcess() {
  stop();
  collector_.join();
  ::close(pipe_);
  if (pid_handle_ >= 0) ::close(pid_handle_);
}

void ChildProcess::collect() {
  std::array<char, 4096> chunk;
  for (;;) {
    const ssize_t bytes = ::read(pipe_, chunk.data(), chunk.size());
    if (bytes < 0 && errno == EINTR) continue;
    const std::lock_guard lock(mutex_);
    if (bytes > 0) {
      output_.append(chunk.data(), static_cast<std::size_t>(bytes));
    } else {
      ended_ = true;
    }
    changed_.notify_all();
    if (ended_) return;
  }
}

bool ChildProcess::wait_for_output(std::string_view text, std::chrono::seconds deadline) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, deadline, [&] { return ended_ || output_.find(text) != std::string::npos; });
  return output_.find(text) != std::string::npos;
}

std::string ChildProcess::output() const {
  const std::lock_guard lock(mutex_);
  return output_;
}

void ChildProcess::signal(int number) const {
  if (!exit_code_) ::kill(pid_, number);
}

void ChildProcess::freeze() const {
  signal(SIGSTOP);
  // One thread takes the signal and stops the others: on a busy machine they go on for a while.
  siginfo_t state{};
  if (!exit_code_) ::waitid(P_PID, static_cast<id_t>(pid_), &state, WSTOPPED | WEXITED | WNOWAIT);
}

void ChildProcess::thaw() const { signal(SIGCONT); }

std::optional<int> ChildProcess::wait(std::chrono::seconds deadline) {
  if (exit_code_) return exit_code_;
  pollfd end{pid_handle_, POLLIN, 0};
  const int milliseconds = static_cast<int>(std::chrono::milliseconds(deadline).count());
  if (::poll(&end, 1, milliseconds) <= 0) return {};
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) return {};
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  // What it printed last may still be on its way through the pipe.
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kPatience, [&] { return ended_; });
  return exit_code_;
}

int ChildProcess::stop() {
  if (!exit_code_) {
    signal(SIGTERM);
    signal(SIGCONT);
    if (!wait()) signal(SIGKILL);
  }
  return wait().value_or(-1);
}

}  // namespace fleet::tests
