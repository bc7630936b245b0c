// The registry: look-ups and whole calls among 1,000 and 1,000,000 devices, what is durable, and a start with a
// million.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "bench/signed_form.h"
#include "bridge/api.h"
#include "bridge/registry/registry.h"
#include "wire/encoding.h"

namespace fleet::bridge {
namespace {

using bench::kDay;

constexpr std::size_t kMillion = 1'000'000;
constexpr std::size_t kNames = 100;  // of a BatchPub

const std::vector<ProductConfig>& product() {
  static const std::vector<ProductConfig> products = {{.key = "lamp", .topics = {{"get", TopicOperation::subscribe}}}};
  return products;
}

std::string device_name(std::size_t index) { return fmt::format("lamp-{:07}", index); }

void add_devices(Registry& registry, std::size_t first, std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(device_name(first + i));
  std::vector<NewDevice> devices;
  for (const std::string& name : names) devices.push_back({.name = name});
  if (!registry.register_devices("lamp", devices, kDay)) std::abort();
}

void fill(Registry& registry, std::size_t count) {
  constexpr std::size_t kStep = 50'000;
  for (std::size_t first = 0; first < count; first += kStep) {
    add_devices(registry, first, std::min(kStep, count - first));
  }
}

// Bytes of this process in memory.
std::size_t resident_bytes() {
  malloc_trim(0);
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// A directory that goes with the program.
class Files {
 public:
  Files() {
    std::string path = (std::filesystem::temp_directory_path() / "fleet-bench-XXXXXX").string();
    if (mkdtemp(path.data()) == nullptr) std::abort();
    path_ = path;
  }
  ~Files() { std::filesystem::remove_all(path_); }
  [[nodiscard]] RegistryConfig config(const char* name) const { return {.sqlite_path = path_ / name}; }

 private:
  std::filesystem::path path_;
};

std::unique_ptr<Registry> open(const RegistryConfig& config) {
  auto opened = Registry::open(config, product(), kDay);
  if (!opened) std::abort();
  return std::move(*opened);
}

// Names of calls, 100 each, at random over all devices: no call finds in the cache what the one before has left.
std::vector<std::string> names_at_random(std::size_t devices) {
  std::vector<std::size_t> order(devices);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937(1));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(devices, std::size_t{200'000}); ++i) names.push_back(device_name(order[i]));
  return names;
}

const Registry& registry_with(std::size_t devices) {
  static std::unique_ptr<Registry> kept;
  if (kept == nullptr || kept->device_count() != devices) {
    kept = nullptr;
    kept = open({});
    fill(*kept, devices);
  }
  return *kept;
}

// One look-up of a call with 100 names.
void find_devices(benchmark::State& state) {
  const auto devices = static_cast<std::size_t>(state.range(0));
  const Registry& registry = registry_with(devices);
  const std::vector<std::string> names = names_at_random(devices);
  std::vector<std::string_view> call(kNames);
  std::vector<const Device*> found;
  std::size_t next = 0;
  for (auto _ : state) {
    for (std::string_view& name : call) name = names[next++ % names.size()];
    registry.product("lamp")->find_devices(call, found);
    benchmark::DoNotOptimize(found.data());
    benchmark::ClobberMemory();
  }
  state.counters["per_name"] = benchmark::Counter(static_cast<double>(state.iterations()) * kNames,
                                                  benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(find_devices)->Arg(1'000)->Arg(1'000'000);

// The same names one by one.
void find_device(benchmark::State& state) {
  const auto devices = static_cast<std::size_t>(state.range(0));
  const Product& lamp = *registry_with(devices).product("lamp");
  const std::vector<std::string> names = names_at_random(devices);
  std::size_t next = 0;
  for (auto _ : state) benchmark::DoNotOptimize(lamp.device(names[next++ % names.size()]));
}
BENCHMARK(find_device)->Arg(1'000)->Arg(1'000'000);

// A signed BatchPub of 128 bytes to these names.
std::string batch_pub(std::size_t number, std::span<const std::string> names) {
  bench::Params params = {{"MessageContent", wire::base64_encode(std::vector<std::byte>(128))},
                          {"ProductKey", "lamp"},
                          {"TopicShortName", "get"}};
  for (std::size_t i = 0; i < names.size(); ++i) params.emplace_back(fmt::format("DeviceName.{}", i + 1), names[i]);
  return bench::signed_form("BatchPub", std::move(params), number);
}

// Whole calls with 100 names each, at random, registry in SQLite: decode, verify, find, plan. A nonce serves once, and
// so does each call.
void batch_pub_calls(benchmark::State& state) {
  constexpr std::size_t kCalls = 2'000;
  const auto devices = static_cast<std::size_t>(state.range(0));
  Config config;
  config.accounts = {{.access_key_id = "testid", .access_key_secret = "testsecret", .batch_pub = true}};
  config.limits.enforced = false;
  const Files files;
  Api api(config, open(files.config("registry.db")));
  fill(api.registry(), devices);
  const std::vector<std::string> names = names_at_random(devices);
  std::vector<std::string> bodies;
  for (std::size_t i = 0; i < kCalls; ++i) {
    bodies.push_back(batch_pub(i, std::span(names).subspan(i * kNames % names.size(), kNames)));
  }
  ApiTimes times;
  std::size_t next = 0;
  for (auto _ : state) {
    const auto outcome = api.call(
        {.method = "POST", .path = "/", .content_type = "application/x-www-form-urlencoded", .body = bodies[next++]},
        wire::TimePoint{}, kDay, times);
    if (!std::holds_alternative<PendingCall>(outcome)) state.SkipWithError("refused");
  }
}
BENCHMARK(batch_pub_calls)->Arg(1'000)->Arg(1'000'000)->Iterations(2'000);

// 10,000 devices in one call, durable when it returns.
void register_10000_durable(benchmark::State& state) {
  const Files files;
  const auto registry = open(files.config("registry.db"));
  std::size_t first = 0;
  for (auto _ : state) {
    add_devices(*registry, first, 10'000);
    first += 10'000;
  }
}
BENCHMARK(register_10000_durable)->Unit(benchmark::kMillisecond)->Iterations(10)->UseRealTime();

// One device in one call.
void register_one_durable(benchmark::State& state) {
  const Files files;
  const auto registry = open(files.config("registry.db"));
  std::size_t first = 0;
  for (auto _ : state) add_devices(*registry, first++, 1);
}
BENCHMARK(register_one_durable)->Unit(benchmark::kMicrosecond)->UseRealTime();

// Opening a file with a million devices; `MB`: what the process has grown by.
void start_with_a_million(benchmark::State& state) {
  const Files files;
  fill(*open(files.config("registry.db")), kMillion);
  const std::size_t before = resident_bytes();
  std::unique_ptr<Registry> registry;
  for (auto _ : state) registry = open(files.config("registry.db"));
  if (registry->device_count() != kMillion) std::abort();
  state.counters["MB"] = static_cast<double>(resident_bytes() - before) / (1 << 20);
}
BENCHMARK(start_with_a_million)->Unit(benchmark::kMillisecond)->Iterations(1)->UseRealTime();

}  // namespace
}  // namespace fleet::bridge

BENCHMARK_MAIN();
