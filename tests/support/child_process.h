// A program started by a test, with everything it prints, ended with the test in every case.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace fleet::tests {

// Owned by one test, used on its thread; a thread of its own collects what the program prints. The program dies with
// the test program (parent-death signal) and at the latest in the destructor.
class ChildProcess {
 public:
  static constexpr std::chrono::seconds kPatience{20};  // deadlines only fail a test

  // Starts `arguments[0]`, searched on PATH. Standard output and standard error are collected together.
  explicit ChildProcess(const std::vector<std::string>& arguments);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  // Waits until `text` has been printed. False: the program ended or the deadline passed before.
  [[nodiscard]] bool wait_for_output(std::string_view text, std::chrono::seconds deadline = kPatience);
  [[nodiscard]] std::string output() const;
  // Sends one signal to this process only.
  void signal(int number) const;
  // SIGSTOP; returns when all its threads stand still. SIGCONT.
  void freeze() const;
  void thaw() const;
  // Waits for the end and for all that was printed; the exit code, or 128 + signal. Nothing: the deadline passed.
  std::optional<int> wait(std::chrono::seconds deadline = kPatience);
  // SIGCONT and SIGTERM, then SIGKILL when that did not help. Returns the exit code. Idempotent.
  int stop();

 private:
  void collect();

  pid_t pid_ = -1;
  int pid_handle_ = -1;  // pidfd
  int pipe_ = -1;
  std::optional<int> exit_code_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string output_;
  bool ended_ = false;
  std::thread collector_;
};

}  // namespace fleet::tests
