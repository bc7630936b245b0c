// What the devices of a fleet group did by themselves beside receiving, counted. Each record is owned by one thread and
// merged after the join by addition.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/ledger/histogram.h"

namespace fleet::sim {

// Devices that left on purpose. returned is a subset of left; resumed and forgotten share out those returned that asked
// for their session.
struct AbsenceRecord {
  std::uint64_t left = 0;
  std::uint64_t skipped = 0;    // leavings that found their device without a connection, or busy with something else
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

// Identities that connected a second time elsewhere. done and failed share out begun but for those under way at the
// end; session_taken_over and closed share out the first connections that the broker has ended for it.
struct TakeoverRecord {
  std::uint64_t begun = 0;
  std::uint64_t skipped = 0;             // likewise
  std::uint64_t done = 0;                // ready on the second connection
  std::uint64_t failed = 0;              // the second connection was lost or refused before that
  std::uint64_t session_taken_over = 0;  // the broker said so (MQTT 5.0 §3.14.2.1, 0x8E)
  std::uint64_t closed = 0;              // it said something else, or nothing
  Histogram time;                        // second connect begun to its device being ready on it

  void merge(const TakeoverRecord& other) {
    begun += other.begun;
    skipped += other.skipped;
    done += other.done;
    failed += other.failed;
    session_taken_over += other.session_taken_over;
    closed += other.closed;
    time.merge(other.time);
  }
};

// Devices that unsubscribed and subscribed again. again is a subset of unsubscribed.
struct ResubscribeRecord {
  std::uint64_t unsubscribed = 0;
  std::uint64_t skipped = 0;  // likewise
  std::uint64_t again = 0;    // every filter granted again

  void merge(const ResubscribeRecord& other) {
    unsubscribed += other.unsubscribed;
    skipped += other.skipped;
    again += other.again;
  }
};

// Devices that stopped pinging. dropped is a subset of begun.
struct SilenceRecord {
  std::uint64_t begun = 0;
  std::uint64_t skipped = 0;  // likewise
  std::uint64_t dropped = 0;  // the broker has ended the connection
  Histogram time;             // from then on until the broker ended it

  void merge(const SilenceRecord& other) {
    begun += other.begun;
    skipped += other.skipped;
    dropped += other.dropped;
    time.merge(other.time);
  }
};

// Replies to what came in the hold; sent is a subset of scheduled, acknowledged of sent. The rest found its device
// without a connection or its queue full.
struct ReplyRecord {
  std::uint64_t scheduled = 0;
  std::uint64_t dropped = 0;  // of scheduled: too many waited already
  std::uint64_t sent = 0;
  std::uint64_t acknowledged = 0;  // by the broker; of QoS 0: written to the socket
  Histogram lag;                   // sent − due: our own lateness

  void merge(const ReplyRecord& other) {
    scheduled += other.scheduled;
    dropped += other.dropped;
    sent += other.sent;
    acknowledged += other.acknowledged;
    lag.merge(other.lag);
  }
};

// Devices that read slowly.
struct SlowReadingRecord {
  std::uint64_t held_back = 0;  // times that a device had read all it might, 2.5 times a second at most

  void merge(const SlowReadingRecord& other) { held_back += other.held_back; }
};

// Of one fleet group; there is what its behaviour asks for.
struct BehaviourRecord {
  std::optional<AbsenceRecord> absence;
  std::optional<TakeoverRecord> takeover;
  std::optional<ResubscribeRecord> resubscribe;
  std::optional<SilenceRecord> silence;
  std::optional<ReplyRecord> reply;
  std::optional<SlowReadingRecord> slow_reading;

  // Adds what `other` has.
  void merge(const BehaviourRecord& other) {
    const auto add = [](auto& mine, const auto& others) {
      if (!others) return;
      if (!mine) mine.emplace();
      mine->merge(*others);
    };
    add(absence, other.absence);
    add(takeover, other.takeover);
    add(resubscribe, other.resubscribe);
    add(silence, other.silence);
    add(reply, other.reply);
    add(slow_reading, other.slow_reading);
  }
};

}  // namespace fleet::sim
