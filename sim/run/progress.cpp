#include "sim/run/progress.h"

#include <fmt/format.h>

#include <cstdio>

namespace fleet::sim {

namespace {

constexpr auto kPlainEvery = std::chrono::seconds(5);
constexpr auto kTerminalEvery = std::chrono::milliseconds(200);

// Nobody reading along is no reason to end a run: what cannot be written is left unsaid (fmt::print would throw).
void write_error(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stderr); }

double seconds(wire::Nanos duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

Progress::~Progress() {
  if (line_open_) std::fputs("\r\033[K", stderr);
}

void Progress::provisioning(const std::string& what, std::uint64_t done, std::uint64_t all, wire::TimePoint now) {
  show(what, fmt::format("{}: {} of {}", what, done, all), now);
}

void Progress::connecting(const FleetStatus& fleet, wire::TimePoint now) {
  std::string line = fmt::format("connect  {} of {} ready", fleet.ready, fleet.devices);
  if (fleet.sub_devices > 0) line += fmt::format(", {} of {} sub-devices", fleet.sub_devices_ready, fleet.sub_devices);
  if (fleet.kept_out() > 0) line += fmt::format(", {} kept out", fleet.kept_out());
  if (fleet.connect_failed > 0) line += fmt::format(", {} attempts failed", fleet.connect_failed);
  if (fleet.ready < fleet.devices && !fleet.last_error.empty()) line += " (" + fleet.last_error + ")";
  show("connect", line, now);
}

void Progress::calling(const char* phase, wire::Nanos elapsed, wire::Nanos length, const CallersStatus& callers,
                       const FleetStatus& fleet, wire::TimePoint now) {
  std::string line = fmt::format("{:<8} {:.0f} of {:.0f} s, {} calls accepted, {} deliveries", phase, seconds(elapsed),
                                 seconds(length), callers.accepted, fleet.deliveries);
  if (callers.rejected + callers.failed > 0) {
    line += fmt::format(", {} rejected, {} failed ({})", callers.rejected, callers.failed, callers.last_error);
  }
  if (fleet.connected < fleet.devices) line += fmt::format(", {} away", fleet.devices - fleet.connected);
  show(phase, line, now);
}

void Progress::say(const std::string& sentence) {
  if (line_open_) std::fputs("\r\033[K", stderr);
  line_open_ = false;
  write_error(sentence + "\n");
}

void Progress::show(const std::string& phase, const std::string& line, wire::TimePoint now) {
  if (phase == phase_ && now < next_) return;
  phase_ = phase;
  next_ = now + (terminal_ ? wire::Nanos(kTerminalEvery) : wire::Nanos(kPlainEvery));
  if (terminal_) {
    write_error("\r\033[K" + line);
    std::fflush(stderr);
    line_open_ = true;
  } else {
    write_error(line + "\n");
  }
}

}  // namespace fleet::sim
