// kill -9 in the middle of registration and topology, a hundred times: what was answered is there, what was not is
// there whole or not at all.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "bridge/registry/registry.h"
#include "tests/support/registry_fixture.h"

namespace fleet::bridge {
namespace {

constexpr int kKills = 100;
constexpr int kKinds = 9;

// What the child has answered: the number of the change, and the whole registry behind it.
struct Answer {
  int number = -1;
  std::size_t registry = 0;
};

std::size_t digest(const Registry& registry) { return std::hash<std::string>{}(dump(registry)); }

// Names "{prefix}-{round}-{first}" and so on.
std::vector<std::string> numbered(const char* prefix, int round, int count) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back(fmt::format("{}-{}-{}", prefix, round, i));
  return names;
}

std::vector<NewDevice> new_devices(const std::vector<std::string>& names) {
  std::vector<NewDevice> devices;
  for (const std::string& name : names) devices.push_back({.name = name, .nickname = "n"});
  return devices;
}

std::vector<DeviceName> lamps(const std::vector<std::string>& names, std::size_t count) {
  std::vector<DeviceName> items;
  for (std::size_t i = 0; i < count; ++i) items.push_back({"lamp", names[i]});
  return items;
}

DeviceName gateway(int number) {
  static const std::vector<std::string> names = {"gw01", "gw02", "gw03"};
  return {"gate", names[static_cast<std::size_t>(number % 3)]};
}

// Change number `number`: a pure function of the number, so that a second registry can play the same; at most one
// transaction each. False: refused, which no change here should be.
bool make_change(Registry& registry, int number) {
  const int round = number / kKinds;
  const std::vector<std::string> names = numbered("dev", round, 20);
  const std::vector<std::string> checked = numbered("chk", round, 15);
  const std::uint64_t batch = Registry::kFirstApplyId + static_cast<std::uint64_t>(round);
  switch (number % kKinds) {
    case 0:
      return registry.register_devices("lamp", new_devices(names), kRegistryDay).has_value();
    case 1:
      return registry.add_sub_devices(gateway(round), lamps(names, 10)).has_value();
    case 2:  // and moved
      return registry.add_sub_devices(gateway(round + 1), lamps(names, 12)).has_value();
    case 3:
      return registry.remove_sub_devices(gateway(round + 1), lamps(names, 5)).has_value();
    case 4:
      return registry.begin_check("lamp", new_devices(checked), at_millis(0)).has_value();
    case 6:
      return registry.begin_create_checked("lamp", batch, at_millis(0)).has_value();
    case 5:
    case 7:  // twice: after a restart the delay begins anew
      registry.advance(at_millis(1'000));
      registry.advance(at_millis(1'200));
      return !registry.apply_batch(batch)->running();
    default:
      return registry.delete_device({"lamp", names[11]}).has_value();
  }
}

// The child: makes changes from `next` on and tells each one that was answered, until it is killed.
[[noreturn]] void make_changes(const std::string& path, int next, int pipe) {
  auto opened = Registry::open({.sqlite_path = path}, {}, kRegistryDay);
  if (!opened) _exit(1);
  for (;; ++next) {
    if (!make_change(**opened, next)) _exit(2);
    const Answer answer{next, digest(**opened)};
    if (write(pipe, &answer, sizeof answer) != sizeof answer) _exit(3);
  }
}

TEST(RegistryKill, LosesNothingThatWasAnsweredAndLeavesNothingHalf) {
  const tests::TempDir dir;
  const std::string path = dir.path() / "registry.db";
  const auto in_memory = Registry::open({}, some_products(), kRegistryDay);
  ASSERT_TRUE(in_memory.has_value());
  Registry& model = **in_memory;
  ASSERT_TRUE(Registry::open({.sqlite_path = path}, some_products(), kRegistryDay).has_value());

  std::mt19937 random(7);
  int next = 0;  // the first change that is not in the model
  int one_more = 0;
  for (int kill_number = 0; kill_number < kKills; ++kill_number) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(ends[0]);
      make_changes(path, next, ends[1]);
    }
    close(ends[1]);
    // Killed behind the n-th answer, wherever the child is by then.
    const auto answers = 1 + random() % 9;
    Answer last;
    const auto read_answer = [&last, &ends] { return read(ends[0], &last, sizeof last) == sizeof last; };
    for (std::size_t i = 0; i < answers; ++i) ASSERT_TRUE(read_answer()) << "the child has ended by itself";
    for (volatile unsigned long spin = random() % 2'000'000; spin > 0;) spin = spin - 1;
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "exit " << WEXITSTATUS(status);
    while (read_answer()) continue;  // answered before the kill
    close(ends[0]);

    for (; next <= last.number; ++next) ASSERT_TRUE(make_change(model, next));
    const auto opened = Registry::open({.sqlite_path = path}, {}, kRegistryDay);
    ASSERT_TRUE(opened.has_value()) << opened.error().text();
    if (digest(**opened) == last.registry) continue;
    // The change that was under way had got through.
    ++one_more;
    ASSERT_TRUE(make_change(model, next));
    ++next;
    ASSERT_TRUE(dump(**opened, false) == dump(model, false)) << "kill " << kill_number << ", change " << next - 1;
  }
  EXPECT_GT(next, kKills);
  RecordProperty("changes", next);
  RecordProperty("made_but_not_answered", one_more);  // kills between a commit and its answer
}

}  // namespace
}  // namespace fleet::bridge
