// The registry in a SQLite file: write-ahead log, synchronous, one transaction a commit. One process writes it as long
// as it runs, and others may read it meanwhile: the broker's plugin does. Words instead of numbers for kinds,
// operations and states: people read such files with other tools.
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <optional>

#include "bridge/registry/file_lock.h"
#include "bridge/registry/sqlite_connection.h"
#include "bridge/registry/sqlite_schema.h"
#include "bridge/registry/store.h"

namespace fleet::bridge {
namespace {

// kind, operation and state as words; the order is that of the enums.
constexpr std::array<std::string_view, 3> kOperations = {"publish", "subscribe", "both"};
constexpr std::array<ApplyState, 6> kStates = {ApplyState::check,          ApplyState::check_success,
                                               ApplyState::check_failed,   ApplyState::create,
                                               ApplyState::create_success, ApplyState::create_failed};

template <class E, std::size_t N>
std::string_view word_of(const std::array<std::string_view, N>& words, E value) {
  return words[static_cast<std::size_t>(value)];
}

template <class E, std::size_t N>
std::optional<E> value_of(const std::array<std::string_view, N>& words, std::string_view word) {
  for (std::size_t i = 0; i < N; ++i) {
    if (words[i] == word) return static_cast<E>(i);
  }
  return {};
}

std::optional<ApplyState> state_of(std::string_view word) {
  for (const ApplyState state : kStates) {
    if (state_name(state) == word) return state;
  }
  return {};
}

// Where it does not fit 32 bits: what no index, and no number of the registry, can be.
std::uint32_t index_of(std::int64_t number) {
  return number < 0 || number >= kNoDevice ? kNoDevice : static_cast<std::uint32_t>(number);
}

class SqliteStore final : public Store {
 public:
  SqliteStore(FileLock lock, SqliteConnection connection)
      : lock_(std::move(lock)), connection_(std::move(connection)) {}

  [[nodiscard]] wire::Result<void> begin();
  wire::Result<void> load(const StoreContents& into) override;
  wire::Result<void> commit(const Changes& changes) override;

 private:
  [[nodiscard]] wire::Result<void> migrate();
  [[nodiscard]] wire::Result<void> prepare();
  [[nodiscard]] wire::Result<void> load_products(const StoreContents& into);
  [[nodiscard]] wire::Result<void> load_devices(const StoreContents& into);
  [[nodiscard]] wire::Result<void> load_batches(const StoreContents& into);
  [[nodiscard]] wire::Result<void> load_apps(const StoreContents& into);
  [[nodiscard]] bool write(const Changes& changes);
  [[nodiscard]] bool write(const ProductFacts& product);
  [[nodiscard]] bool write(const DeviceRow& device);
  [[nodiscard]] bool write(const ApplyBatch& batch);
  [[nodiscard]] bool write(const std::vector<AppFacts>& apps);
  [[nodiscard]] tl::unexpected<wire::Error> failed() const { return tl::unexpected<wire::Error>(connection_.error()); }
  [[nodiscard]] tl::unexpected<wire::Error> damaged(std::string_view table, std::int64_t row) const {
    return wire::environment_error(fmt::format("the database is damaged: row {} of {} cannot be; put a copy in its "
                                               "place, or move it away to begin with an empty one",
                                               row, table),
                                   connection_.path());
  }

