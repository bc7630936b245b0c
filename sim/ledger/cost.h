// What the threads and the connections of a run cost.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "sim/ledger/histogram.h"

namespace fleet::sim {

struct ThreadCpu {
  std::string thread;  // "worker 0", "callers"
  double cpu_us = 0;   // over the hold
};

struct ConnectRecord {
  double seconds = 0;  // first connect to last SUBACK
  double per_s = 0;
  std::uint64_t failed = 0;  // attempts
  std::uint64_t reconnects = 0;
  std::map<std::string, std::uint64_t, std::less<>> errors;  // of failed: what went wrong on the way, by kind
  // Connections that the broker had accepted and that ended unasked: the reason that it gave, or "connection closed":
  // n.
  std::map<std::string, std::uint64_t, std::less<>> lost;
  std::map<std::string, std::uint64_t, std::less<>>
      refused;  // of failed: the broker's answer to CONNECT, by its reason
  // Answers to SUBSCRIBE, of all connections: refused filters, and those granted at a lower QoS than asked for.
  std::uint64_t subscriptions_refused = 0, subscriptions_lowered = 0;
  std::map<std::string, std::uint64_t, std::less<>> subscription_errors;  // of the refused, by reason
  Histogram time;                                                         // TCP connect to last SUBACK of the device
};

}  // namespace fleet::sim
