// The batch API of EMQX's bcast plugin without sockets: whole calls, credentials to plan. Items are devices.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <string>
#include <vector>

#include "bridge/bcast_api.h"
#include "bridge/registry/registry.h"
#include "wire/encoding.h"

namespace fleet {
namespace {

constexpr wire::WallTime kDay{std::chrono::seconds(1'767'323'045)};  // 2026-01-02T03:04:05Z
constexpr std::size_t kContentBytes = 128;
// Different contents; calls at QoS 1 register them.
constexpr std::size_t kPrepared = 64;

std::string batch_pub(std::size_t number, std::size_t devices, std::int64_t qos) {
  const std::vector<std::byte> content(kContentBytes, static_cast<std::byte>(number));
  std::string names;
  for (std::size_t i = 0; i < devices; ++i) names += fmt::format("{}\"lamp-{:05}\"", i == 0 ? "" : ",", i);
  return fmt::format(
      R"({{"Action":"BatchPub","ProductKey":"a1BwAGVdemo","TopicShortName":"get","Qos":{},"DeviceName":[{}],)"
      R"("MessageContent":"{}"}})",
      qos, names, wire::base64_encode(content));
}

// Arguments: devices of a call, QoS.
void BcastBatchPub(benchmark::State& state) {
  const auto devices = static_cast<std::size_t>(state.range(0));
  std::vector<std::string> bodies;
  for (std::size_t i = 0; i < kPrepared; ++i) bodies.push_back(batch_pub(i, devices, state.range(1)));
  bridge::Config config;
  config.bcast.keys = {{"key", "secret"}};
  config.products = {{.key = "a1BwAGVdemo"}};
  const bridge::Registry registry(config.products);
  bridge::BcastApi api(config, registry);
  const std::string path = std::string(bridge::kBcastPath) + "pub";
  bridge::ApiTimes times;
  std::size_t next = 0;
  for (auto _ : state) {
    const auto outcome = api.call({.method = "POST",
                                   .path = path,
                                   .content_type = "application/json",
                                   .authorization = "Basic a2V5OnNlY3JldA==",
                                   .body = bodies[next++ % kPrepared]},
                                  {}, kDay, times);
    if (!std::holds_alternative<bridge::PendingCall>(outcome)) {
      state.SkipWithError(std::get<bridge::HttpAnswer>(outcome).body.c_str());
      break;
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BcastBatchPub)->Args({100, 0})->Args({100, 1})->Args({10'000, 0})->Args({10'000, 1});

}  // namespace
}  // namespace fleet

BENCHMARK_MAIN();
