#include "sim/report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/report/quantity.h"
#include "sim/report/result_json.h"
#include "sim/scenario/metrics.h"

namespace fleet::sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLabelWidth = 12;
constexpr std::size_t kColumnWidth = 10;
constexpr std::size_t kGroupsShown = 8;
constexpr std::size_t kErrorsShown = 5;

// One row of the table of times: what it is called and where it stands.
struct TimesRow {
  std::string_view label;
  std::string_view path;
};

constexpr TimesRow kTimes[] = {
    {"send lag", "times_us.send_lag"},      {"http", "times_us.http"},          {"service", "times_us.service"},
    {"response", "times_us.response"},      {"first", "times_us.first"},        {"half", "times_us.half"},
    {"completion", "times_us.completion"},  {"hop http", "times_us.hops.http"}, {"hop bridge", "times_us.hops.bridge"},
    {"hop broker", "times_us.hops.broker"},
};
constexpr std::array<std::string_view, 5> kPercentiles = {"p50", "p90", "p99", "p999", "max"};
constexpr std::array<std::string_view, 5> kPercentileLabels = {"p50", "p90", "p99", "p99.9", "max"};

constexpr std::string_view kOutside[] = {"absent",  "unsubscribed", "duplicate",  "misdelivered",
                                         "corrupt", "out_of_order", "downgraded", "unaccepted",
                                         "late",    "foreign",      "wills",      "retained"};

// Writes the lines. Reads the document only through find() and metric_at(), so that no document makes it throw.
class Summary {
 public:
  Summary(const Json& result, const TextOptions& options) : result_(result), options_(options) {}

  std::string render() {
    verdict();
    context();
    books();
    times();
    faults();
    cost();
    thresholds();
    list("notes", "notes");
    return std::move(out_);
  }

