// Child processes of the benchmark, and what the kernel says about them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "wire/clock.h"
#include "wire/error.h"

namespace fleet::bench {

// A child with its standard input and output on pipes and its standard error in a file. Killed in the destructor if it
// still runs, and by the kernel when this program dies.
class Process {
 public:
  // Starts argv[0], a path. `log` is made or overwritten.
  [[nodiscard]] static wire::Result<Process> start(const std::vector<std::string>& argv, const std::string& log);
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;
  ~Process();

  // The next line of its standard output, without the line end. An error when it ends or `limit` passes before.
  [[nodiscard]] wire::Result<std::string> read_line(std::chrono::seconds limit);
  // A line for its standard input. A child that is gone is noticed by the next read_line.
  void write_line(const std::string& line) const;
  // Its exit code, 128 + signal where one ended it; whatever it still prints is thrown away.
  [[nodiscard]] wire::Result<int> finish(std::chrono::seconds limit);
  [[nodiscard]] int pid() const { return pid_; }
  // CPU time of all its threads; 0 before finish().
  [[nodiscard]] wire::Nanos cpu() const { return cpu_; }
  // Bytes it had in memory at most; 0 before finish().
  [[nodiscard]] std::int64_t peak_bytes() const { return peak_bytes_; }

 private:
  Process() = default;
  // Waits for output; false at its end. An error when `until` passes.
  [[nodiscard]] wire::Result<bool> read_more(wire::TimePoint until);

  std::string name_, log_, output_;
  int pid_ = -1, in_ = -1, out_ = -1;
  std::int64_t peak_bytes_ = 0;
  wire::Nanos cpu_{};
};

// CPU time of a process so far, all its threads; 0 when it is gone.
wire::Nanos cpu_of(int pid);

// A line of /proc/PID/status that counts KiB ("VmRSS", "VmHWM"), in bytes; 0 when it is gone.
std::int64_t memory_of(int pid, const std::string& line);

// SYNs of this host that had to be sent again since it started (TcpExt TCPSynRetrans of /proc/net/netstat).
std::int64_t syn_retransmits();

}  // namespace fleet::bench
