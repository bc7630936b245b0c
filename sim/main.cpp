// fleet-sim: a scenario in, a report out. Wiring only.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "settings/command_line.h"
#include "sim/report/result_json.h"
#include "sim/report/text.h"
#include "sim/run/run.h"
#include "sim/scenario/plan.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/schema.h"
#include "sim/scenario/starter.h"
#include "wire/error.h"

namespace {

using fleet::sim::Scenario;
using fleet::wire::Result;

constexpr int kExitUsage = 2;
constexpr int kExitEnvironment = 3;

// What the command line says.
struct Arguments {
  std::string file;  // scenario or result.json
  std::vector<std::string> sets;
  std::optional<std::uint64_t> seed;
  std::string out;
};

// Not fmt::print, which throws where nobody reads: what is left to do then is to end with the right code.
void complain(const std::string& sentence) { std::fputs(("fleet-sim: " + sentence + "\n").c_str(), stderr); }

int fail(const fleet::wire::Error& error) {
  complain(error.text());
  return error.kind == fleet::wire::ErrorKind::usage ? kExitUsage : kExitEnvironment;
}

int exit_code(fleet::sim::Verdict verdict) {
  switch (verdict) {
    case fleet::sim::Verdict::pass:
      return 0;
    case fleet::sim::Verdict::fail:
      return 1;
    case fleet::sim::Verdict::invalid:
      break;
  }
  return 4;
}

Result<Scenario> load(const Arguments& arguments) {
  std::vector<fleet::sim::Override> overrides;
  for (const std::string& set : arguments.sets) {
    const std::size_t equals = set.find('=');
    if (equals == std::string::npos) return fleet::wire::usage_error("write --set path.to.key=value", "--set " + set);
    overrides.push_back({set.substr(0, equals), set.substr(equals + 1)});
  }
  return fleet::sim::load_scenario(arguments.file, overrides, arguments.seed);
}

// The exit code of a command that does nothing else.
int print(const std::string& text) {
  const auto written = fleet::settings::write_output(text);
  return written ? 0 : fail(written.error());
}

int print_summary(const nlohmann::ordered_json& result) {
  return print(fleet::sim::render_text(result, {.colour = ::isatty(STDOUT_FILENO) == 1}));
}

int run(const Arguments& arguments) {
  const auto scenario = load(arguments);
  if (!scenario) return fail(scenario.error());
  const std::string out = arguments.out.empty() ? "out/" + scenario->name : arguments.out;
  const auto record = fleet::sim::run_scenario(*scenario, {out, ::isatty(STDERR_FILENO) == 1});
  if (!record) return fail(record.error());
  const nlohmann::ordered_json result = fleet::sim::result_json(*record);
  // First to the file: standard output may be closed or full.
  const auto written = fleet::sim::write_result(result, out + "/result.json");
  const bool printed = print_summary(result) == 0;
  if (!written) return fail(written.error());
  if (printed) print("\nwritten: " + out + "/result.json\n");
  return exit_code(record->verdict);
}

int plan(const Arguments& arguments) {
  const auto scenario = load(arguments);
  if (!scenario) return fail(scenario.error());
  const fleet::sim::Plan made = fleet::sim::make_plan(*scenario);
  const int code = print(fleet::sim::plan_text(*scenario, made, fleet::sim::read_machine_limits()));
  const auto fits = fleet::sim::check_limits(made);
  return fits ? code : fail(fits.error());
}

int begin(const Arguments& arguments) {
  const auto written = fleet::sim::write_starter(arguments.file);
  if (!written) return fail(written.error());
  return print("written: " + arguments.file + "; see what it does with fleet-sim plan " + arguments.file + "\n");
}

int report(const Arguments& arguments) {
  const auto result = fleet::sim::read_result(arguments.file);
  if (!result) return fail(result.error());
  return print_summary(*result);
}

void add_scenario_options(CLI::App* command, Arguments& arguments) {
  command->add_option("scenario", arguments.file, "the scenario, YAML")->required()->type_name("SCENARIO");
  command->add_option("--set", arguments.sets, "set one value, like calls.push.rate=200/s; may be repeated")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  command->add_option("--seed", arguments.seed, "instead of the scenario's seed")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1} << 53))
      ->type_name("N");
}

int dispatch(int argc, char** argv) {
  CLI::App app("When did each device have the message, and what did it cost?", "fleet-sim");
  app.set_version_flag("--version", "fleet-sim " FLEET_VERSION);
  app.require_subcommand(1);
  Arguments arguments;
  CLI::App* const run_command = app.add_subcommand("run", "play a scenario, print the summary, write result.json");
  add_scenario_options(run_command, arguments);
  run_command->add_option("--out", arguments.out, "for result.json, configurations and logs; default: out/NAME")
      ->type_name("DIR");
  CLI::App* const plan_command = app.add_subcommand("plan", "check a scenario, print what it will do and need");
  add_scenario_options(plan_command, arguments);
  CLI::App* const new_command = app.add_subcommand("new", "write a scenario to begin with");
  new_command->add_option("file", arguments.file, "where to; default: scenario.yaml")->type_name("FILE");
  CLI::App* const schema_command = app.add_subcommand("schema", "print the JSON Schema of the scenario language");
  CLI::App* const report_command = app.add_subcommand("report", "print the summary of a run again");
  report_command->add_option("result", arguments.file, "its result.json")->required()->type_name("RESULT.json");
  app.footer(
      "Exit: 0 pass · 1 a threshold failed · 2 usage or scenario · 3 environment · 4 INVALID, the numbers are not to "
      "be "
      "trusted");
  std::vector<std::string_view> commands;
  const auto all_commands = app.get_subcommands({});
  for (const CLI::App* command : all_commands) commands.push_back(command->get_name());
  if (const auto known = fleet::settings::check_command(argc, argv, commands); !known) return fail(known.error());
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  if (run_command->parsed()) return run(arguments);
  if (plan_command->parsed()) return plan(arguments);
  if (new_command->parsed()) {
    if (arguments.file.empty()) arguments.file = "scenario.yaml";
    return begin(arguments);
  }
  if (schema_command->parsed()) return print(fleet::sim::scenario_schema());
  return report_command->parsed() ? report(arguments) : kExitUsage;
}

}  // namespace

int main(int argc, char** argv) {
  fleet::settings::hold_standard_streams();
  std::signal(SIGPIPE, SIG_IGN);  // a peer that is gone is an error of its write
  std::signal(SIGXFSZ, SIG_IGN);  // so is a limit on the size of files
  try {
    return dispatch(argc, argv);
  } catch (const std::exception& failure) {  // out of memory
    complain(failure.what());
    return kExitEnvironment;
  }
}
