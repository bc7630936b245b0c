// What MQTT costs without a socket: headers, packets, the session's receive path.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/mqtt/codec.h"
#include "wire/mqtt/session.h"
#include "wire/mqtt/topic.h"

namespace {

using namespace fleet::wire;
using namespace fleet::wire::mqtt;

constexpr std::string_view kTopic = "/a1BwAGVxxxx/device-00042/user/get";
constexpr std::size_t kPayloadBytes = 128;
constexpr std::size_t kBatch = 100;  // packets in one read, devices in one call

Version version_of(const benchmark::State& state) { return static_cast<Version>(state.range(0)); }

void both_versions(benchmark::internal::Benchmark* benchmark) { benchmark->ArgName("v")->Arg(4)->Arg(5); }

void count_packets(benchmark::State& state, std::size_t packets) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(packets));
}

std::vector<std::byte> publishes(Version version, Qos qos, std::size_t count) {
  const std::vector<std::byte> payload(kPayloadBytes);
  std::vector<std::byte> bytes;
  for (std::size_t index = 1; index <= count; ++index) {
    encode_publish_header(version, kTopic, payload.size(), qos, false, false, static_cast<std::uint16_t>(index), bytes);
    bytes.insert(bytes.end(), payload.begin(), payload.end());
  }
  return bytes;
}

void encode_header(benchmark::State& state) {
  std::vector<std::byte> out;
  for (auto _ : state) {
    out.clear();
    encode_publish_header(version_of(state), kTopic, kPayloadBytes, Qos::at_least_once, false, false, 7, out);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  count_packets(state, 1);
}
BENCHMARK(encode_header)->Apply(both_versions);

void decode_publish_packet(benchmark::State& state) {
  const std::vector<std::byte> bytes = publishes(version_of(state), Qos::at_most_once, 1);
  for (auto _ : state) {
    Frame frame;
    PublishPacket packet;
    benchmark::DoNotOptimize(split_frame(version_of(state), bytes, kPacketSizeMax, frame));
    benchmark::DoNotOptimize(decode_publish(version_of(state), frame, packet));
    benchmark::DoNotOptimize(packet);
  }
  count_packets(state, 1);
}
BENCHMARK(decode_publish_packet)->Apply(both_versions);

// A connected session and what its loop reuses.
struct Receiver {
  explicit Receiver(Version version) {
    options.version = version;
    session.connect({"device", "", ""}, now, actions);
    actions.clear();
    encode_connack(version, {}, actions.output);
    const std::vector<std::byte> connack = actions.output;
    session.on_bytes(connack, now, actions);
    actions.clear();
  }

  EndpointOptions options;
  TimePoint now{};
  Actions actions;
  Session session{&options};
};

void receive(benchmark::State& state, Qos qos, std::size_t packets) {
  Receiver receiver(version_of(state));
  const std::vector<std::byte> bytes = publishes(version_of(state), qos, packets);
  for (auto _ : state) {
    receiver.actions.clear();
    receiver.session.on_bytes(bytes, receiver.now, receiver.actions);
    benchmark::DoNotOptimize(receiver.actions.events.data());
  }
  if (receiver.actions.events.size() != packets) state.SkipWithError("the session did not deliver every packet");
  count_packets(state, packets);
}

void session_receives_one(benchmark::State& state) { receive(state, Qos::at_most_once, 1); }
BENCHMARK(session_receives_one)->Apply(both_versions);

void session_receives_many(benchmark::State& state) { receive(state, Qos::at_most_once, kBatch); }
BENCHMARK(session_receives_many)->Apply(both_versions);

void session_receives_qos_1(benchmark::State& state) { receive(state, Qos::at_least_once, kBatch); }
BENCHMARK(session_receives_qos_1)->Apply(both_versions);

// 256 KB that arrives as TCP brings it.
void session_receives_pieces(benchmark::State& state) {
  constexpr std::size_t kLarge = 256 * 1024;
  constexpr std::size_t kPiece = 1448;
  Receiver receiver(version_of(state));
  std::vector<std::byte> bytes;
  encode_publish_header(version_of(state), kTopic, kLarge, Qos::at_most_once, false, false, 0, bytes);
  bytes.resize(bytes.size() + kLarge);
  std::size_t delivered = 0;
  for (auto _ : state) {
    for (std::span<const std::byte> rest(bytes); !rest.empty();) {
      const auto piece = rest.first(std::min(kPiece, rest.size()));
      receiver.actions.clear();
      receiver.session.on_bytes(piece, receiver.now, receiver.actions);
      delivered += receiver.actions.events.size();
      rest = rest.subspan(piece.size());
    }
  }
  if (delivered != static_cast<std::size_t>(state.iterations())) state.SkipWithError("a packet is missing");
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(session_receives_pieces)->Apply(both_versions);

// A call for a hundred devices at QoS 1: identifiers, headers, acknowledgements.
void session_publishes_qos_1(benchmark::State& state) {
  Receiver publisher(version_of(state));
  std::vector<std::byte> headers;
  std::vector<std::byte> acks;
  for (auto _ : state) {
    headers.clear();
    acks.clear();
    for (std::size_t index = 0; index < kBatch; ++index) {
      const std::uint16_t id = publisher.session.begin_publish(Qos::at_least_once, index, publisher.now).value();
      encode_publish_header(version_of(state), kTopic, kPayloadBytes, Qos::at_least_once, false, false, id, headers);
      const std::byte ack[] = {std::byte{0x40}, std::byte{0x02}, static_cast<std::byte>(id >> 8),
                               static_cast<std::byte>(id & 0xFF)};
      acks.insert(acks.end(), std::begin(ack), std::end(ack));
    }
    publisher.actions.clear();
    publisher.session.on_bytes(acks, publisher.now, publisher.actions);
    benchmark::DoNotOptimize(publisher.actions.events.data());
  }
  if (publisher.session.in_flight() != 0) state.SkipWithError("a publish is unacknowledged");
  count_packets(state, kBatch);
}
BENCHMARK(session_publishes_qos_1)->Apply(both_versions);

void check_topic(benchmark::State& state) {
  const std::string topic(kTopic);
  for (auto _ : state) benchmark::DoNotOptimize(valid_topic_name(topic));
}
BENCHMARK(check_topic);

void match_topic(benchmark::State& state) {
  const std::string filter = "/a1BwAGVxxxx/+/user/#";
  for (auto _ : state) benchmark::DoNotOptimize(matches(filter, kTopic));
}
BENCHMARK(match_topic);

}  // namespace

BENCHMARK_MAIN();
