#include "sim/report/result_json.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

namespace fleet::sim {
namespace {

using Json = nlohmann::ordered_json;

// A number with at most three decimals, without a point where it is whole; null where it is not a number.
Json number(double value) {
  if (!std::isfinite(value)) return nullptr;
  const double rounded = std::round(value * 1'000) / 1'000;
  constexpr double kExactBelow = 9e15;  // whole doubles below 2^53 are whole int64
  if (rounded == std::floor(rounded) && std::abs(rounded) < kExactBelow) return static_cast<std::int64_t>(rounded);
  return rounded;
}

Json known(std::int64_t value) { return value < 0 ? Json(nullptr) : Json(value); }
Json known(const std::optional<std::int64_t>& value) { return value ? Json(*value) : Json(nullptr); }

Json json(const HistogramSummary& h) {
  return {{"count", h.count},         {"min", number(h.min)}, {"p50", number(h.p50)},
          {"p90", number(h.p90)},     {"p99", number(h.p99)}, {"p999", number(h.p999)},
          {"p9999", number(h.p9999)}, {"max", number(h.max)}, {"mean", number(h.mean)}};
}

Json json(const Histogram& histogram) { return json(histogram.summary()); }

Json json(const std::map<std::string, std::uint64_t>& codes) {
  Json times = Json::object();
  for (const auto& [code, n] : codes) times[code] = n;
  return times;
}

Json json(const Calls& calls) {
  return {{"scheduled", calls.scheduled},
          {"sent", calls.sent},
          {"accepted", calls.accepted},
          {"rejected", calls.rejected},
          {"failed", calls.failed},
          {"errors", json(calls.errors)},
          {"partial", calls.partial},
          {"refused_messages", calls.refused_messages},
          {"message_errors", json(calls.message_errors)}};
}

Json json(const Deliveries& d) {
  return {{"expected", d.expected},
          {"received", d.received},
          {"missing", d.missing},
          {"duplicate", d.duplicate},
          {"misdelivered", d.misdelivered},
          {"corrupt", d.corrupt},
          {"absent", d.absent},
          {"unsubscribed", d.unsubscribed},
          {"out_of_order", d.out_of_order},
          {"downgraded", d.downgraded},
          {"unaccepted", d.unaccepted},
          {"late", d.late},
          {"foreign", d.foreign},
          {"wills", d.wills},
          {"retained", d.retained}};
}

Json json(const PathTimes& t) {
  return {{"send_lag", json(t.send_lag)},
          {"http", json(t.http)},
          {"service", json(t.service)},
          {"response", json(t.response)},
          {"first", json(t.first)},
          {"half", json(t.half)},
          {"completion", json(t.completion)},
          {"hops", {{"http", json(t.hop_http)}, {"bridge", json(t.hop_bridge)}, {"broker", json(t.hop_broker)}}}};
}

Json json(const RunContext& context) {
  return {{"host", context.host},
          {"cpus", context.cpus},
          {"kernel", context.kernel},
          {"build_type", context.build_type},
          {"git", context.git},
          {"seed", context.seed},
          {"started_at", context.started_at},
          {"scenario", {{"name", context.scenario_name}, {"sha256", context.scenario_sha256}}},
          {"broker",
           {{"name", context.broker_name},
            {"version", context.broker_version},
            {"config_sha256", context.broker_config_sha256}}},
          {"proxies", context.proxies}};
}

Json json(const FleetRecord& fleet) {
  const ConnectRecord& connect = fleet.connect;
  return {{"devices", fleet.devices},
          {"gateways", fleet.gateways},
          {"sub_devices", fleet.sub_devices},
          {"consumers", fleet.consumers},
          {"connections", fleet.connections},
          {"kicked", fleet.kicked},
          {"newcomers_refused", fleet.newcomers_refused},
          {"kept_out", fleet.kept_out},
          {"late", fleet.late},
          {"subscriptions",
           {{"refused", connect.subscriptions_refused},
            {"errors", connect.subscription_errors},
            {"lowered", connect.subscriptions_lowered}}},
          {"connect",
           {{"seconds", number(connect.seconds)},
            {"per_s", number(connect.per_s)},
            {"failed", connect.failed},
            {"errors", connect.errors},
            {"reconnects", connect.reconnects},
            {"lost", connect.lost},
            {"refused", connect.refused},
            {"time_us", json(connect.time)}}}};
}

// Deliveries of one consumer.
Json json(const Balance& balance) {
  if (balance.members == 0) return {{"min", nullptr}, {"max", nullptr}, {"mean", nullptr}};
  const double mean = static_cast<double>(balance.deliveries) / static_cast<double>(balance.members);
  return {{"min", balance.min}, {"max", balance.max}, {"mean", number(mean)}};
}

Json json(const AbsenceRecord& absence) {
  return {{"left", absence.left},           {"skipped", absence.skipped},
          {"returned", absence.returned},   {"resumed", absence.resumed},
          {"forgotten", absence.forgotten}, {"backlog", absence.backlog},
          {"back_us", json(absence.back)},  {"caught_up_us", json(absence.caught_up)}};
}

Json json(const TakeoverRecord& takeover) {
  return {{"begun", takeover.begun},
          {"skipped", takeover.skipped},
          {"done", takeover.done},
          {"failed", takeover.failed},
          {"session_taken_over", takeover.session_taken_over},
          {"closed", takeover.closed},
          {"time_us", json(takeover.time)}};
}

Json json(const ResubscribeRecord& resubscribe) {
  return {{"unsubscribed", resubscribe.unsubscribed}, {"skipped", resubscribe.skipped}, {"again", resubscribe.again}};
}

Json json(const SilenceRecord& silence) {
  return {{"begun", silence.begun},
          {"skipped", silence.skipped},
          {"dropped", silence.dropped},
          {"time_us", json(silence.time)}};
}

Json json(const ReplyRecord& reply) {
  return {{"scheduled", reply.scheduled},
          {"dropped", reply.dropped},
          {"sent", reply.sent},
          {"acknowledged", reply.acknowledged},
          {"lag_us", json(reply.lag)}};
}

Json json(const SlowReadingRecord& slow_reading) { return {{"held_back", slow_reading.held_back}}; }

// Of a group what it has; of the whole run (`all`) everything.
void add_behaviour(const BehaviourRecord& record, bool all, Json& out) {
  const auto add = [&](const char* key, const auto& part) {
    using Part = typename std::remove_cvref_t<decltype(part)>::value_type;
    if (part || all) out[key] = json(part.value_or(Part()));
  };
  add("absence", record.absence);
  add("takeover", record.takeover);
  add("resubscribe", record.resubscribe);
  add("silence", record.silence);
  add("reply", record.reply);
  add("slow_reading", record.slow_reading);
}

Json json(const TelemetryRecord& telemetry) {
  return {{"scheduled", telemetry.scheduled}, {"sent", telemetry.sent}, {"acknowledged", telemetry.acknowledged}};
}

// µs of CPU a delivery; null where the CPU is not known (negative) or nothing was delivered.
Json cpu_each(double cpu_us, std::uint64_t deliveries) {
  if (cpu_us < 0 || deliveries == 0) return nullptr;
  return number(cpu_us / static_cast<double>(deliveries));
}

double sum(const std::vector<ThreadCpu>& threads) {
  double cpu_us = 0;
  for (const ThreadCpu& thread : threads) cpu_us += thread.cpu_us;
  return cpu_us;
}

Json by_thread(const std::vector<ThreadCpu>& threads, std::uint64_t deliveries) {
  Json each = Json::object();
  for (const ThreadCpu& thread : threads) each[thread.thread] = cpu_each(thread.cpu_us, deliveries);
  return each;
}

Json json(const CostRecord& cost) {
  const std::uint64_t n = cost.deliveries;
  return {{"cpu_us_per_delivery",
           {{"fleet", cpu_each(sum(cost.fleet), n)},
            {"callers", cpu_each(sum(cost.callers), n)},
            {"bridge", cpu_each(cost.bridge_cpu_us, n)},
            {"broker", cpu_each(cost.broker_cpu_us, n)},
            {"fleet_threads", by_thread(cost.fleet, n)},
            {"caller_threads", by_thread(cost.callers, n)}}},
          {"rss_kib",
           {{"sim", known(cost.sim_rss_kib)},
            {"bridge", known(cost.bridge_rss_kib)},
            {"broker", known(cost.broker_rss_kib)}}},
          {"rss_growth_kib",
           {{"sim", known(cost.sim_rss_growth_kib)},
            {"bridge", known(cost.bridge_rss_growth_kib)},
            {"broker", known(cost.broker_rss_growth_kib)}}},
          {"fleet_bytes_per_connection", number(cost.fleet_bytes_per_connection)}};
}

Json json(const std::vector<ThresholdResult>& thresholds) {
  Json rows = Json::array();
  for (const ThresholdResult& row : thresholds) {
    rows.push_back({{"expr", row.expression}, {"observed", number(row.observed)}, {"ok", row.ok}});
  }
  return rows;
}

// Places in `faults`, as written in result.json, of those under way in the second: from at_s to ended_s, both seconds
// included; one without an end only in the second of its begin.
Json under_way(const Json& faults, std::uint64_t t_s) {
  Json places = Json::array();
  for (std::size_t i = 0; i < faults.size(); ++i) {
    const Json& at = faults[i]["at_s"];
    const Json& ended = faults[i]["ended_s"];
    if (!at.is_number()) continue;
    const double first = std::floor(at.get<double>());
    const double last = ended.is_number() ? std::floor(ended.get<double>()) : first;
    const auto second = static_cast<double>(t_s);
    if (first <= second && second <= last) places.push_back(i);
  }
  return places;
}

Json json(const std::vector<TimelineRow>& timeline, const Json& faults) {
  Json rows = Json::array();
  for (const TimelineRow& row : timeline) {
    rows.push_back(
        {{"t_s", row.t_s},
         {"calls", row.calls},
         {"deliveries", row.deliveries},
         {"response",
          {{"p50", number(row.response.p50)}, {"p99", number(row.response.p99)}, {"max", number(row.response.max)}}}});
    if (Json places = under_way(faults, row.t_s); !places.empty()) rows.back()["faults"] = std::move(places);
  }
  return rows;
}

Json known_seconds(double value) { return value < 0 ? Json(nullptr) : number(value); }

Json json(const std::vector<FaultRecord>& faults) {
  Json rows = Json::array();
  for (const FaultRecord& fault : faults) {
    rows.push_back({{"at_s", known_seconds(fault.at_s)},
                    {"what", fault.what},
                    {"ended_s", known_seconds(fault.ended_s)},
                    {"of", fault.of_sub_devices ? "sub-devices" : "connections"},
                    {"lost", fault.lost},
                    {"not_back", fault.not_back},
                    {"back",
                     {{"p50_s", known_seconds(fault.back_p50_s)},
                      {"p99_s", known_seconds(fault.back_p99_s)},
                      {"all_s", known_seconds(fault.back_all_s)}}},
                    {"missing", fault.missing},
                    {"rejected", fault.rejected},
                    {"failed", fault.failed}});
  }
  return rows;
}

// The number at `path` below `value`, trying every dot as the end of a key; entries of a list go by their place.
const Json* find(const Json& value, std::string_view path, const Json** parent) {
  if (value.is_array()) {
    std::size_t place = 0;
    const auto [stop, failure] = std::from_chars(path.data(), path.data() + path.size(), place);
    if (failure != std::errc{} || stop == path.data() + path.size() || *stop != '.' || place >= value.size()) {
      return nullptr;
    }
    return find(value[place], path.substr(static_cast<std::size_t>(stop - path.data()) + 1), parent);
  }
  if (!value.is_object()) return nullptr;
  *parent = &value;
  if (const auto whole = value.find(path); whole != value.end()) return &*whole;
  for (std::size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.', dot + 1)) {
    const auto inner = value.find(path.substr(0, dot));
    if (inner == value.end()) continue;
    if (const Json* found = find(*inner, path.substr(dot + 1), parent)) return found;
  }
  return nullptr;
}

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "pass";
    case Verdict::fail:
      return "fail";
    case Verdict::invalid:
      break;
  }
  return "invalid";
}

Json result_json(const RunRecord& record) {
  Json result = {
      {"schema_version", kResultSchemaVersion},
      {"verdict", verdict_name(record.verdict)},
      {"reasons", record.reasons},
      {"notes", record.notes},
      {"context", json(record.context)},
      {"fleet", json(record.fleet)},
      {"calls", json(record.total.calls)},
      {"deliveries", json(record.total.deliveries)},
      {"telemetry", json(record.telemetry)},
      {"rates", {{"calls_per_s", number(record.calls_per_s)}, {"deliveries_per_s", number(record.deliveries_per_s)}}},
      {"times_us", json(record.total.times)},
      {"cost", json(record.cost)},
      {"health",
       {{"send_lag_p99_us", number(record.health.send_lag_p99_us)},
        {"worst_hiccup_us", number(record.health.worst_hiccup_us)},
        {"clock_jumps", record.health.clock_jumps}}},
      {"thresholds", json(record.thresholds)}};
  Json groups = Json::object();
  for (const GroupRecord& group : record.groups) {
    Json& of_group = groups[group.name];
    of_group = {{"deliveries", json(group.tally.deliveries)}, {"times_us", json(group.tally.times)}};
    add_behaviour(group.behaviour, false, of_group);
    if (group.balance) of_group["balance"] = json(*group.balance);
  }
  Json call_groups = Json::object();
  for (const GroupRecord& group : record.call_groups) {
    call_groups[group.name] = {{"calls", json(group.tally.calls)},
                               {"deliveries", json(group.tally.deliveries)},
                               {"times_us", json(group.tally.times)}};
  }
  add_behaviour(record.behaviour, true, result);
  result["groups"] = std::move(groups);
  result["call_groups"] = std::move(call_groups);
  Json faults = json(record.faults);
  result["timeline"] = json(record.timeline, faults);
  result["faults"] = std::move(faults);
  return result;
}

std::optional<double> metric_at(const Json& result, std::string_view path) {
  const Json* parent = nullptr;
  const Json* found = find(result, path, &parent);
  if (found == nullptr || !found->is_number()) return std::nullopt;
  const auto count = parent->find("count");
  if (count != parent->end() && &*count != found && *count == 0) return std::nullopt;
  return found->get<double>();
}

}  // namespace fleet::sim
