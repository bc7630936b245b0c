#include "sim/scenario/behaviour_text.h"

#include <fmt/format.h>

#include "settings/units.h"

namespace fleet::sim {

using settings::duration_text;
using settings::grouped;
using settings::size_text;

namespace {

std::string_view leave_text(Leave how) { return how == Leave::disconnect ? "with a DISCONNECT" : "abruptly"; }

}  // namespace

std::vector<std::string> behaviour_text(const FleetGroup& group) {
  std::vector<std::string> lines;
  for (const AwayWindow& window : group.behaviour.away) {
    lines.push_back(fmt::format("{} of them leave {} at {}, and are due back at {}",
                                grouped(devices_meant(window.share, group.count)), leave_text(window.how),
                                duration_text(window.at), duration_text(window.at + window.length)));
  }
  if (const auto& churn = group.behaviour.churn) {
    lines.push_back(fmt::format("{:g}/s of them leave {}, each for {}", churn->per_second, leave_text(churn->how),
                                duration_text(churn->away)));
  }
  if (const auto& takeover = group.behaviour.takeover) {
    lines.push_back(fmt::format("{:g}/s of their identities connect a second time elsewhere", takeover->per_second));
  }
  if (const auto& resubscribe = group.behaviour.resubscribe) {
    lines.push_back(fmt::format("{:g}/s of them unsubscribe, and subscribe again after {}", resubscribe->per_second,
                                duration_text(resubscribe->after)));
  }
  for (const Silence& silence : group.behaviour.silence) {
    lines.push_back(fmt::format("{} of them ping no more from {} on",
                                grouped(devices_meant(silence.share, group.count)), duration_text(silence.at)));
  }
  if (const auto& slow = group.behaviour.slow_reading) {
    lines.push_back(fmt::format("each reads {} a second at most", size_text(slow->bytes_per_second)));
  }
  for (const Reply& reply : group.behaviour.reply) {
    constexpr std::string_view kSpread[] = {"constant", "uniform", "exponential"};
    lines.push_back(fmt::format("each replies to {} on {} (QoS {}) after {} ({})", reply.to, reply.topic,
                                static_cast<int>(reply.qos), duration_text(reply.delay),
                                kSpread[static_cast<std::size_t>(reply.spread)]));
  }
  if (const auto& will = group.behaviour.will) {
    lines.push_back(fmt::format("each leaves a will on {} (QoS {}{})", will->topic, static_cast<int>(will->qos),
                                will->retain ? ", retained" : ""));
  }
  return lines;
}

}  // namespace fleet::sim
