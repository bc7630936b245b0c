// The core of the bridge and of the callers, without sockets: what one call costs, and where.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/signed_form.h"
#include "bridge/api.h"
#include "bridge/envelope/aliyun_rpc.h"
#include "bridge/envelope/rpc_params.h"
#include "bridge/fanout/plan.h"
#include "bridge/registry/registry.h"
#include "bridge/server/request_parser.h"
#include "wire/encoding.h"
#include "wire/signing.h"
#include "wire/stamp.h"

namespace fleet {
namespace {

using bench::form_of;
using bench::kDay;
using bench::Params;
using bench::signed_form;

constexpr std::size_t kDevices = 15'000;
constexpr std::size_t kNames = 100;

std::string device_name(std::size_t index) { return fmt::format("lamp-{:05}", index % kDevices); }

bridge::Config config() {
  bridge::Config out;
  out.accounts = {{.access_key_id = "testid", .access_key_secret = "testsecret", .batch_pub = true}};
  bridge::ProductConfig product{.key = "a1BwAGVdemo", .topics = {{"get", bridge::TopicOperation::subscribe}}};
  for (std::size_t i = 0; i < kDevices; ++i) product.devices.push_back({device_name(i), "0123456789abcdef"});
  out.products.push_back(std::move(product));
  out.limits.enforced = false;
  return out;
}

// BatchPub to 100 names with `content_bytes` of content, as call number `number`.
Params batch_pub(std::size_t number, std::size_t content_bytes) {
  const std::vector<std::byte> content(content_bytes, static_cast<std::byte>(number));
  Params params = {{"MessageContent", wire::base64_encode(content)},
                   {"ProductKey", "a1BwAGVdemo"},
                   {"Qos", "0"},
                   {"TopicShortName", "get"}};
  for (std::size_t i = 0; i < kNames; ++i) {
    params.emplace_back(fmt::format("DeviceName.{}", i + 1), device_name(number * kNames + i));
  }
  std::sort(params.begin(), params.end());
  return params;
}

std::string call_body(std::size_t number, std::size_t content_bytes) {
  return signed_form("BatchPub", batch_pub(number, content_bytes), number);
}

// The same call with everything in the query and version 3 in the header, as the SDKs of that generation send it.
struct HeaderCall {
  std::string query;
  std::string lines;
  std::string authorization;