 private:
  // Names and codes come from elsewhere: none may move the terminal's cursor.
  [[nodiscard]] static std::string printable(std::string words) {
    std::replace_if(
        words.begin(), words.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
    return words;
  }
  void line(std::string_view label, std::string_view text) {
    out_ += padded_right(label, kLabelWidth);
    out_ += text;
    out_ += '\n';
  }
  [[nodiscard]] const Json* find(std::initializer_list<const char*> keys) const {
    const Json* value = &result_;
    for (const char* key : keys) {
      if (!value->is_object()) return nullptr;
      const auto inner = value->find(key);
      if (inner == value->end()) return nullptr;
      value = &*inner;
    }
    return value;
  }
  [[nodiscard]] std::string text(std::initializer_list<const char*> keys) const {
    const Json* value = find(keys);
    return value != nullptr && value->is_string() ? printable(value->get<std::string>()) : std::string();
  }
  [[nodiscard]] std::vector<std::string> texts(const char* key) const {
    std::vector<std::string> found;
    const Json* values = find({key});
    if (values == nullptr || !values->is_array()) return found;
    for (const Json& value : *values) {
      if (value.is_string()) found.push_back(printable(value.get<std::string>()));
    }
    return found;
  }
  template <class Format>
  [[nodiscard]] std::string at(std::string_view path, Format format) const {
    const std::optional<double> value = metric_at(result_, path);
    return value ? format(*value) : std::string("-");
  }
  [[nodiscard]] std::string count(std::string_view path) const { return at(path, count_text); }
  [[nodiscard]] std::string duration(std::string_view path) const { return at(path, duration_text); }
  [[nodiscard]] std::string kibibytes(std::string_view path) const {
    return at(path, [](double kib) { return bytes_text(kib * 1024); });
  }
  [[nodiscard]] std::string coloured(std::string_view words, bool good) const {
    if (!options_.colour) return std::string(words);
    return fmt::format("\033[{}m{}\033[0m", good ? "32" : "31", words);
  }

  void verdict() {
    const std::string name = text({"verdict"});
    std::string word = name;
    std::transform(word.begin(), word.end(), word.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    out_ += coloured(word, name == "pass") + "  " + text({"context", "scenario", "name"});
    const std::vector<std::string> reasons = texts("reasons");
    if (!reasons.empty()) out_ += ": " + reasons.front();
    out_ += '\n';
    for (std::size_t i = 1; i < reasons.size(); ++i) out_ += "  and: " + reasons[i] + "\n";
    out_ += '\n';
  }

  void context() {
    line("run", fmt::format("seed {}, {} on {} ({} cores, Linux {}), {} build of {}", at("context.seed", plain),
                            text({"context", "started_at"}), text({"context", "host"}), count("context.cpus"),
                            text({"context", "kernel"}), text({"context", "build_type"}),
                            text({"context", "git"}).substr(0, kCommitShown)));
    const std::string version = text({"context", "broker", "version"});
    line("broker", text({"context", "broker", "name"}) + (version.empty() ? "" : " " + version));
    std::string fleet =
        fmt::format("{} on {} connections, ready in {} ({}/s), connect p99 {}", members(), count("fleet.connections"),
                    at("fleet.connect.seconds", [](double s) { return duration_text(s * 1e6); }),
                    count("fleet.connect.per_s"), duration("fleet.connect.time_us.p99"));
    append_count(fleet, "fleet.gateways", "gateways");
    append_count(fleet, "fleet.sub_devices", "sub-devices");
    append_count(fleet, "fleet.kept_out", "kept out");
    append_count(fleet, "fleet.late", "not ready in time");
    append_count(fleet, "fleet.connect.failed", "attempts failed");
    append_count(fleet, "fleet.connect.reconnects", "reconnects");
    append_count(fleet, "fleet.subscriptions.refused", "subscriptions refused");
    append_count(fleet, "fleet.subscriptions.lowered", "subscriptions granted at a lower QoS");
    line("fleet", fleet);
    codes("", {"fleet", "connect", "errors"});
    codes("lost", {"fleet", "connect", "lost"});
    codes("refused", {"fleet", "connect", "refused"});
    codes("subscribe", {"fleet", "subscriptions", "errors"});
  }

  // "2,000 devices", "40 consumers", or both.
  [[nodiscard]] std::string members() const {
    const bool consumers = metric_at(result_, "fleet.consumers").value_or(0) != 0;
    std::string of_consumers = count("fleet.consumers") + " consumers";
    if (consumers && metric_at(result_, "fleet.devices").value_or(0) == 0) return of_consumers;
    return count("fleet.devices") + " devices" + (consumers ? " and " + of_consumers : "");
  }

  void append_count(std::string& sentence, std::string_view path, std::string_view what) const {
    if (metric_at(result_, path).value_or(0) != 0) sentence += fmt::format(", {} {}", count(path), what);
  }

  void books() {
    line("calls",
         fmt::format("{} scheduled, {} sent, {} accepted, {} rejected, {} failed", count("calls.scheduled"),
                     count("calls.sent"), count("calls.accepted"), count("calls.rejected"), count("calls.failed")));
    codes("errors", {"calls", "errors"});
    if (metric_at(result_, "calls.partial").value_or(0) != 0) {
      line("", fmt::format("{} messages refused in {} accepted calls", count("calls.refused_messages"),
                           count("calls.partial")));
      codes("messages", {"calls", "message_errors"});
    }
    line("deliveries", fmt::format("{} expected = {} received + {} missing", count("deliveries.expected"),
                                   count("deliveries.received"), count("deliveries.missing")));
    std::string outside;
    for (const std::string_view name : kOutside) {
      const std::string path = "deliveries." + std::string(name);
      if (metric_at(result_, path).value_or(0) == 0) continue;
      std::string words(name);
      std::replace(words.begin(), words.end(), '_', ' ');
      outside += fmt::format("{}{} {}", outside.empty() ? "" : ", ", count(path), words);
    }
    line("", outside.empty() ? "none duplicate, misdelivered, corrupt, out of order, downgraded or late" : outside);
    balance();
    behaviour();
    if (metric_at(result_, "telemetry.scheduled").value_or(0) != 0) {
      line("telemetry", fmt::format("{} scheduled, {} sent, {} acknowledged", count("telemetry.scheduled"),
                                    count("telemetry.sent"), count("telemetry.acknowledged")));
    }
    line("rates", fmt::format("{} calls/s, {} deliveries/s over the hold", count("rates.calls_per_s"),
                              count("rates.deliveries_per_s")));
  }

  // How often each came, the most frequent first.
  void codes(std::string_view label, std::initializer_list<const char*> path) {
    const Json* errors = find(path);
    if (errors == nullptr || !errors->is_object() || errors->empty()) return;
    std::vector<std::pair<double, std::string>> rows;
    for (const auto& [code, times] : errors->items()) {
      if (times.is_number()) rows.emplace_back(times.get<double>(), printable(code));
    }
    std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    std::string sentence;
    for (std::size_t i = 0; i < std::min(rows.size(), kErrorsShown); ++i) {
      sentence += fmt::format("{}{} × {}", i == 0 ? "" : ", ", count_text(rows[i].first), rows[i].second);
    }
    if (rows.size() > kErrorsShown) sentence += fmt::format(", and {} other codes", rows.size() - kErrorsShown);
    line(label, sentence);
  }

  // How evenly the consumers of each group have shared its messages.
  void balance() {
    std::size_t shown = 0;
    for (const std::string& name : keys("groups")) {
      const std::string path = "groups." + name + ".balance.";
      if (!metric_at(result_, path + "mean")) continue;
      if (++shown > kGroupsShown) continue;
      line(shown == 1 ? "balance" : "",
           fmt::format("{}: {} .. {} deliveries a consumer, {} on average", printable(name), count(path + "min"),
                       count(path + "max"), count(path + "mean")));
    }
    if (shown > kGroupsShown) line("", fmt::format("and {} more in result.json", shown - kGroupsShown));
  }

  [[nodiscard]] bool is_some(std::initializer_list<std::string_view> paths) const {
    return std::any_of(paths.begin(), paths.end(),
                       [this](std::string_view path) { return metric_at(result_, path).value_or(0) != 0; });
  }

  // What the devices did by themselves; what did not happen is not told.
  void behaviour() {
    absence();
    if (is_some({"takeover.begun", "takeover.skipped"})) {
      std::string sentence =
          fmt::format("{} begun, {} done: p99 {}, max {}", count("takeover.begun"), count("takeover.done"),
                      duration("takeover.time_us.p99"), duration("takeover.time_us.max"));
      append_count(sentence, "takeover.session_taken_over", "first connections told so");
      append_count(sentence, "takeover.closed", "closed otherwise");
      append_count(sentence, "takeover.failed", "failed");
      append_count(sentence, "takeover.skipped", "skipped");
      line("takeover", sentence);
    }
    if (is_some({"resubscribe.unsubscribed", "resubscribe.skipped"})) {
      std::string sentence = fmt::format("{} devices unsubscribed, {} subscribed again",
                                         count("resubscribe.unsubscribed"), count("resubscribe.again"));
      append_count(sentence, "resubscribe.skipped", "skipped");
      line("resubscribe", sentence);
    }
    if (is_some({"silence.begun", "silence.skipped"})) {
      std::string sentence = fmt::format("{} devices pinged no more, {} dropped by the broker: p50 after {}, max {}",
                                         count("silence.begun"), count("silence.dropped"),
                                         duration("silence.time_us.p50"), duration("silence.time_us.max"));
      append_count(sentence, "silence.skipped", "skipped");
      line("silence", sentence);
    }
    if (is_some({"reply.scheduled"})) {
      std::string sentence =
          fmt::format("{} scheduled, {} sent, {} acknowledged; p99 {} late", count("reply.scheduled"),
                      count("reply.sent"), count("reply.acknowledged"), duration("reply.lag_us.p99"));
      append_count(sentence, "reply.dropped", "dropped");
      line("replies", sentence);
    }
    if (is_some({"slow_reading.held_back"}))
      line("held back", count("slow_reading.held_back") + " times, of devices that read slowly");
  }

  void absence() {
    if (!is_some({"absence.left", "absence.skipped"})) return;
    std::string sentence =
        fmt::format("{} left, {} returned: p99 {} behind due, all {}", count("absence.left"), count("absence.returned"),
                    duration("absence.back_us.p99"), duration("absence.back_us.max"));
    append_count(sentence, "absence.skipped", "skipped");
    append_count(sentence, "absence.resumed", "sessions resumed");
    append_count(sentence, "absence.forgotten", "sessions forgotten");
    line("absence", sentence);
    if (!is_some({"absence.backlog"})) return;
    line("", fmt::format("backlog: {} deliveries, p50 had theirs {} behind due back, p99 {}, all {}",
                         count("absence.backlog"), duration("absence.caught_up_us.p50"),
                         duration("absence.caught_up_us.p99"), duration("absence.caught_up_us.max")));
  }

  void times() {
    std::string head;
    for (const std::string_view label : kPercentileLabels) head += padded_left(label, kColumnWidth);
    out_ += '\n';
    line("times", head + padded_left("count", kColumnWidth + 2));
    for (const TimesRow& row : kTimes) times_row(row.label, std::string(row.path));
    const Json* groups = find({"call_groups"});
    if (groups == nullptr || !groups->is_object() || groups->size() < 2) return;
    std::size_t shown = 0;
    line("", "response by call group:");
    for (const auto& [name, group] : groups->items()) {
      if (++shown > kGroupsShown) continue;
      times_row(printable(name), "call_groups." + name + ".times_us.response");
    }
    if (shown > kGroupsShown) line("", fmt::format("and {} more in result.json", shown - kGroupsShown));
  }

  void times_row(std::string_view label, const std::string& path) {
    std::string columns;
    for (const std::string_view percentile : kPercentiles) {
      columns += padded_left(duration(path + "." + std::string(percentile)), kColumnWidth);
    }
    line(label, columns + padded_left(count(path + ".count"), kColumnWidth + 2));
  }

  void faults() {
    const Json* rows = find({"faults"});
    if (rows == nullptr || !rows->is_array() || rows->empty()) return;
    out_ += '\n';
    for (std::size_t i = 0; i < rows->size(); ++i) fault(fmt::format("faults.{}.", i), (*rows)[i], i == 0);
  }

  void fault(const std::string& path, const Json& row, bool first) {
    const auto since = [&](const char* name) {
      return at(path + name, [](double s) { return duration_text(s * 1e6); });
    };
    const bool ended = metric_at(result_, path + "ended_s").has_value();
    line(first ? "faults" : "", fmt::format("at {}: {}; {}", since("at_s"), member(row, "what"),
                                            ended ? "over at " + since("ended_s") : "not over"));
    std::string back = fmt::format("{} {}", count(path + "lost"),
                                   member(row, "of") == "sub-devices" ? "sub-devices moved" : "connections lost");
    if (metric_at(result_, path + "lost").value_or(0) > 0) {
      back += fmt::format(", ready again: 50% after {}, 99% after {}, all after {}", since("back.p50_s"),
                          since("back.p99_s"), since("back.all_s"));
    }
    append_count(back, path + "not_back", "never");
    line("", "  " + back);
    line("", fmt::format("  of the calls due meanwhile: {} deliveries missing, {} calls rejected, {} failed",
                         count(path + "missing"), count(path + "rejected"), count(path + "failed")));
  }

  void cost() {
    out_ += '\n';
    const auto cpu = [this](const char* who) { return duration(std::string("cost.cpu_us_per_delivery.") + who); };
    line("cost", fmt::format("CPU a delivery: fleet {}, callers {}, bridge {}, broker {}", cpu("fleet"), cpu("callers"),
                             cpu("bridge"), cpu("broker")));
    line("", fmt::format("memory: simulator {}, bridge {}, broker {}; {} a connection", kibibytes("cost.rss_kib.sim"),
                         kibibytes("cost.rss_kib.bridge"), kibibytes("cost.rss_kib.broker"),
                         at("cost.fleet_bytes_per_connection", bytes_text)));
    line("",
         fmt::format("  grown in the hold: simulator {}, bridge {}, broker {}", kibibytes("cost.rss_growth_kib.sim"),
                     kibibytes("cost.rss_growth_kib.bridge"), kibibytes("cost.rss_growth_kib.broker")));
    line("health", fmt::format("send lag p99 {}, worst hiccup {}", duration("health.send_lag_p99_us"),
                               duration("health.worst_hiccup_us")));
    if (is_some({"health.clock_jumps"}))
      line("", fmt::format("the time of day jumped {} times; nothing is measured by it", count("health.clock_jumps")));
  }

  void thresholds() {
    const Json* rows = find({"thresholds"});
    if (rows == nullptr || !rows->is_array() || rows->empty()) return;
    out_ += '\n';
    std::size_t width = 0;
    for (const Json& row : *rows) width = std::max(width, member(row, "expr").size());
    bool first = true;
    for (const Json& row : *rows) {
      const auto ok = row.is_object() ? row.find("ok") : row.end();
      const bool held = row.is_object() && ok != row.end() && *ok == true;
      const std::string expression = member(row, "expr");
      line(first ? "thresholds" : "", fmt::format("{}  {}  observed {}", coloured(held ? "ok    " : "FAILED", held),
                                                  padded_right(expression, width), observed(row, expression)));
      first = false;
    }
  }

  // The number that a threshold met, in the unit of its metric.
  [[nodiscard]] std::string observed(const Json& row, const std::string& expression) const {
    const auto value = row.is_object() ? row.find("observed") : row.end();
    if (!row.is_object() || value == row.end() || !value->is_number()) return "-";
    const std::string name = expression.substr(0, expression.find_first_of(" <>=!"));
    const std::optional<MetricUnit> unit = metric_unit(name, keys("groups"), keys("call_groups"));
    return quantity_text(value->get<double>(), unit.value_or(MetricUnit::count));
  }
  [[nodiscard]] std::vector<std::string> keys(const char* key) const {
    std::vector<std::string> names;
    const Json* object = find({key});
    if (object == nullptr || !object->is_object()) return names;
    for (const auto& [name, value] : object->items()) names.push_back(name);
    return names;
  }
  [[nodiscard]] static std::string member(const Json& row, const char* key) {
    if (!row.is_object()) return {};
    const auto value = row.find(key);
    return value != row.end() && value->is_string() ? printable(value->get<std::string>()) : std::string();
  }

  void list(const char* label, const char* key) {
    bool first = true;
    for (const std::string& sentence : texts(key)) {
      if (first) out_ += '\n';
      line(first ? label : "", sentence);
      first = false;
    }
  }

  static std::string plain(double value) { return fmt::format("{:.0f}", value); }
  static constexpr std::size_t kCommitShown = 12;  // of a commit's name, as git abbreviates

  const Json& result_;
  TextOptions options_;
  std::string out_;
};

}  // namespace

std::string render_text(const Json& result, const TextOptions& options) { return Summary(result, options).render(); }

}  // namespace fleet::sim
