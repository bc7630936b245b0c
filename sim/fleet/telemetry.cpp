#include "sim/fleet/telemetry.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "sim/scenario/mix.h"

namespace fleet::sim {

namespace {

constexpr std::size_t kDigitsMax = 20;  // of 64 bits

void append(std::string_view text, std::vector<std::byte>& out) {
  const std::size_t before = out.size();
  out.resize(before + text.size());
  if (!text.empty()) std::memcpy(out.data() + before, text.data(), text.size());
}

void append_number(std::uint64_t number, std::size_t width, std::vector<std::byte>& out) {
  char digits[kDigitsMax];
  const auto count = static_cast<std::size_t>(std::to_chars(digits, digits + kDigitsMax, number).ptr - digits);
  for (std::size_t i = count; i < width; ++i) out.push_back(std::byte{'0'});
  append({digits, count}, out);
}

std::uint64_t draw(const PayloadFacts& facts, std::uint64_t field) {
  const std::uint64_t device = mix(facts.seed + (facts.index + std::uint64_t{1}) * kGolden);
  const std::uint64_t message = mix(device + (facts.sequence + std::uint64_t{1}) * kGolden);
  return mix(message + (field + 1) * kGolden);
}

// 0 .. below - 1; below is far under 2^64, so the remainder favours nobody that anybody could see.
std::uint64_t draw_below(const PayloadFacts& facts, std::uint64_t field, std::uint64_t below) {
  return draw(facts, field) % below;
}

void append_random(const PayloadPart& part, std::uint64_t steps, std::vector<std::byte>& out) {
  const std::int64_t value = part.low + static_cast<std::int64_t>(steps);
  if (value < 0) out.push_back(std::byte{'-'});
  const auto magnitude = static_cast<std::uint64_t>(value < 0 ? -value : value);
  std::uint64_t scale = 1;
  for (unsigned i = 0; i < part.decimals; ++i) scale *= 10;
  append_number(magnitude / scale, 1, out);
  if (part.decimals == 0) return;
  out.push_back(std::byte{'.'});
  append_number(magnitude % scale, part.decimals, out);
}

struct Later {
  bool operator()(const TelemetrySchedule::Turn& a, const TelemetrySchedule::Turn& b) const {
    if (a.due != b.due) return a.due > b.due;
    return a.row != b.row ? a.row > b.row : a.index > b.index;  // the same order in every run
  }
};

}  // namespace

void write_payload(const PayloadTemplate& payload, const PayloadFacts& facts, std::vector<std::byte>& out) {
  out.clear();
  for (std::size_t field = 0; field < payload.parts.size(); ++field) {
    const PayloadPart& part = payload.parts[field];
    switch (part.kind) {
      case PayloadPart::Kind::literal:
        append(part.text, out);
        break;
      case PayloadPart::Kind::index:
        append_number(facts.index, 1, out);
        break;
      case PayloadPart::Kind::sequence:
        append_number(facts.sequence, 1, out);
        break;
      case PayloadPart::Kind::name:
        append(facts.name, out);
        break;
      case PayloadPart::Kind::timestamp:
        append_number(static_cast<std::uint64_t>(facts.wall_ms), 1, out);
        break;
      case PayloadPart::Kind::random:
        append_random(part, draw_below(facts, field, static_cast<std::uint64_t>(part.high - part.low) + 1), out);
        break;
      case PayloadPart::Kind::choice:
        append(part.words[draw_below(facts, field, part.words.size())], out);
        break;
    }
  }
}

std::int64_t read_unix_ms() {
  return std::chrono::duration_cast<wire::Millis>(std::chrono::system_clock::now().time_since_epoch()).count();
}

wire::Nanos TelemetryRow::due(std::uint32_t index, std::uint32_t sequence) const {
  const std::uint32_t turn = sequence / telemetry->burst;
  const auto period = static_cast<double>(telemetry->every.count());
  const double offset = period * (static_cast<double>(index) + 0.5) / static_cast<double>(devices);
  double shift = 0;
  if (telemetry->jitter > 0) {
    const double drawn = unit_interval(draw({seed, index, turn, {}, 0}, ~std::uint64_t{0} - 1));
    shift = (drawn * 2 - 1) * telemetry->jitter * period;
  }
  return telemetry->every * static_cast<std::int64_t>(turn) + wire::Nanos(std::llround(offset + shift));
}

std::vector<TelemetryRow> telemetry_rows(const Scenario& scenario) {
  std::vector<TelemetryRow> rows;
  for (std::size_t g = 0; g < scenario.fleet.size(); ++g) {
    const FleetGroup& group = scenario.fleet[g];
    for (const Telemetry& telemetry : group.publish) {
      rows.push_back({g, &telemetry, group.count, mix(scenario.seed + (rows.size() + 1) * kGolden)});
    }
  }
  return rows;
}

void TelemetrySchedule::add(std::uint32_t row, std::uint32_t index) {
  turns_.push_back({rows_[row].due(index, 0), index, 0, row});
  std::push_heap(turns_.begin(), turns_.end(), Later());
}

void TelemetrySchedule::pop() {
  std::pop_heap(turns_.begin(), turns_.end(), Later());
  Turn& turn = turns_.back();
  ++turn.sequence;
  turn.due = rows_[turn.row].due(turn.index, turn.sequence);
  std::push_heap(turns_.begin(), turns_.end(), Later());
}

}  // namespace fleet::sim
