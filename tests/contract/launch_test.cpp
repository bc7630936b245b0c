// Child processes and a real Mosquitto: started, watched, accounted for, ended in every case.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "sim/launch/cores.h"
#include "sim/launch/launch.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/sim/scenario_text.h"

namespace fleet::sim {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using tests::TempDir;
using wire::Millis;

constexpr Millis kLongEnough{20'000};

// Without a bridge beside this program no registry is to be had.
Scenario small(std::string_view broker = "auth: off") {
  const std::vector<Override> sets{{"target.broker", "{use: mosquitto, " + std::string(broker) + "}"}};
  return parse_scenario(std::string(kSmallScenario), "s.yaml", sets, {}).value();
}

// Waits until the process has ended; false after 20 s.
bool wait_for_end(pid_t pid) {
  const int descriptor = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (descriptor < 0) return errno == ESRCH;
  pollfd end{descriptor, POLLIN, 0};
  const int count = poll(&end, 1, static_cast<int>(kLongEnough.count()));
  close(descriptor);
  return count == 1;
}

TEST(Child, RunsUntilItIsStopped) {
  const TempDir directory;
  auto child = Child::start("sleep", {"1000"}, (directory.path() / "log").string());
  ASSERT_TRUE(child) << child.error().text();
  EXPECT_FALSE((*child)->ended());
  const auto use = (*child)->use();
  ASSERT_TRUE(use);
  EXPECT_GT(use->rss_kib, 0);
  (*child)->stop();
  EXPECT_THAT((*child)->ended().value_or(""), HasSubstr("sleep was killed by signal 15"));
  EXPECT_FALSE((*child)->use());
  (*child)->stop();  // idempotent
}

TEST(Cores, TheBrokerHasOneAndNobodyElseHasIt) {
  const cpu_set_t all = cores_of(0).value();
  if (CPU_COUNT(&all) < 2) GTEST_SKIP() << "one core: there is nothing to keep apart";
  const TempDir directory;
  auto broker = Child::start("sleep", {"1000"}, (directory.path() / "broker.log").string());
  auto bridge = Child::start("sleep", {"1000"}, (directory.path() / "bridge.log").string());
  ASSERT_TRUE(broker && bridge);
  keep_broker_apart((*broker)->pid(), {(*bridge)->pid()});

  const cpu_set_t alone = cores_of((*broker)->pid()).value();
  const cpu_set_t rest = cores_of((*bridge)->pid()).value();
  EXPECT_EQ(CPU_COUNT(&alone), 1);
  cpu_set_t both;
  CPU_AND(&both, &alone, &rest);
  EXPECT_EQ(CPU_COUNT(&both), 0);
  CPU_OR(&both, &alone, &rest);
  EXPECT_TRUE(CPU_EQUAL(&both, &all));
  const cpu_set_t own = cores_of(0).value();
  EXPECT_TRUE(CPU_EQUAL(&own, &all));
}

TEST(Child, SaysHowItEnded) {
  const TempDir directory;
  const std::string log = (directory.path() / "log").string();
  auto child = Child::start("sh", {"-c", "echo out; echo err >&2; exit 7"}, log);
  ASSERT_TRUE(child);
  ASSERT_TRUE((*child)->wait_for_end(kLongEnough));
  EXPECT_EQ((*child)->ended(), "sh ended with exit code 7; its log is " + log);
}

TEST(Child, AnEndThatWasAskedForIsNotToldAndItsCpuIsKept) {
  const TempDir directory;
  const std::string script =
      "echo life; echo up; i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo worked; exec sleep 1000";
  auto child = Child::start("sh", {"-c", script}, (directory.path() / "log").string());
  ASSERT_TRUE(child) << child.error().text();
  const auto logged = [&child](std::string_view words) {
    const auto deadline = wire::read_clock() + kLongEnough;
    while (!(*child)->has_logged(words) && wire::read_clock() < deadline) poll(nullptr, 0, 1);
    return (*child)->has_logged(words);
  };
  ASSERT_TRUE(logged("worked\n"));
  const auto before = (*child)->use();
  ASSERT_TRUE(before);
  EXPECT_GT(before->cpu.count(), 0);
  const cpu_set_t cores = cores_of((*child)->pid()).value();
  const pid_t first = (*child)->pid();

  (*child)->end_for_now(SIGKILL);
  ASSERT_TRUE((*child)->wait_for_end(kLongEnough));
  EXPECT_FALSE((*child)->ended()) << "it was asked for";
  const auto between = (*child)->use();
  ASSERT_TRUE(between);
  EXPECT_GE(between->cpu, before->cpu - Millis(1)) << "the kernel counts to the microsecond";
  EXPECT_LT(between->rss_kib, 0);

  const auto again = (*child)->start_again();
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_NE((*child)->pid(), first);
  EXPECT_TRUE((*child)->is_running());
  ASSERT_TRUE(logged("worked\n"));
  const auto after = (*child)->use();
  ASSERT_TRUE(after);
  EXPECT_GT(after->cpu, between->cpu);
  EXPECT_GT(after->rss_kib, 0);
  const cpu_set_t cores_now = cores_of((*child)->pid()).value();
  EXPECT_TRUE(CPU_EQUAL(&cores, &cores_now));

  kill((*child)->pid(), SIGKILL);  // by itself, as far as the child's owner is concerned
  ASSERT_TRUE((*child)->wait_for_end(kLongEnough));
  EXPECT_THAT((*child)->ended().value_or(""), HasSubstr("was killed by signal 9"));
}

TEST(Child, CannotStartWhatIsNotThere) {
  const TempDir directory;
  const std::string log = (directory.path() / "log").string();
  EXPECT_EQ(Child::start("no-such-program", {}, log).error().text(), "'no-such-program' is not installed");
  EXPECT_EQ(Child::start("sleep", {"1"}, "/nonexistent/log").error().text(),
            "/nonexistent/log: cannot write the log: No such file or directory");
  const std::string script = directory.write("script", "#!/no/such/interpreter\n").string();
  ASSERT_EQ(chmod(script.c_str(), 0755), 0);
  EXPECT_THAT(Child::start(script, {}, log).error().text(), HasSubstr("cannot start " + script + ": No such file"));
}

TEST(Child, AStoppedProcessEndsAsWell) {
  const TempDir directory;
  auto child = Child::start("sleep", {"1000"}, (directory.path() / "log").string());
  ASSERT_TRUE(child);
  ASSERT_EQ(kill((*child)->pid(), SIGSTOP), 0);
  (*child)->stop();
  EXPECT_TRUE((*child)->ended());
}

TEST(Child, IsNotTouchedByBlockedSignalsOfItsParent) {
  const TempDir directory;
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  auto child = Child::start("sleep", {"1000"}, (directory.path() / "log").string());
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ASSERT_TRUE(child);
  (*child)->stop();
  EXPECT_THAT((*child)->ended().value_or(""), HasSubstr("signal 15"));
}

TEST(Child, EndsWithAParentThatIsKilled) {
  const TempDir directory;
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const pid_t parent = fork();
  if (parent == 0) {
    auto child = Child::start("sleep", {"1000"}, (directory.path() / "log").string());
    const pid_t pid = child ? (*child)->pid() : 0;
    if (write(ends[1], &pid, sizeof pid) != static_cast<ssize_t>(sizeof pid)) _exit(1);
    raise(SIGKILL);
  }
  pid_t grandchild = 0;
  ASSERT_EQ(read(ends[0], &grandchild, sizeof grandchild), static_cast<ssize_t>(sizeof grandchild));
  close(ends[0]);
  close(ends[1]);
  ASSERT_GT(grandchild, 0);
  EXPECT_TRUE(wait_for_end(grandchild));
  EXPECT_EQ(waitpid(parent, nullptr, 0), parent);
}

TEST(Mosquitto, IsReadyWhenItIsReturned) {
  const TempDir directory;
  const std::string home = (directory.path() / "new" / "run").string();
  auto broker = start_mosquitto(small(), home);
  ASSERT_TRUE(broker) << broker.error().text();
  EXPECT_THAT(broker->version, MatchesRegex("[0-9]+[.][0-9]+[.][0-9]+"));
  EXPECT_EQ(broker->place.url.host, "127.0.0.1");
  EXPECT_GT(broker->place.url.port, 0);
  EXPECT_EQ(broker->config_sha256.size(), 64u);
  EXPECT_TRUE(broker->child->use());
  const pid_t pid = broker->child->pid();
  broker->child.reset();
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST(Mosquitto, EqualSettingsHaveEqualHashes) {
  const TempDir one, two;
  const auto first = start_mosquitto(small(), one.path().string());
  const auto second = start_mosquitto(small(), two.path().string());
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->place.url.port, second->place.url.port);
  EXPECT_EQ(first->config_sha256, second->config_sha256);
}

TEST(Mosquitto, KeepsItsStateWhereItIsTold) {
  const TempDir directory;
  const Scenario scenario = small("persistence: true, auth: off");
  auto broker = start_mosquitto(scenario, directory.path().string());
  ASSERT_TRUE(broker) << broker.error().text();
  broker->child->stop();  // saved on SIGTERM
  EXPECT_THAT(broker->child->ended().value_or(""), HasSubstr("exit code 0"));
  EXPECT_TRUE(std::filesystem::exists(directory.path() / "mosquitto.db"));
}

TEST(Mosquitto, DirectoriesThatCannotBeWrittenAreSaid) {
  const auto broker = start_mosquitto(small(), "/dev/null/out");
  ASSERT_FALSE(broker);
  EXPECT_EQ(broker.error().kind, wire::ErrorKind::environment);
  EXPECT_THAT(broker.error().text(), HasSubstr("/dev/null/out: cannot make the directory"));
}

TEST(Mosquitto, NeedsItsPluginBesideTheProgram) {
  const TempDir directory;
  const auto broker = start_mosquitto(small("auth: on"), directory.path().string());
  ASSERT_FALSE(broker);
  EXPECT_EQ(broker.error().kind, wire::ErrorKind::environment);
  EXPECT_THAT(broker.error().text(), HasSubstr("fleet_broker_auth.so: the broker's plugin is missing; it must lie"));
}

TEST(Bridge, MustLieBesideTheProgram) {
  const TempDir directory;
  const auto prepared = prepare_auth(small("auth: on"), directory.path().string());
  ASSERT_FALSE(prepared);
  EXPECT_THAT(prepared.error().text(), HasSubstr("fleet-bridge is missing; it must lie beside this program"));
  const auto bridge = start_bridge(small(), Url{"mqtt", "127.0.0.1", 1}, directory.path().string());
  ASSERT_FALSE(bridge);
  EXPECT_EQ(bridge.error().kind, wire::ErrorKind::environment);
  EXPECT_THAT(bridge.error().text(), HasSubstr("fleet-bridge is missing; it must lie beside this program"));
}

}  // namespace
}  // namespace fleet::sim
