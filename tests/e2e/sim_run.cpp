#include "tests/e2e/sim_run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

extern char** environ;

namespace fleet::tests {

namespace {

namespace fs = std::filesystem;

constexpr auto kPatience = std::chrono::minutes(2);
constexpr int kPollMs = 5;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string make_directory() {
  std::string name = (fs::temp_directory_path() / "fleet-e2e-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "cannot make " << name;
  return name;
}

}  // namespace

SimRun::SimRun(std::vector<std::string> arguments) : directory_(make_directory()) {
  const std::string program = FLEET_SIM_PROGRAM;
  if (!arguments.empty() && arguments.front() == "run") {
    arguments.emplace_back("--out");
    arguments.push_back(directory_ + "/out");
  }
  std::vector<char*> words{const_cast<char*>(program.c_str())};
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  const int flags = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, (directory_ + "/stdout").c_str(), flags, 0644);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, (directory_ + "/stderr").c_str(), flags, 0644);
  const int failure = posix_spawn(&pid_, program.c_str(), &files, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  if (failure != 0) {
    ended_ = true;
    ADD_FAILURE() << "cannot start " << program << ": " << strerror(failure);
  }
}

SimRun::~SimRun() {
  if (!ended_) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (testing::Test::HasFailure()) {
    fmt::print(stderr, "kept: {}\n{}\n", directory_, error_output());
    return;
  }
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

int SimRun::wait() {
  if (ended_) return exit_code_;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      ended_ = true;
      exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      return exit_code_;
    }
    if (std::chrono::steady_clock::now() > deadline) {
      ADD_FAILURE() << "fleet-sim still runs after two minutes";
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
      ended_ = true;
      return exit_code_;
    }
    poll(nullptr, 0, kPollMs);
  }
}

bool SimRun::wait_for_error_text(const std::string& text) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    if (error_output().find(text) != std::string::npos) return true;
    siginfo_t info{};
    if (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == pid_) {
      return error_output().find(text) != std::string::npos;
    }
    poll(nullptr, 0, kPollMs);
  }
  return false;
}

pid_t SimRun::child(const std::string& name) const {
  std::istringstream children(read_file(fmt::format("/proc/{0}/task/{0}/children", pid_)));
  pid_t candidate = 0;
  while (children >> candidate) {
    std::string comm = read_file(fmt::format("/proc/{}/comm", candidate));
    if (!comm.empty()) comm.pop_back();
    if (comm == name) return candidate;
  }
  return 0;
}

void SimRun::signal(int number) const { kill(pid_, number); }

std::string SimRun::output() const { return read_file(directory_ + "/stdout"); }
std::string SimRun::error_output() const { return read_file(directory_ + "/stderr"); }

nlohmann::json SimRun::result() const {
  const std::string path = directory_ + "/out/result.json";
  nlohmann::json document = nlohmann::json::parse(read_file(path), nullptr, false);
  if (document.is_discarded()) {
    ADD_FAILURE() << "no result at " << path << "\n" << error_output();
    return nlohmann::json::object();
  }
  return document;
}

std::string write_scenario(const std::string& text) {
  struct Directory {
    std::string path = make_directory();
    int files = 0;
    ~Directory() {
      std::error_code ignored;
      fs::remove_all(path, ignored);
    }
  };
  static Directory directory;
  const std::string path = fmt::format("{}/scenario-{}.yaml", directory.path, directory.files++);
  std::ofstream(path) << text;
  return path;
}

std::string to_yaml(const QuickScenario& s) {
  return fmt::format(R"(# Does a small fleet get what it is owed?
name: quick
target: {}
products:
  lamp:
    topics: {{ get: subscribe, update: publish }}
fleet:
  lamps:
    product: lamp
    count: {}
    name: lamp-{{index:5}}
    subscribe: [ {{ topic: get, qos: {} }} ]
{}
calls:
  push:
    api: BatchPub
    to: lamps
    topic: get
    batch: {}
    qos: {}
    payload: 128B
    rate: {}
{}
phases: {{ warm_up: {}, hold: {}, drain: {} }}
health: {{ send_lag_p99: 5s, hiccup: 5s }}
thresholds: {}
)",
                     s.target, s.devices, s.qos, s.fleet_extra, s.batch, s.qos, s.rate, s.call_extra, s.warm_up, s.hold,
                     s.drain, s.thresholds);
}

}  // namespace fleet::tests
