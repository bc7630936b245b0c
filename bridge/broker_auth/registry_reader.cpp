#include "bridge/broker_auth/registry_reader.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

#include "bridge/registry/sqlite_schema.h"

namespace fleet::bridge {
namespace {

constexpr std::string_view kHow =
    "start fleet-bridge with registry.store: sqlite:{0}, or run `fleet-bridge prepare` on its configuration";

tl::unexpected<wire::Error> unfit(std::string_view what, const std::string& path) {
  return wire::environment_error(fmt::format("{}; {}", what, fmt::format(fmt::runtime(kHow), path)), path);
}

// Device and number; zeros: none is there.
std::pair<dev_t, ino_t> file_at(const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return {};
  return {facts.st_dev, facts.st_ino};
}

// The tables of this version, in a file of ours.
wire::Result<void> check_schema(SqliteConnection& connection) {
  const auto application = connection.number("PRAGMA application_id");
  const auto version = connection.number("PRAGMA user_version");
  if (!application) return tl::unexpected<wire::Error>(application.error());
  if (!version) return tl::unexpected<wire::Error>(version.error());
  constexpr auto kVersion = static_cast<std::int64_t>(kMigrations.size());
  if (*application != kApplicationId) return unfit("this is no registry of fleet-bridge", connection.path());
  if (*version < kVersion) {
    return unfit(fmt::format("the registry has version {}, and this plugin reads {}", *version, kVersion),
                 connection.path());
  }
  if (*version > kVersion) {
    return wire::environment_error(
        fmt::format("the registry has version {}, and this plugin knows {} at most; use the plugin that was built with "
                    "that fleet-bridge",
                    *version, kVersion),
        connection.path());
  }
  return connection.check();
}

}  // namespace

wire::Result<RegistryReader> RegistryReader::open(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return unfit("there is no registry", path);
  auto connection = SqliteConnection::open_to_read(path);
  if (!connection) {
    wire::Error error = std::move(connection.error());
    error.message +=
        fmt::format("; the broker runs as user {}, who must be able to read it (docs/broker.md)", ::geteuid());
    return tl::unexpected<wire::Error>(std::move(error));
  }
  if (auto fit = check_schema(*connection); !fit) return tl::unexpected<wire::Error>(std::move(fit.error()));
  RegistryReader reader(std::move(*connection));
  reader.file_ = file_at(path);
  if (auto prepared = reader.prepare(); !prepared) return tl::unexpected<wire::Error>(std::move(prepared.error()));
  return reader;
}

wire::Result<void> RegistryReader::prepare() {
  struct Row {
    SqliteStatement& statement;
    const char* sql;
  };
  const Row rows[] = {
      {device_,
       "SELECT d.idx, d.secret, d.disabled, p.kind='gateway', d.gateway FROM products p "
       "JOIN devices d ON d.product=p.idx WHERE p.key=?1 AND d.name=?2"},
      {app_, "SELECT secret FROM apps WHERE key=?1 AND secret<>''"},
      {sub_devices_,
       "SELECT p.key, d.name FROM devices d JOIN products p ON p.idx=d.product WHERE d.gateway=?1 AND d.disabled=0"},
      {version_, "PRAGMA data_version"},
  };
  for (const Row& row : rows) {
    auto statement = connection_.prepare(row.sql);
    if (!statement) return tl::unexpected<wire::Error>(std::move(statement.error()));
    row.statement = std::move(*statement);
  }
  const auto first = changed();
  return first ? wire::Result<void>{} : tl::unexpected<wire::Error>(first.error());
}

wire::Result<std::optional<RegisteredDevice>> RegistryReader::device(const wire::DeviceId& id) {
  device_.bind(1, id.product_key);
  device_.bind(2, id.device_name);
  bool ok = false;
  std::optional<RegisteredDevice> found;
  while (device_.next_row(ok)) {  // to its end, so that no read transaction stays open
    if (found) continue;
    found = RegisteredDevice{.index = device_.number(0),
                             .secret = std::string(device_.text(1)),
                             .disabled = device_.number(2) != 0,
                             .is_gateway = device_.number(3) != 0,
                             .gateway = device_.is_null(4) ? std::nullopt : std::optional(device_.number(4))};
  }
  if (!ok) return tl::unexpected<wire::Error>(connection_.error());
  return found;
}

wire::Result<std::optional<std::string>> RegistryReader::app_secret(std::string_view app_key) {
  app_.bind(1, app_key);
  bool ok = false;
  std::optional<std::string> secret;
  while (app_.next_row(ok)) secret = app_.text(0);
  if (!ok) return tl::unexpected<wire::Error>(connection_.error());
  return secret;
}

wire::Result<void> RegistryReader::sub_devices(std::int64_t gateway,
                                               const std::function<void(const wire::DeviceId&)>& take) {
  sub_devices_.bind(1, gateway);
  bool ok = false;
  while (sub_devices_.next_row(ok)) {
    take({.product_key = sub_devices_.text(0), .device_name = sub_devices_.text(1)});
  }
  if (!ok) return tl::unexpected<wire::Error>(connection_.error());
  return {};
}

bool RegistryReader::is_replaced() const { return file_at(connection_.path()) != file_; }

wire::Result<bool> RegistryReader::changed() {
  bool ok = false;
  std::int64_t version = seen_;
  while (version_.next_row(ok)) version = version_.number(0);
  if (!ok) return tl::unexpected<wire::Error>(connection_.error());
  return std::exchange(seen_, version) != version;
}

}  // namespace fleet::bridge
