// fleet-bridge: batch HTTP API calls in, MQTT publishes out. Wiring only.
#include <fmt/format.h>
#include <malloc.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/config/config.h"
#include "bridge/config/document.h"
#include "bridge/config/summary.h"
#include "bridge/document.h"
#include "bridge/registry/registry.h"
#include "bridge/server/tls.h"
#include "bridge/service.h"
#include "settings/command_line.h"
#include "wire/error.h"

namespace {

using fleet::bridge::Config;
using fleet::wire::Error;

// Callers beyond the 1,024 descriptors that shells give: as many as the system lets this process have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Sets up what belongs to the process as a whole.
void prepare_process() {
  raise_descriptor_limit();
  umask(077);                     // the registry's file holds secrets
  std::signal(SIGPIPE, SIG_IGN);  // a caller that is gone is an error of its write
  std::signal(SIGXFSZ, SIG_IGN);  // so is a limit on the size of files
  // Payloads and bodies go back to the system when they are freed; left alone, glibc raises this limit with the first
  // one and keeps the memory.
  mallopt(M_MMAP_THRESHOLD, 128 << 10);
  auto log = spdlog::stderr_logger_st("fleet-bridge");
  log->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  spdlog::set_default_logger(std::move(log));
}

int fail(const Error& error) {
  std::fputs(fmt::format("fleet-bridge: {}\n", error.text()).c_str(), stderr);  // does not throw where nobody reads
  return error.kind == fleet::wire::ErrorKind::usage ? 2 : 3;
}

// Of a command that has done nothing but print.
int print(const std::string& text) {
  const auto written = fleet::settings::write_output(text);
  return written ? 0 : fail(written.error());
}

int check(const std::string& path) {
  const auto config = fleet::bridge::load_config(path);
  if (!config) return fail(config.error());
  if (config->http.tls.enabled()) {
    if (const auto tls = fleet::bridge::TlsContext::load(config->http.tls); !tls) return fail(tls.error());
  }
  return print(fleet::bridge::summary(*config));
}

// Makes the file of the registry, or brings it up to date, and ends: for a broker that reads it and is started first.
int prepare(const std::string& path) {
  const auto config = fleet::bridge::load_config(path);
  if (!config) return fail(config.error());
  if (config->registry.sqlite_path.empty()) {
    return fail({fleet::wire::ErrorKind::usage, "registry.store is memory; prepare is for sqlite:PATH", path});
  }
  const auto registry =
      fleet::bridge::Registry::open(config->registry, config->products, fleet::wire::read_wall_clock(), config->apps);
  if (!registry) return fail(registry.error());
  const auto counted = [](std::size_t count, const char* what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
  };
  return print(fmt::format("{}: {}, {}, {}\n", config->registry.sqlite_path,
                           counted((*registry)->products().size(), "product"),
                           counted((*registry)->device_count(), "device"), counted((*registry)->apps().size(), "app")));
}

int serve(const std::string& path) {
  auto config = fleet::bridge::load_config(path);
  if (!config) return fail(config.error());
  malloc_trim(0);  // gives back what the text of a large configuration and its tree took
  fleet::wire::Address listen = config->http.listen;
  const std::string scheme = config->http.tls.enabled() ? "https" : "http";
  fleet::bridge::Service service(std::move(*config));
  const auto port = service.open();
  if (!port) return fail(port.error());
  listen.port = *port;
  service.run([&] {
    fmt::print("listening on {}://{}\n", scheme, listen.text());
    std::fflush(stdout);
  });
  return 0;
}

int run(int argc, char** argv) {
  CLI::App app("Batch HTTP API calls in, MQTT publishes out.", "fleet-bridge");
  app.set_version_flag("--version", "fleet-bridge " FLEET_VERSION);
  std::string config_path;
  std::string check_path;
  std::string prepare_path;
  app.add_option("--config", config_path, "configuration to serve by")->type_name("FILE");
  CLI::App* const check_command = app.add_subcommand("check", "read a configuration and print what was found");
  check_command->add_option("file", check_path, "configuration")->required()->type_name("FILE");
  CLI::App* const prepare_command =
      app.add_subcommand("prepare", "make the registry's file, which a broker's plugin reads, and end");
  prepare_command->add_option("file", prepare_path, "configuration")->required()->type_name("FILE");
  CLI::App* const actions_command = app.add_subcommand("actions", "print the documentation of the API (docs/api.md)");
  CLI::App* const keys_command =
      app.add_subcommand("keys", "print the keys of a configuration (docs/configuration.md)");
  app.footer("Exit: 0 stopped by SIGTERM or SIGINT · 2 usage or configuration · 3 environment (port taken, …)");
  std::vector<std::string_view> commands;
  const auto all_commands = app.get_subcommands({});
  for (const CLI::App* command : all_commands) commands.push_back(command->get_name());
  if (auto known = fleet::settings::check_command(argc, argv, commands); !known) {
    known.error().message += "; to serve: --config FILE";
    return fail(known.error());
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (check_command->parsed()) return check(check_path);
  if (prepare_command->parsed()) return prepare(prepare_path);
  if (actions_command->parsed()) return print(fleet::bridge::api_document());
  if (keys_command->parsed()) return print(fleet::bridge::config_document());
  if (config_path.empty()) return fail({fleet::wire::ErrorKind::usage, "--config FILE is missing", ""});
  return serve(config_path);
}

}  // namespace

int main(int argc, char** argv) {
  fleet::settings::hold_standard_streams();
  try {
    prepare_process();
    return run(argc, argv);
  } catch (const boost::system::system_error& error) {  // of Asio, whose loop takes descriptors before ours do
    using boost::system::errc::errc_t;
    const bool no_descriptor =
        error.code() == errc_t::too_many_files_open || error.code() == errc_t::too_many_files_open_in_system;
    return fail({fleet::wire::ErrorKind::environment,
                 no_descriptor ? "no file descriptor is left; raise the limit of open files (ulimit -n)" : error.what(),
                 ""});
  } catch (const std::exception& error) {  // of the standard library: no memory, no threads
    std::fputs(fmt::format("fleet-bridge: {}\n", error.what()).c_str(), stderr);
    return 3;
  }
}
