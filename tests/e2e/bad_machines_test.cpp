// What does a run say of a machine that cannot hold it? The number that fits, before anything is started.
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <string>

#include "tests/e2e/sim_run.h"

namespace fleet::tests {
namespace {

// "1,676" is 1676.
std::string without_commas(std::string number) {
  std::erase(number, ',');
  return number;
}

// The program in a surrounding that `wrapper` makes: words of a command that runs the rest of its words.
class Surrounded {
 public:
  explicit Surrounded(std::vector<std::string> wrapper) : wrapper_(std::move(wrapper)) {}

  // Plays the quick scenario with so many devices, to exit code 3 and one line, which is returned. Nothing is started.
  std::string refusal(int devices) {
    const std::string out = (directory_.path() / "out").string();
    ChildProcess run = start({"run", scenario(devices), "--out", out});
    EXPECT_EQ(run.wait(std::chrono::minutes(1)), 3) << run.output();
    const std::string output = run.output();
    EXPECT_EQ(output.find('\n'), output.size() - 1) << output;
    EXPECT_FALSE(std::filesystem::exists(out)) << "no configurations, no logs";
    return output;
  }
  // Whether so many devices are planned without a complaint.
  bool fits(const std::string& devices) {
    ChildProcess plan = start({"plan", scenario(std::stoi(devices))});
    const std::optional<int> code = plan.wait(std::chrono::minutes(1));
    EXPECT_TRUE(code == 0 || code == 3) << plan.output();
    return code == 0;
  }

 private:
  std::string scenario(int devices) { return directory_.write("s.yaml", to_yaml({.devices = devices})).string(); }
  ChildProcess start(const std::vector<std::string>& words) {
    std::vector<std::string> all = wrapper_;
    all.emplace_back(FLEET_SIM_PROGRAM);
    all.insert(all.end(), words.begin(), words.end());
    return ChildProcess(all);
  }

  const std::vector<std::string> wrapper_;
  TempDir directory_;
};

void expect_that_fits(Surrounded& here, const std::string& number) {
  const std::string fits = without_commas(number);
  EXPECT_TRUE(here.fits(fits)) << fits;
  EXPECT_FALSE(here.fits(std::to_string(std::stoi(fits) + 1))) << fits;
}

TEST(BadMachines, MoreDevicesThanDescriptorsIsSaidBeforeTheFirstConnect) {
  Surrounded here({"prlimit", "--nofile=2000:2000"});
  const std::string said = here.refusal(5'000);
  std::smatch words;
  ASSERT_TRUE(std::regex_search(said, words,
                                std::regex("5,000 devices need 5,[0-9]{3} open descriptors and a process may have "
                                           "2,000; (1,[0-9]{3}) fit: lower the counts, or raise the hard limit")))
      << said;
  expect_that_fits(here, words[1]);
}

// In a network of its own, whose range of ports is the test's.
TEST(BadMachines, MoreDevicesThanLocalPortsIsSaidBeforeTheFirstConnect) {
  const std::vector<std::string> wrapper = {
      "unshare", "--map-root-user",
      "--net",   "sh",
      "-c",      "echo 40000 41999 >/proc/sys/net/ipv4/ip_local_port_range && exec \"$@\"",
      "sh"};
  std::vector<std::string> attempt = wrapper;
  attempt.emplace_back("true");
  if (ChildProcess probe(attempt); probe.wait() != 0) GTEST_SKIP() << "no network of its own: " << probe.output();
  Surrounded here(wrapper);
  const std::string said = here.refusal(3'000);
  std::smatch words;
  ASSERT_TRUE(std::regex_search(
      said, words,
      std::regex("3,000 devices need 3,000 local ports and net.ipv4.ip_local_port_range leaves (1,[0-9]{3}); (1,[0-9]"
                 "{3}) fit: lower the counts")))
      << said;
  EXPECT_EQ(words[1], words[2]);
  expect_that_fits(here, words[2]);
}

}  // namespace
}  // namespace fleet::tests
