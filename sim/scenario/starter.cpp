#include "sim/scenario/starter.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace fleet::sim {

std::string_view starter_text() {
  return R"(# How soon does each of 500 lamps have what one call sends to fifty of them?
#
# The comment above is the question; reports print it. Check this file and see what it will do with
#   fleet-sim plan FILE
# and play it with
#   fleet-sim run FILE
# Every key, with its unit and default: scenarios/README.md, or `fleet-sim schema` for your editor.
name: starter
seed: 1                        # decides names, payloads, order and arrival times; nothing else does

target:
  broker: mosquitto            # started for this run; or "mqtt://HOST:PORT" of one that runs already
  bridge: local                # fleet-bridge, started for this run; or "http://HOST:PORT" of anything that speaks the API

# What every group has unless it says otherwise. Other files can lie below this one: include: FILE
defaults:
  fleet:
    connect: { rate: 1000/s, keep_alive: 60s }

products:                      # devices alike: one product key, the same topics
  lamp:
    topics: { get: subscribe, update: publish }   # seen from the device

fleet:                         # groups of devices that behave alike
  lamps:
    product: lamp
    count: 500
    name: lamp-{index:5}       # lamp-00000 .. lamp-00499
    subscribe: [ { topic: get, qos: 0 } ]
    publish:                   # by themselves; outside the books of deliveries
      - { topic: update, every: 10s, jitter: 10%, payload: '{"lamp": {index}, "watt": {random:0.0..9.9}}' }

calls:                         # streams of batch API calls
  push:
    api: BatchPub              # one call, many devices; also Pub, PubBroadcast and the message service's
    to: lamps
    topic: get
    batch: 50                  # devices named in one call
    pick: round-robin          # or random, zipf, same, all
    payload: 256B
    rate: 20/s                 # when calls are due, however slow the answers; or { ramp: {from: 5/s, to: 50/s} }, …
    arrivals: even             # or poisson

phases:
  warm_up: 2s                  # played, not measured
  hold: 10s                    # measured
  drain: 5s                    # no calls; waits for what is owed, and ends early when all of it is there

thresholds:                    # what must hold, or the run fails: paths of numbers in result.json
  - calls.failed == 0
  - deliveries.missing == 0
  - times_us.response.p99 < 100ms
)";
}

wire::Result<void> write_starter(const std::string& path) {
  // x: never over somebody's scenario.
  std::FILE* const file = std::fopen(path.c_str(), "wxe");
  if (file == nullptr) return wire::usage_error(fmt::format("cannot write: {}", std::strerror(errno)), path);
  const std::string_view text = starter_text();
  const bool whole = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (const bool closed = std::fclose(file) == 0; whole && closed) return {};
  return wire::usage_error(fmt::format("cannot write: {}", std::strerror(errno)), path);
}

}  // namespace fleet::sim
