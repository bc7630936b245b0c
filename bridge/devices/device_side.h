// The connection of the device side: requests of gateways from the broker to the device API, answers and notices back.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "bridge/devices/device_api.h"
#include "bridge/devices/notice.h"
#include "bridge/fanout/broker_link.h"
#include "wire/mqtt/endpoint.h"

namespace fleet::bridge {

// What became of messages besides what DeviceCounts says.
struct DeviceSideCounts {
  std::uint64_t overflow = 0;  // requests dropped: they came faster than they could be answered
  std::uint64_t retained = 0;  // requests dropped: kept by the broker from before, not made now
  std::uint64_t unsent = 0;    // answers and notices dropped: the broker is away, or the queue to it is full
};

// Owned by the service; lives on its loop, which outlives it, as do the API and what the endpoint needs.
//
// Requests wait in a mailbox of kMailboxBytes and are answered one a turn of the loop, so that a burst of them does not
// hold up HTTP calls. What is sent while the broker is away is dropped and counted: gateways ask again, and ask for
// their topology when they come back.
class DeviceSide {
 public:
  // A thousand gateways that log 50 sub-devices in at one moment.
  static constexpr std::size_t kMailboxBytes = 16u << 20;

  // `seed` decides the back-off's jitter.
  DeviceSide(boost::asio::io_context& loop, DeviceApi& api, const MakeEndpoint& make, wire::mqtt::Login login,
             std::uint64_t seed);
  DeviceSide(const DeviceSide&) = delete;
  DeviceSide& operator=(const DeviceSide&) = delete;

  // Connects and subscribes; `settled` is called once, when that has succeeded or failed for the first time.
  void start(Moment moment, std::function<void()> settled);
  // What others have to tell devices.
  void tell(std::vector<Notice> notices);
  // Reconnects, the time of requests, and what is to be logged. At least twice a second.
  void on_timer(Moment moment);
  // Answers nothing more, sends what is queued and disconnects, then calls `stopped`, perhaps from inside.
  void stop(std::function<void()> stopped);
  // Behind stop(): closes without waiting.
  void abandon();

  [[nodiscard]] bool listening() const { return link_.connected(); }
  [[nodiscard]] const DeviceSideCounts& counts() const { return counts_; }

  // What an endpoint for it needs.
  [[nodiscard]] static wire::mqtt::EndpointOptions endpoint_options();

 private:
  struct Message {
    std::string topic;
    std::string payload;
    wire::mqtt::Qos qos = wire::mqtt::Qos::at_most_once;
    [[nodiscard]] std::size_t bytes() const { return sizeof(Message) + topic.size() + payload.size(); }
  };

  void take(const wire::mqtt::Delivery& delivery);
  void answer_next();
  void post_turn();
  void send(const std::vector<Notice>& notices);
  void on_changed();
  void report(wire::TimePoint now);

  boost::asio::io_context& loop_;
  DeviceApi& api_;
  std::deque<Message> mailbox_;
  std::size_t mailbox_bytes_ = 0;
  bool turn_posted_ = false;
  std::vector<Notice> out_;  // scratch
  DeviceSideCounts counts_;
  Moment moment_{};  // of the last timer; fine enough for requests
  std::uint64_t reported_ = 0;
  wire::TimePoint report_again_{};
  std::function<void()> settled_;
  std::function<void()> stopped_;
  bool stopping_ = false;
  BrokerLink link_;  // last: its events come here
};

}  // namespace fleet::bridge