  FileLock lock_;                // outlives the connection
  SqliteConnection connection_;  // outlives the statements
  SqliteStatement begin_transaction_;
  SqliteStatement commit_transaction_;
  SqliteStatement put_product_;
  SqliteStatement put_topic_class_;
  SqliteStatement put_device_;
  SqliteStatement remove_device_;
  SqliteStatement set_gateway_;
  SqliteStatement set_flags_;
  SqliteStatement put_batch_;
  SqliteStatement remove_batch_;
  SqliteStatement put_app_;
  SqliteStatement put_app_topic_;
  SqliteStatement put_app_group_;
};

wire::Result<void> SqliteStore::begin() {
  // The log is cut back to 16 MB after a large transaction.
  constexpr std::array kSettings = {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
                                    "PRAGMA journal_size_limit=16777216", "PRAGMA cache_size=-4096"};
  for (const char* const setting : kSettings) {
    if (auto done = connection_.run(setting); !done) return done;
  }
  if (auto migrated = migrate(); !migrated) return migrated;
  return prepare();
}

wire::Result<void> SqliteStore::migrate() {
  const auto application = connection_.number("PRAGMA application_id");
  const auto version = connection_.number("PRAGMA user_version");
  const auto tables = connection_.number("SELECT count(*) FROM sqlite_master");
  if (!application || !version || !tables) return failed();
  if (*application != kApplicationId && (*tables != 0 || *version != 0)) {
    return wire::environment_error("this is the database of another program", connection_.path());
  }
  const auto wanted = static_cast<std::int64_t>(kMigrations.size());
  if (*version < 0 || *version > wanted) {
    return wire::environment_error(fmt::format("the file has version {} of the registry, and this program knows {} at "
                                               "most; use a newer program",
                                               *version, wanted),
                                   connection_.path());
  }
  if (auto sound = connection_.check(); !sound) return sound;
  if (*version == wanted) return {};
  std::string script = "BEGIN IMMEDIATE;";
  for (auto step = static_cast<std::size_t>(*version); step < kMigrations.size(); ++step) script += kMigrations[step];
  script += fmt::format("PRAGMA application_id={}; PRAGMA user_version={}; COMMIT;", kApplicationId, wanted);
  auto migrated = connection_.run(script.c_str());
  if (!migrated) connection_.roll_back();
  return migrated;
}

wire::Result<void> SqliteStore::prepare() {
  struct Row {
    SqliteStatement& statement;
    const char* sql;
  };
  const std::array rows = {
      Row{begin_transaction_, "BEGIN IMMEDIATE"},
      Row{commit_transaction_, "COMMIT"},
      Row{put_product_,
          "REPLACE INTO products(idx, key, name, secret, kind, x509, created, owner) VALUES(?,?,?,?,?,?,?,?)"},
      Row{put_topic_class_, "REPLACE INTO topic_classes(id, product, short_name, operation) VALUES(?,?,?,?)"},
      Row{put_device_,
          "REPLACE INTO devices(idx, product, name, iot_id, secret, nickname, gateway, created, activated, disabled) "
          "VALUES(?,?,?,?,?,?,?,?,?,?)"},
      Row{remove_device_, "DELETE FROM devices WHERE idx=?"},
      Row{set_gateway_, "UPDATE devices SET gateway=?2 WHERE idx=?1"},
      Row{set_flags_, "UPDATE devices SET activated=?2, disabled=?3 WHERE idx=?1"},
      Row{put_batch_, "REPLACE INTO apply_batches(id, product, state, names, marks) VALUES(?,?,?,?,?)"},
      Row{remove_batch_, "DELETE FROM apply_batches WHERE id=?"},
      Row{put_app_, "INSERT INTO apps(key, secret) VALUES(?,?)"},
      Row{put_app_topic_, "INSERT INTO app_topics(app, topic) VALUES(?,?)"},
      Row{put_app_group_, "INSERT INTO app_groups(app, name) VALUES(?,?)"},
  };
  for (const Row& row : rows) {
    auto statement = connection_.prepare(row.sql);
    if (!statement) return tl::unexpected<wire::Error>(std::move(statement.error()));
    row.statement = std::move(*statement);
  }
  return {};
}

wire::Result<void> SqliteStore::load(const StoreContents& into) {
  if (auto loaded = load_products(into); !loaded) return loaded;
  if (auto loaded = load_devices(into); !loaded) return loaded;
  if (auto loaded = load_batches(into); !loaded) return loaded;
  return load_apps(into);
}

wire::Result<void> SqliteStore::load_products(const StoreContents& into) {
  auto products =
      connection_.prepare("SELECT idx, key, name, secret, kind, x509, created, owner FROM products ORDER BY idx");
  auto topics = connection_.prepare("SELECT id, short_name, operation FROM topic_classes WHERE product=? ORDER BY id");
  if (!products || !topics) return failed();
  bool ok = true;
  while (products->next_row(ok)) {
    const auto kind = value_of<DeviceKind>(kDeviceKinds, products->text(4));
    if (!kind) return damaged("products", products->number(0));
    ProductFacts facts{.index = index_of(products->number(0)),
                       .key = std::string(products->text(1)),
                       .name = std::string(products->text(2)),
                       .secret = std::string(products->text(3)),
                       .kind = *kind,
                       .x509 = products->number(5) != 0,
                       .owner = std::string(products->text(7)),
                       .created = wire::WallTime(std::chrono::seconds(products->number(6)))};
    topics->bind(1, products->number(0));
    while (topics->next_row(ok)) {
      const auto operation = value_of<TopicOperation>(kOperations, topics->text(2));
      if (!operation || topics->number(0) < 0) return damaged("topic_classes", topics->number(0));
      facts.topics.push_back({.id = static_cast<std::uint64_t>(topics->number(0)),
                              .short_name = std::string(topics->text(1)),
                              .operation = *operation});
    }
    if (!ok) return failed();
    if (!into.product(std::move(facts))) return damaged("products", products->number(0));
  }
  if (!ok) return failed();
  return {};
}

wire::Result<void> SqliteStore::load_devices(const StoreContents& into) {
  auto devices = connection_.prepare(
      "SELECT idx, product, name, iot_id, secret, nickname, gateway, created, activated, disabled FROM devices "
      "ORDER BY idx");
  if (!devices) return failed();
  bool ok = true;
  while (devices->next_row(ok)) {
    const DeviceRow row{.index = index_of(devices->number(0)),
                        .product = index_of(devices->number(1)),
                        .gateway = devices->is_null(6) ? kNoDevice : index_of(devices->number(6)),
                        .created_s = devices->number(7),
                        .name = devices->text(2),
                        .iot_id = devices->text(3),
                        .secret = devices->text(4),
                        .nickname = devices->text(5),
                        .activated = devices->number(8) != 0,
                        .disabled = devices->number(9) != 0};
    const bool has_gateway = !devices->is_null(6);
    if (has_gateway == (row.gateway == kNoDevice) || !into.device(row)) return damaged("devices", devices->number(0));
  }
  if (!ok) return failed();
  return {};
}

wire::Result<void> SqliteStore::load_batches(const StoreContents& into) {
  auto batches = connection_.prepare("SELECT id, product, state, names, marks FROM apply_batches ORDER BY id");
  if (!batches) return failed();
  bool ok = true;
  while (batches->next_row(ok)) {
    const auto state = state_of(batches->text(2));
    ApplyBatch batch{.id = static_cast<std::uint64_t>(batches->number(0)), .product = index_of(batches->number(1))};
    if (!state || batches->number(0) < 0 || !batch.names.parse(batches->text(3))) {
      return damaged("apply_batches", batches->number(0));
    }
    batch.state = *state;
    for (const char mark : batches->text(4)) {
      if (mark < 0 || mark > static_cast<char>(ApplyMark::taken)) {
        return damaged("apply_batches", batches->number(0));
      }
      batch.marks.push_back(static_cast<ApplyMark>(mark));
    }
    if (!into.batch(std::move(batch))) return damaged("apply_batches", batches->number(0));
  }
  if (!ok) return failed();
  return {};
}

wire::Result<void> SqliteStore::load_apps(const StoreContents& into) {
  auto apps = connection_.prepare("SELECT key, secret FROM apps ORDER BY key");
  auto topics = connection_.prepare("SELECT topic FROM app_topics WHERE app=? ORDER BY topic");
  auto groups = connection_.prepare("SELECT name FROM app_groups WHERE app=? ORDER BY name");
  if (!apps || !topics || !groups) return failed();
  bool ok = true;
  const auto texts = [&ok](SqliteStatement& statement, std::string_view app) {
    std::vector<std::string> out;
    statement.bind(1, app);
    while (statement.next_row(ok)) out.emplace_back(statement.text(0));
    return out;
  };
  while (apps->next_row(ok)) {
    AppFacts facts{.key = std::string(apps->text(0)), .secret = std::string(apps->text(1))};
    facts.topics = texts(*topics, facts.key);
    if (ok) facts.groups = texts(*groups, facts.key);
    if (!ok) return failed();
    into.app(std::move(facts));
  }
  if (!ok) return failed();
  return {};
}

wire::Result<void> SqliteStore::commit(const Changes& changes) {
  if (!begin_transaction_.run()) return failed();
  if (write(changes) && commit_transaction_.run()) return {};
  const auto error = failed();  // before the roll-back, which ends well
  connection_.roll_back();
  return error;
}

bool SqliteStore::write(const Changes& changes) {
  for (const ProductFacts& product : changes.products) {
    if (!write(product)) return false;
  }
  for (const DeviceRow& device : changes.devices) {
    if (!write(device)) return false;
  }
  for (const auto& [device, gateway] : changes.gateways) {
    set_gateway_.bind(1, device);
    gateway == kNoDevice ? set_gateway_.bind_null(2) : set_gateway_.bind(2, gateway);
    if (!set_gateway_.run()) return false;
  }
  for (const DeviceFlags& flags : changes.flags) {
    set_flags_.bind(1, flags.index);
    set_flags_.bind(2, flags.activated ? 1 : 0);
    set_flags_.bind(3, flags.disabled ? 1 : 0);
    if (!set_flags_.run()) return false;
  }
  for (const std::uint32_t device : changes.removed_devices) {
    remove_device_.bind(1, device);
    if (!remove_device_.run()) return false;
  }
  for (const ApplyBatch& batch : changes.batches) {
    if (!write(batch)) return false;
  }
  for (const std::uint64_t id : changes.forgotten_batches) {
    remove_batch_.bind(1, static_cast<std::int64_t>(id));
    if (!remove_batch_.run()) return false;
  }
  return !changes.apps || write(*changes.apps);
}

bool SqliteStore::write(const ProductFacts& product) {
  put_product_.bind(1, product.index);
  put_product_.bind(2, product.key);
  put_product_.bind(3, product.name);
  put_product_.bind(4, product.secret);
  put_product_.bind(5, kind_name(product.kind));
  put_product_.bind(6, product.x509 ? 1 : 0);
  put_product_.bind(7, product.created.time_since_epoch().count());
  put_product_.bind(8, product.owner);
  if (!put_product_.run()) return false;
  for (const TopicClass& topic_class : product.topics) {
    put_topic_class_.bind(1, static_cast<std::int64_t>(topic_class.id));
    put_topic_class_.bind(2, product.index);
    put_topic_class_.bind(3, topic_class.short_name);
    put_topic_class_.bind(4, word_of(kOperations, topic_class.operation));
    if (!put_topic_class_.run()) return false;
  }
  return true;
}

bool SqliteStore::write(const DeviceRow& device) {
  put_device_.bind(1, device.index);
  put_device_.bind(2, device.product);
  put_device_.bind(3, device.name);
  put_device_.bind(4, device.iot_id);
  put_device_.bind(5, device.secret);
  put_device_.bind(6, device.nickname);
  device.gateway == kNoDevice ? put_device_.bind_null(7) : put_device_.bind(7, device.gateway);
  put_device_.bind(8, device.created_s);
  put_device_.bind(9, device.activated ? 1 : 0);
  put_device_.bind(10, device.disabled ? 1 : 0);
  return put_device_.run();
}

bool SqliteStore::write(const ApplyBatch& batch) {
  put_batch_.bind(1, static_cast<std::int64_t>(batch.id));
  put_batch_.bind(2, batch.product);
  put_batch_.bind(3, state_name(batch.state));
  put_batch_.bind_blob(4, batch.names.bytes());
  put_batch_.bind_blob(5, {reinterpret_cast<const char*>(batch.marks.data()), batch.marks.size()});
  return put_batch_.run();
}

bool SqliteStore::write(const std::vector<AppFacts>& apps) {
  if (!connection_.run("DELETE FROM apps; DELETE FROM app_topics; DELETE FROM app_groups")) return false;
  const auto put_all = [](SqliteStatement& statement, std::string_view app, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      statement.bind(1, app);
      statement.bind(2, text);
      if (!statement.run()) return false;
    }
    return true;
  };
  for (const AppFacts& app : apps) {
    put_app_.bind(1, app.key);
    put_app_.bind(2, app.secret);
    if (!put_app_.run() || !put_all(put_app_topic_, app.key, app.topics) ||
        !put_all(put_app_group_, app.key, app.groups)) {
      return false;
    }
  }
  return true;
}

}  // namespace

wire::Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path) {
  auto connection = SqliteConnection::open(path);
  if (!connection) return tl::unexpected<wire::Error>(std::move(connection.error()));
  if (connection->read_only()) {
    return wire::environment_error("the file cannot be written; the registry must be able to", path);
  }
  struct stat facts {};
  if (::stat(path.c_str(), &facts) == 0 && facts.st_nlink > 1) {
    return wire::environment_error(
        fmt::format(
            "the file has {} names (hard links), and SQLite keeps its log beside the one that is used: a process "
            "that uses another would damage it; leave one name",
            facts.st_nlink),
        path);
  }
  auto lock = FileLock::take(path);
  if (!lock) return tl::unexpected<wire::Error>(std::move(lock.error()));
  auto store = std::make_unique<SqliteStore>(std::move(*lock), std::move(*connection));
  if (auto begun = store->begin(); !begun) return tl::unexpected<wire::Error>(std::move(begun.error()));
  return store;
}

}  // namespace fleet::bridge
