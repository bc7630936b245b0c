// A session and a broker that says anything: the first byte chooses version and options, then commands of one byte
// alternate with pieces of the broker's stream.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "wire/error.h"
#include "wire/mqtt/codec.h"
#include "wire/mqtt/session.h"

namespace {

using namespace fleet::wire;
using namespace fleet::wire::mqtt;

// The owner of a session: keeps the books that the session's events must fit.
class Owner {
 public:
  explicit Owner(std::uint8_t settings) {
    options_.version = (settings & 1) != 0 ? Version::v5 : Version::v311;
    options_.clean_start = (settings & 2) != 0;
    options_.receive_maximum = (settings & 4) != 0 ? 3 : 65'535;
    options_.maximum_packet_size = (settings & 8) != 0 ? 64 : 1u << 20;
    session_.connect({"d", "", ""}, now_, actions_);
    if ((settings & 16) != 0) accept();
    settle();
  }

  void accept() {
    std::vector<std::byte> connack;
    encode_connack(options_.version, {}, connack);
    session_.on_bytes(connack, now_, actions_);
    settle();
  }

  void command(std::uint8_t code) {
    const Qos qos = (code & 8) != 0 ? Qos::exactly_once : Qos::at_least_once;
    switch (code & 7) {
      case 0:
        begin(++cookie_, qos);
        break;
      case 1:
        session_.subscribe(std::vector<Subscription>{{"a/+", qos}, {"b", qos}}, 1, now_, actions_);
        break;
      case 2:
        session_.unsubscribe(std::vector<std::string>{"a/+"}, 2, now_, actions_);
        break;
      case 3:
        now_ += std::chrono::seconds(code);
        session_.on_timer(now_, actions_);
        break;
      case 4:
        session_.on_transport_lost(actions_);
        session_.connect({"d", "", ""}, now_, actions_);
        break;
      case 5:
        accept();
        break;
      case 6:
        session_.disconnect(ReasonCode::success, actions_);
        break;
      default:
        break;
    }
    settle();
  }

  void feed(std::span<const std::byte> piece) {
    const std::vector<std::byte> exact(piece.begin(), piece.end());
    session_.on_bytes(exact, now_, actions_);
    settle();
  }

 private:
  void begin(std::uint64_t cookie, Qos qos) {
    const auto begun = session_.begin_publish(qos, cookie, now_);
    if (begun) {
      FLEET_CHECK(*begun != 0);
      FLEET_CHECK(owed_.emplace(cookie, qos).second);
    }
  }

  // What was written must be packets; what was told must fit what is owed.
  void settle() {
    std::span<const std::byte> written(actions_.output);
    while (!written.empty()) {
      Frame frame;
      FLEET_CHECK(split_frame(options_.version, written, kPacketSizeMax, frame) == FrameStatus::complete);
      Packet packet;
      FLEET_CHECK(decode(options_.version, frame, packet) == ReasonCode::success);
      written = written.subspan(frame.size);
    }
    for (const Event& event : actions_.events) {
      if (event.kind == Event::Kind::closed) FLEET_CHECK(!session_.connected());
      if (event.kind == Event::Kind::acknowledged || event.kind == Event::Kind::renew) {
        FLEET_CHECK(owed_.erase(event.cookie) == 1);
      }
      if (event.kind == Event::Kind::resend) FLEET_CHECK(owed_.contains(event.cookie));
      // Reads every view, so that a sanitizer meets a dangling one.
      payload_.assign(event.delivery.payload.begin(), event.delivery.payload.end());
      for (const char c : event.delivery.topic) FLEET_CHECK(c != 0);
      granted_.assign(event.granted.begin(), event.granted.end());
      detail_.assign(event.detail);
    }
    FLEET_CHECK(session_.in_flight() == owed_.size());
    actions_.clear();
  }

  EndpointOptions options_;
  Session session_{&options_};
  Actions actions_;
  TimePoint now_{};
  std::uint64_t cookie_ = 0;
  std::map<std::uint64_t, Qos> owed_;  // by cookie
  std::vector<std::byte> payload_;
  std::vector<ReasonCode> granted_;
  std::string detail_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Owner owner(data[0]);
  std::span<const std::uint8_t> rest(data + 1, size - 1);
  while (!rest.empty()) {
    // A byte with the high bit is a command; below it is the length of a piece.
    const std::uint8_t step = rest.front();
    rest = rest.subspan(1);
    if ((step & 0x80) != 0) {
      owner.command(step & 0x7F);
      continue;
    }
    const auto piece = rest.first(std::min<std::size_t>(step, rest.size()));
    owner.feed(std::as_bytes(piece));
    rest = rest.subspan(piece.size());
  }
  return 0;
}
