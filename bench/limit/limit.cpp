// Measures the product beside a bare publisher and a bare receiver, on the same Mosquitto, in one run.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "bench/limit/parts.h"

namespace {

using namespace fleet;
using namespace fleet::bench;

// The directory that this program lies in, where the others are.
std::string own_directory() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "." : path.parent_path().string();
}

std::string host_name() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  return name;
}

nlohmann::json report(const Bench& bench) {
  return {{"schema_version", 1},
          {"context",
           {{"host", host_name()},
            {"cpus", std::thread::hardware_concurrency()},
            {"build_type", FLEET_BUILD_TYPE},
            {"repeats", bench.repeats},
            {"hold_s", bench.hold.count()}}},
          {"figures", to_json(bench.figures)},
          {"notes", bench.notes}};
}

// Exit code: 0 all figures reached, 1 some missed, 3 a run could not be made.
int measure(Bench& bench, const std::vector<bool>& chosen, const std::string& json_file) {
  const bool all = std::ranges::none_of(chosen, [](bool one) { return one; });
  for (std::size_t i = 0; i < parts().size(); ++i) {
    if (!all && !chosen[i]) continue;
    if (const auto done = parts()[i].run(bench); !done) {
      fmt::print(stderr, "bench-limit: {}: {}\n", parts()[i].name, done.error().text());
      return 3;
    }
  }
  fmt::print("{}", table(bench.figures));
  for (const std::string& note : bench.notes) fmt::print("note: {}\n", note);
  std::ofstream file(json_file);
  file << report(bench).dump(2) << '\n';
  if (!file.flush()) {
    fmt::print(stderr, "bench-limit: cannot write {}\n", json_file);
    return 3;
  }
  fmt::print("All repeats: {}\n", json_file);
  return std::ranges::all_of(bench.figures, &Figure::reached) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);  // a child that has ended is noticed when it is read from
  Bench bench;
  bench.paths = {own_directory(), FLEET_SOURCE_DIR "/bench/limit", own_directory() + "/limit"};
  bench.say = [](const std::string& line) { fmt::print(stderr, "{}\n", line); };
  std::string json_file;
  long hold_s = bench.hold.count();

  CLI::App app("Measures the product beside bare sockets. Without a part: all of them.", "bench-limit");
  std::vector<bool> chosen;
  // std::vector<bool> has no references to give to CLI11.
  const auto flags = std::make_unique<bool[]>(parts().size());
  for (std::size_t i = 0; i < parts().size(); ++i) {
    app.add_flag("--" + std::string(parts()[i].name), flags[i], std::string(parts()[i].question));
  }
  app.add_option("--repeats", bench.repeats, "product and bare pair in turn, this often; medians are printed")
      ->check(CLI::Range(1, 20))
      ->capture_default_str();
  app.add_option("--hold", hold_s, "seconds measured in each run")->check(CLI::Range(1, 60))->capture_default_str();
  app.add_option("--out", bench.paths.out, "directory of results and logs")->capture_default_str();
  app.add_option("--json", json_file, "file for all figures and repeats (default: limit.json in the directory)");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  for (std::size_t i = 0; i < parts().size(); ++i) chosen.push_back(flags[i]);
  bench.hold = std::chrono::seconds(hold_s);
  if (const auto made = make_directory(bench.paths.out); !made) {
    fmt::print(stderr, "bench-limit: {}\n", made.error().text());
    return 3;
  }
  if (json_file.empty()) json_file = bench.paths.out + "/limit.json";
  if (std::string_view(FLEET_BUILD_TYPE) != "Release") {
    bench.notes.push_back("built as " FLEET_BUILD_TYPE ", not Release: these numbers say nothing about the product");
  }
  return measure(bench, chosen, json_file);
}
