#include "sim/run/ramp_outcome.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

namespace fleet::sim {

namespace {

using Counts = std::map<std::string, std::uint64_t, std::less<>>;

std::string text(const Counts& counts) {
  std::string sentence;
  for (const auto& [name, times] : counts) {
    sentence += fmt::format("{}{} × {}", sentence.empty() ? "" : ", ", times, name);
  }
  return sentence;
}

Counts sum(Counts counts, const Counts& others) {
  for (const auto& [name, times] : others) counts[name] += times;
  return counts;
}

std::string why_refused(const FleetStatus& status, const FleetFailures& failures) {
  std::string sentence;
  if (status.login_refused > 0) {
    sentence = fmt::format(
        "the broker refuses the devices: {} of {} will never get in ({}); check their product keys, names and secrets, "
        "and whom the broker accepts",
        status.login_refused, status.devices, text(sum(failures.logins, failures.lost)));
  }
  if (status.gateway_refused > 0) {
    sentence += fmt::format("{}the platform refuses sub-devices of {} gateways", sentence.empty() ? "" : "; ",
                            status.gateway_refused);
  }
  if (status.subscribe_refused > 0) {
    sentence += fmt::format(
        "{}the broker refused {} subscriptions ({}), and no device is ready; check the topics, and what the broker "
        "lets the devices read",
        sentence.empty() ? "" : "; ", status.subscribe_refused, text(failures.subscriptions));
  }
  return sentence;
}

}  // namespace

bool is_ramp_over(const FleetStatus& status) {
  return status.ready == status.devices || (status.ready > 0 && status.ready + status.kept_out() >= status.devices);
}

std::optional<std::string> why_hopeless(const FleetStatus& status, const FleetFailures& failures) {
  std::string sentence;
  if (status.handshake_refused >= std::min(status.devices, kHopelessHandshakes) && status.connected == 0) {
    sentence = fmt::format(
        "no device can open a connection to the broker ({}); check the certificates of both sides and target.broker",
        text(failures.attempts));
  } else if (status.ready == 0 && status.connected <= status.half_subscribed &&
             status.kept_out() >= std::min(status.devices, kHopelessLogins)) {
    sentence = why_refused(status, failures);
  } else {
    return std::nullopt;
  }
  return sentence + (status.last_error.empty() ? "" : "; last failure: " + status.last_error);
}

std::uint64_t late_devices(const FleetStatus& status) { return status.devices - status.ready - status.kept_out(); }

std::string late_text(const FleetStatus& status, const FleetFailures& failures, wire::Nanos allowance) {
  const std::string counts = failures_text(failures);
  return fmt::format("{} of {} devices{} were not ready within {:g} s{}{}{}; the run began without them",
                     late_devices(status), status.devices, status.sub_devices > 0 ? " with a connection" : "",
                     std::chrono::duration<double>(allowance).count(),
                     counts.empty() ? "" : "; failed until then: ", counts,
                     status.last_error.empty() ? "" : "; last failure: " + status.last_error);
}

std::string kept_out_text(const FleetStatus& status) {
  const bool with_others = status.sub_devices > 0;
  return fmt::format("{} of {} devices{} are kept out{}: what calls owe them is missing", status.kept_out(),
                     status.devices, with_others ? " with a connection" : "",
                     with_others ? ", gateways with their sub-devices" : "");
}

std::string failures_text(const FleetFailures& failures) {
  return text(sum(sum(sum(failures.attempts, failures.logins), failures.lost), failures.subscriptions));
}

}  // namespace fleet::sim
