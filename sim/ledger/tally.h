// What one thread has counted for one call group. Merged after the join by addition.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/ledger/histogram.h"
#include "sim/ledger/losses.h"

namespace fleet::sim {

// Each a subset of the one before where it can be: sent of scheduled; accepted, rejected and failed share out sent.
struct Calls {
  std::uint64_t scheduled = 0;  // due in the hold
  std::uint64_t sent = 0;       // written to a connection, or given up as none could be opened
  std::uint64_t accepted = 0;   // answered with success
  std::uint64_t rejected = 0;   // answered with an error code
  std::uint64_t failed = 0;     // no or no whole answer: outcome unknown
  // API code, or "timeout", "connection closed", "half an answer", "unanswered", …: n. All together: rejected + failed.
  std::map<std::string, std::uint64_t> errors;
  // Where the API says of each message of an accepted call what became of it:
  std::uint64_t partial = 0;                            // subset of accepted: some of its messages were refused
  std::uint64_t refused_messages = 0;                   // of those calls; not owed
  std::map<std::string, std::uint64_t> message_errors;  // code: n. All together: refused_messages.

  void merge(const Calls& other);
};

// expected == received + missing (FLEET_CHECK in close). The others are outside the books.
struct Deliveries {
  // Accepted calls × recipients named when the call was planned, without messages that were refused.
  std::uint64_t expected = 0;
  std::uint64_t received = 0;      // subset of expected: arrived before the call's books were closed
  std::uint64_t missing = 0;       // subset of expected: found as gaps
  std::uint64_t duplicate = 0;     // a further copy for a recipient that had it
  std::uint64_t misdelivered = 0;  // right stamp, wrong device
  std::uint64_t corrupt = 0;       // our stamp, but length or checksum do not fit
  // Of accepted calls, outside expected, and never came:
  std::uint64_t absent = 0;        // the device was away on purpose, and no session kept the message for it
  std::uint64_t unsubscribed = 0;  // the device had unsubscribed on purpose
  // Of the first copies, also of calls that were not accepted in the end:
  std::uint64_t out_of_order = 0;  // came to a device behind a later call of the same group
  std::uint64_t downgraded = 0;    // arrived at a lower QoS than promised (min of publish and granted QoS)
  std::uint64_t unaccepted = 0;    // arrived though the call was rejected or failed, or this message of it refused
  std::uint64_t late = 0;          // arrived after the call's books were closed; counted as missing before
  std::uint64_t foreign = 0;       // no stamp, or of another run, and none of the two below
  std::uint64_t wills = 0;         // on the topic of a device's own will, without a stamp
  std::uint64_t retained = 0;      // the broker had kept it and sent it for a subscription

  void merge(const Deliveries& other);
};

// Of measured, accepted calls. Per delivery: service, response. Per call: all others.
struct PathTimes {
  Histogram send_lag;    // written − due, of every measured call that was sent
  Histogram http;        // answered − written
  Histogram service;     // received − written
  Histogram response;    // received − due: the headline
  Histogram first;       // first device − due
  Histogram half;        // 50% of the devices − due
  Histogram completion;  // last device − due; complete calls only
  // Split of (last device − written), complete calls only, where the bridge's clock is ours (same boot):
  Histogram hop_http;    // bridge had the request − written
  Histogram hop_bridge;  // publishes handed to the broker connection − bridge had the request
  Histogram hop_broker;  // last device − publishes handed over

  void merge(const PathTimes& other);
};

// Owned by one thread.
struct Tally {
  Calls calls;
  Deliveries deliveries;
  PathTimes times;
  // Where the messages of a call go to several targets: the same deliveries and times, told apart by target (only
  // deliveries and those times that are of deliveries or of their last, middle and first). Empty otherwise.
  std::vector<Tally> targets;
  Losses losses;  // missing, rejected and failed once more, by due

  // The part of target `index`; made where it is not there yet.
  [[nodiscard]] Tally& target(std::size_t index) {
    if (targets.size() <= index) targets.resize(index + 1);
    return targets[index];
  }
  void merge(const Tally& other);
};

// Messages that devices publish by themselves, of those due in the hold; each a subset of the one before.
struct TelemetryRecord {
  std::uint64_t scheduled = 0;
  std::uint64_t sent = 0;          // taken by a connection; the rest found its device away or its queue full
  std::uint64_t acknowledged = 0;  // by the broker; of QoS 0: written to the socket
};

}  // namespace fleet::sim
