// taobao.tmc.messages.produce without sockets: what one message of a call costs, and where. Items are messages.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "bench/signed_form.h"
#include "bridge/tmc/json_scan.h"
#include "bridge/tmc/message.h"
#include "bridge/top_api.h"
#include "wire/signing_top.h"

namespace fleet {
namespace {

using bench::kDay;

constexpr std::size_t kMessages = 50;

bridge::Config config() {
  bridge::Config out;
  out.apps = {{.app_key = "12345678",
               .app_secret = "helloworld",
               .topics = {"taobao_trade_TradeCreate"},
               .groups = {"warehouse"}}};
  out.limits.enforced = false;
  return out;
}

// An order as JSON, filled up to `bytes`.
std::string content(std::size_t bytes) {
  std::string out =
      R"({"tid":2895732958732,"seller_nick":"helloworld","status":"WAIT_SELLER_SEND_GOODS","buyer_memo":")";
  out.append(bytes - out.size() - 2, 'x');
  return out + "\"}";
}

std::string messages(std::size_t bytes) {
  std::string inner;
  for (const char c : content(bytes)) {
    if (c == '"') inner.push_back('\\');
    inner.push_back(c);
  }
  std::string out;
  for (std::size_t i = 0; i < kMessages; ++i) {
    out.append(out.empty() ? "[" : ",");
    out.append(R"({"topic":"taobao_trade_TradeCreate","target_group":"warehouse","content":")")
        .append(inner)
        .append("\"}");
  }
  return out + "]";
}

std::string call_body(const std::string& sign_method, std::size_t bytes) {
  bench::Params params = {{"app_key", "12345678"},
                          {"format", "json"},
                          {"messages", messages(bytes)},
                          {"method", "taobao.tmc.messages.produce"},
                          {"sign_method", sign_method},
                          {"timestamp", "2026-01-02 11:04:05"},
                          {"v", "2.0"}};
  std::vector<wire::Param> views;
  for (const auto& [key, value] : params) views.push_back({key, value});
  std::string text;
  wire::top_string_to_sign(views, wire::EmptyValues::skipped, text);
  params.emplace_back("sign", wire::top_signature(*wire::parse_top_sign_method(sign_method), "helloworld", text));
  return bench::form_of(params);
}

void count_messages(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kMessages));
}

// A whole call: decode, verify, check, plan, answer, queue for consume.
void produce(benchmark::State& state, const std::string& sign_method) {
  const std::string body = call_body(sign_method, static_cast<std::size_t>(state.range(0)));
  bridge::TopApi api(config());
  bridge::ApiTimes times;
  const std::vector<bridge::PublishOutcome> outcomes(kMessages, bridge::PublishOutcome::done);
  for (auto _ : state) {
    auto outcome = api.call(
        {.method = "POST", .path = bridge::kTopPath, .content_type = "application/x-www-form-urlencoded", .body = body},
        wire::TimePoint{}, kDay, times);
    if (const auto* const answer = std::get_if<bridge::HttpAnswer>(&outcome)) {
      state.SkipWithError(answer->body.c_str());
      break;
    }
    benchmark::DoNotOptimize(std::get<bridge::PendingCall>(outcome).finish(outcomes));
  }
  count_messages(state);
}
void ProduceMd5(benchmark::State& state) { produce(state, "md5"); }
void ProduceHmacSha256(benchmark::State& state) { produce(state, "hmac-sha256"); }
BENCHMARK(ProduceMd5)->Arg(512)->Arg(4'096);
BENCHMARK(ProduceHmacSha256)->Arg(512)->Arg(4'096);

void DecodeForm(benchmark::State& state) {
  const std::string body = call_body("md5", 512);
  std::string storage;
  std::vector<wire::Param> params;
  for (auto _ : state) {
    storage.clear();
    storage.reserve(body.size());
    params.clear();
    benchmark::DoNotOptimize(wire::decode_form(body, 100, storage, params));
  }
  count_messages(state);
}
BENCHMARK(DecodeForm);

void SignMd5(benchmark::State& state) {
  const std::string text = messages(512);
  for (auto _ : state) benchmark::DoNotOptimize(wire::top_signature(wire::TopSignMethod::md5, "helloworld", text));
  count_messages(state);
}
BENCHMARK(SignMd5);

void ReadMessages(benchmark::State& state) {
  const std::string text = messages(512);
  std::string storage;
  std::vector<std::optional<bridge::TmcMessageText>> out;
  for (auto _ : state) benchmark::DoNotOptimize(bridge::read_messages(text, storage, out));
  count_messages(state);
}
BENCHMARK(ReadMessages);

void CheckContent(benchmark::State& state) {
  const std::string text = content(512);
  for (auto _ : state) benchmark::DoNotOptimize(bridge::is_json(text));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(CheckContent);

}  // namespace
}  // namespace fleet

BENCHMARK_MAIN();
