// What the devices of a fleet group did that left on purpose: how often, whether their sessions were kept, and when
// they had what had waited for them.
#pragma once

#include <cstdint>

#include "sim/ledger/histogram.h"

namespace fleet::sim {

// Owned by one thread; merged after the join by addition. returned is a subset of left, resumed and forgotten share out
// those returned that asked for their session.
struct AbsenceRecord {
  std::uint64_t left = 0;
  std::uint64_t skipped = 0;    // leavings that found their device without a connection, or away already
  std::uint64_t returned = 0;   // ready again
  std::uint64_t resumed = 0;    // the broker had kept the session
  std::uint64_t forgotten = 0;  // it should have, and had not
  std::uint64_t backlog = 0;    // deliveries of measured calls that were due while their device was away; first copies
  Histogram back;               // ready again − due back
  Histogram caught_up;          // newest delivery of its backlog − due back; of absences with a backlog

  void merge(const AbsenceRecord& other) {
    left += other.left;
    skipped += other.skipped;
    returned += other.returned;
    resumed += other.resumed;
    forgotten += other.forgotten;
    backlog += other.backlog;
    back.merge(other.back);
    caught_up.merge(other.caught_up);
  }
};

}  // namespace fleet::sim
