// What does it cost to remember one delivery? Histogram, pick, books, and the three steps of a delivery together.
#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "sim/ledger/books.h"
#include "sim/ledger/histogram.h"
#include "sim/ledger/pick.h"
#include "sim/ledger/timeline.h"
#include "wire/stamp.h"

namespace {

using fleet::sim::Books;
using fleet::sim::BridgeClock;
using fleet::sim::CallResult;
using fleet::sim::Histogram;
using fleet::sim::Pick;
using fleet::sim::PickPlan;
using fleet::sim::Tally;
using fleet::sim::Timeline;
using fleet::wire::Nanos;
using fleet::wire::TimePoint;

constexpr std::uint32_t kDevices = 2'000;
constexpr std::uint32_t kBatch = 100;
const TimePoint kStart = TimePoint() + std::chrono::hours(100);

// Durations as a run sees them: most around a millisecond, some far out.
std::vector<Nanos> durations() {
  std::mt19937 random(1);
  std::lognormal_distribution<double> spread(14, 1);
  std::vector<Nanos> all(4'096);
  for (Nanos& one : all) one = Nanos(static_cast<std::int64_t>(spread(random)));
  return all;
}

void histogram_record(benchmark::State& state) {
  const std::vector<Nanos> all = durations();
  Histogram histogram;
  std::size_t i = 0;
  for (auto _ : state) histogram.record(all[i++ & 4'095]);
  benchmark::DoNotOptimize(histogram.count());
}
BENCHMARK(histogram_record);

void histogram_summary(benchmark::State& state) {
  Histogram histogram;
  for (const Nanos one : durations()) histogram.record(one);
  for (auto _ : state) benchmark::DoNotOptimize(histogram.summary());
}
BENCHMARK(histogram_summary);

void timeline_delivered(benchmark::State& state) {
  const std::vector<Nanos> all = durations();
  Timeline timeline;
  timeline.start(kStart);
  std::size_t i = 0;
  for (auto _ : state) timeline.delivered(kStart + Nanos(static_cast<std::int64_t>(i) * 20), all[i & 4'095]), ++i;
}
BENCHMARK(timeline_delivered);

void pick_position(benchmark::State& state, Pick pick) {
  const PickPlan plan(pick, kDevices, kBatch, 1);
  std::uint64_t call = 0;
  std::uint32_t device = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(plan.position(call++, device));
    device = device + 7 < kDevices ? device + 7 : 0;
  }
}
BENCHMARK_CAPTURE(pick_position, round_robin, Pick::round_robin);
BENCHMARK_CAPTURE(pick_position, random, Pick::random);

// Calls of 100 through the books; the time is that of one delivery, with its hundredth of opening, answering, closing.
void books_delivery(benchmark::State& state) {
  Books books(kBatch, 1'024);
  Tally tally;
  const std::vector<Nanos> all = durations();
  std::uint64_t call = 0;
  std::size_t i = 0;
  for (auto _ : state) {
    const TimePoint due = kStart + Nanos(static_cast<std::int64_t>(call) * 1'000);
    books.open(call, due, true, tally);
    books.written(call, due);
    books.answered(call, CallResult::accepted, BridgeClock{due, due}, tally);
    for (std::uint32_t place = 0; place < kBatch; ++place) books.receive(call, place, due + all[i++ & 4'095], tally);
    ++call;
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(books_delivery);

// All that the ledger does for a delivery: read the stamp of a 256-byte payload, find the place, book it.
void stamp_place_book(benchmark::State& state, Pick pick) {
  const PickPlan plan(pick, kDevices, kBatch, 1);
  Books books(kBatch, 1'024);
  Tally tally;
  std::vector<std::byte> payload(256);
  std::vector<std::uint32_t> devices(kBatch);
  const std::vector<Nanos> all = durations();
  std::uint64_t call = 0;
  std::size_t i = 0;
  for (auto _ : state) {
    const TimePoint due = kStart + Nanos(static_cast<std::int64_t>(call) * 1'000);
    fleet::wire::write_stamp({.run = 1, .boot = 2, .call_group = 0, .call = call, .due = due}, payload);
    plan.recipients(call, devices);
    books.open(call, due, true, tally);
    books.written(call, due);
    books.answered(call, CallResult::accepted, BridgeClock{due, due}, tally);
    for (const std::uint32_t device : devices) {
      fleet::wire::Stamp stamp;
      if (fleet::wire::read_stamp(payload, stamp) != fleet::wire::StampCheck::ok) state.SkipWithError("stamp");
      books.receive(stamp.call, *plan.position(stamp.call, device), stamp.due + all[i++ & 4'095], tally);
    }
    ++call;
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK_CAPTURE(stamp_place_book, round_robin, Pick::round_robin);
BENCHMARK_CAPTURE(stamp_place_book, random, Pick::random);

}  // namespace

BENCHMARK_MAIN();