  [[nodiscard]] bridge::HttpRequest request() const {
    return {.method = "POST",
            .path = "/",
            .query = query,
            .authorization = authorization,
            .headers = bridge::HttpHeaders(lines)};
  }
};

HeaderCall header_call(std::size_t number, std::size_t content_bytes) {
  const Params params = batch_pub(number, content_bytes);
  HeaderCall call{.query = form_of(params), .lines = {}, .authorization = {}};
  const std::string nonce = fmt::format("3156853299f313e23d1673dc{:08}", number);
  const std::string hash = wire::hash_hex(wire::HashMethod::sha256, "");
  const wire::Param headers[] = {{"host", "127.0.0.1:8080"},
                                 {"x-acs-action", "BatchPub"},
                                 {"x-acs-content-sha256", hash},
                                 {"x-acs-credentials-provider", "static_ak"},
                                 {"x-acs-date", "2026-01-02T03:04:05Z"},
                                 {"x-acs-signature-nonce", nonce},
                                 {"x-acs-version", "2018-01-20"}};
  std::vector<wire::Param> views;
  for (const auto& [key, value] : params) views.push_back({key, value});
  std::string canonical;
  wire::acs3_canonical_request("POST", views, headers, hash, canonical);
  call.authorization =
      "ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=host;x-acs-action;x-acs-content-sha256;"
      "x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=" +
      wire::acs3_signature("testsecret", wire::acs3_string_to_sign(canonical));
  for (const auto& header : headers) call.lines.append(header.key).append(":").append(header.value).append("\n");
  call.lines.append("accept:application/json\nuser-agent:a public SDK on some runtime\ncontent-length:0\n");
  return call;
}

// Whole calls: decode, verify, check, plan. Argument: bytes of content. Nonces may not come twice, so the bridge
// starts afresh, outside of the time, each time the prepared calls are used up.
void ApiCall(benchmark::State& state) {
  const auto content_bytes = static_cast<std::size_t>(state.range(0));
  const std::size_t prepared = content_bytes > 100'000 ? 20 : 2'000;
  std::vector<std::string> bodies;
  for (std::size_t i = 0; i < prepared; ++i) bodies.push_back(call_body(i, content_bytes));
  const bridge::Config given = config();
  auto api = std::make_unique<bridge::Api>(given);
  bridge::ApiTimes times;
  std::size_t next = 0;
  for (auto _ : state) {
    if (next == bodies.size()) {
      state.PauseTiming();
      api = std::make_unique<bridge::Api>(given);
      next = 0;
      state.ResumeTiming();
    }
    const auto outcome = api->call(
        {.method = "POST", .path = "/", .content_type = "application/x-www-form-urlencoded", .body = bodies[next++]},
        wire::TimePoint{}, kDay, times);
    if (!std::holds_alternative<bridge::PendingCall>(outcome)) {
      state.SkipWithError(std::get<bridge::HttpAnswer>(outcome).body.c_str());
      break;
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kNames));
}
BENCHMARK(ApiCall)->Arg(128)->Arg(4'096)->Arg(262'144);

// Times `call(api, i)` for prepared calls 0 to `prepared`; a bridge afresh, outside of the time, for each round.
template <class F>
void run_calls(benchmark::State& state, std::size_t prepared, F&& call) {
  const bridge::Config given = config();
  auto api = std::make_unique<bridge::Api>(given);
  std::size_t next = 0;
  for (auto _ : state) {
    if (next == prepared) {
      state.PauseTiming();
      api = std::make_unique<bridge::Api>(given);
      next = 0;
      state.ResumeTiming();
    }
    if (!call(*api, next++)) {
      state.SkipWithError("refused");
      break;
    }
  }
}

void ApiCallVersion3(benchmark::State& state) {
  std::vector<HeaderCall> calls;
  for (std::size_t i = 0; i < 2'000; ++i) calls.push_back(header_call(i, static_cast<std::size_t>(state.range(0))));
  bridge::ApiTimes times;
  run_calls(state, calls.size(), [&](bridge::Api& api, std::size_t i) {
    const auto outcome = api.call(calls[i].request(), wire::TimePoint{}, kDay, times);
    return std::holds_alternative<bridge::PendingCall>(outcome);
  });
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kNames));
}
BENCHMARK(ApiCallVersion3)->Arg(128);

// The gate alone, parameters decoded: who calls, and is it really them.
template <class Prepare>
void verify_calls(benchmark::State& state, Prepare&& prepare) {
  const bridge::Config given = config();
  auto gate = std::make_unique<bridge::RpcGate>(given.accounts);
  constexpr std::size_t kPrepared = 1'000;
  std::vector<bridge::RpcParams> params(kPrepared);
  std::vector<bridge::HttpRequest> requests;
  for (std::size_t i = 0; i < kPrepared; ++i) requests.push_back(prepare(i, params[i]));
  std::size_t next = 0;
  for (auto _ : state) {
    if (next == kPrepared) {
      state.PauseTiming();
      gate = std::make_unique<bridge::RpcGate>(given.accounts);
      next = 0;
      state.ResumeTiming();
    }
    if (!gate->verify(requests[next], params[next], kDay)) state.SkipWithError("refused");
    ++next;
  }
}

void VerifyVersion1(benchmark::State& state) {
  verify_calls(state, [](std::size_t i, bridge::RpcParams& params) {
    (void)params.decode("", call_body(i, 128), 2'048);
    return bridge::HttpRequest{.method = "POST", .path = "/"};
  });
}
BENCHMARK(VerifyVersion1);

void VerifyVersion3(benchmark::State& state) {
  std::deque<HeaderCall> calls;
  verify_calls(state, [&calls](std::size_t i, bridge::RpcParams& params) {
    calls.push_back(header_call(i, 128));
    (void)params.decode(calls.back().query, "", 2'048);
    return calls.back().request();
  });
}
BENCHMARK(VerifyVersion3);

// BatchCheckDeviceNames as a whole. Arguments: names, and whether each has a nickname of eight Chinese characters.
void CheckDeviceNames(benchmark::State& state) {
  const auto names = static_cast<std::size_t>(state.range(0));
  Params params = {{"ProductKey", "a1BwAGVdemo"}};
  for (std::size_t i = 1; i <= names; ++i) {
    if (state.range(1) == 0) {
      params.emplace_back(fmt::format("DeviceName.{}", i), fmt::format("a-new-device-{:06}", i));
      continue;
    }
    params.emplace_back(fmt::format("DeviceNameList.{}.DeviceName", i), fmt::format("a-new-device-{:06}", i));
    params.emplace_back(fmt::format("DeviceNameList.{}.DeviceNickname", i),
                        "\xe6\x99\xba\xe8\x83\xbd\xe6\x99\xba\xe8\x83\xbd"
                        "\xe6\x99\xba\xe8\x83\xbd\xe6\x99\xba\xe8\x83\xbd");
  }
  std::vector<std::string> bodies;
  for (std::size_t i = 0; i < 40; ++i) bodies.push_back(signed_form("BatchCheckDeviceNames", params, i));
  bridge::ApiTimes times;
  run_calls(state, bodies.size(), [&](bridge::Api& api, std::size_t i) {
    const auto outcome = api.call(
        {.method = "POST", .path = "/", .content_type = "application/x-www-form-urlencoded", .body = bodies[i]},
        wire::TimePoint{}, kDay, times);
    return std::get<bridge::HttpAnswer>(outcome).body.find("ApplyId") != std::string::npos;
  });
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(CheckDeviceNames)->Args({1'000, 0})->Args({10'000, 0})->Args({1'000, 1})->Args({10'000, 1});

// The bytes of a BatchPub to 100 names as a socket has them, a read each, into a request. Arguments: bytes of content,
// and of a read.
void ParseRequest(benchmark::State& state) {
  const std::string body = call_body(0, static_cast<std::size_t>(state.range(0)));
  const auto read_bytes = static_cast<std::size_t>(state.range(1));
  const std::string bytes = fmt::format(
      "POST / HTTP/1.1\r\nhost: 127.0.0.1:8080\r\nuser-agent: a public SDK on some runtime\r\n"
      "accept: application/json\r\nconnection: keep-alive\r\n"
      "content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{}",
      body.size(), body);
  bridge::RequestText text;
  for (auto _ : state) {
    text.clear(body.size());
    bridge::RequestParser parser({}, text);
    auto step = bridge::RequestParser::Step::more;
    std::size_t used = 0;
    for (std::size_t arrived = 0; arrived < bytes.size();) {
      arrived = std::min(arrived + read_bytes, bytes.size());
      do {
        step = parser.put(std::string_view(bytes).substr(used, arrived - used), used);
      } while (step == bridge::RequestParser::Step::header && used < arrived);
    }
    if (step != bridge::RequestParser::Step::done) state.SkipWithError("not a request");
    benchmark::DoNotOptimize(text.view());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(ParseRequest)->Args({128, 65'536})->Args({128, 1'448})->Args({262'144, 65'536});

void DecodeParameters(benchmark::State& state) {
  const std::string body = call_body(0, 128);
  bridge::RpcParams params;
  for (auto _ : state) benchmark::DoNotOptimize(params.decode("", body, 2'048));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(DecodeParameters);

void SignCall(benchmark::State& state) {
  const std::string body = call_body(0, 128);
  bridge::RpcParams params;
  if (params.decode("", body, 2'048)) return;
  std::vector<wire::Param> views;
  std::string text;
  for (auto _ : state) {
    views = params.all();
    wire::aliyun_string_to_sign("POST", views, text);
    benchmark::DoNotOptimize(wire::aliyun_signature("testsecret", text));
  }
}
BENCHMARK(SignCall);

void FindDevice(benchmark::State& state) {
  const bridge::Registry registry(config().products);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < 4'096; ++i) names.push_back(device_name(i * 7'919));
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(registry.product("a1BwAGVdemo")->device(names[next++ % names.size()]));
  }
}
BENCHMARK(FindDevice);

void PlanHundredDevices(benchmark::State& state) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kNames; ++i) names.push_back(device_name(i));
  const std::vector<std::string_view> views(names.begin(), names.end());
  const bridge::FanoutTopic topic{.product_key = "a1BwAGVdemo", .short_name = "get"};
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        bridge::plan_fanout(topic, views, std::vector<std::byte>(128), wire::mqtt::Qos::at_most_once));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kNames));
}
BENCHMARK(PlanHundredDevices);

void Base64Encode(benchmark::State& state) {
  const std::vector<std::byte> bytes(static_cast<std::size_t>(state.range(0)), std::byte{0xA7});
  std::string out;
  for (auto _ : state) {
    out.clear();
    wire::base64_append(bytes, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(Base64Encode)->Arg(128)->Arg(262'144);

void Base64Decode(benchmark::State& state) {
  const std::string text =
      wire::base64_encode(std::vector<std::byte>(static_cast<std::size_t>(state.range(0)), std::byte{0xA7}));
  std::vector<std::byte> out;
  for (auto _ : state) {
    if (!wire::base64_decode(text, out)) state.SkipWithError("refused");
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(Base64Decode)->Arg(128)->Arg(262'144);

void StampWrite(benchmark::State& state) {
  std::vector<std::byte> payload(static_cast<std::size_t>(state.range(0)), std::byte{1});
  wire::Stamp stamp{.run = 1, .boot = 2, .call_group = 3, .call = 4, .due = {}};
  for (auto _ : state) {
    ++stamp.call;
    wire::write_stamp(stamp, payload);
    benchmark::DoNotOptimize(payload.data());
  }
}
BENCHMARK(StampWrite)->Arg(128)->Arg(256)->Arg(4'096);

void StampRead(benchmark::State& state) {
  std::vector<std::byte> payload(static_cast<std::size_t>(state.range(0)), std::byte{1});
  wire::write_stamp({.run = 1, .boot = 2, .call_group = 3, .call = 4, .due = {}}, payload);
  wire::Stamp stamp;
  for (auto _ : state) {
    benchmark::DoNotOptimize(payload.data());
    if (wire::read_stamp(payload, stamp) != wire::StampCheck::ok) state.SkipWithError("refused");
  }
}
BENCHMARK(StampRead)->Arg(128)->Arg(256)->Arg(4'096);

}  // namespace
}  // namespace fleet

BENCHMARK_MAIN();
