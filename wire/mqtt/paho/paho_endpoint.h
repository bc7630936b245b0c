// The second engine and the independent witness: Eclipse Paho MQTT C++ behind the verbs of our own.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "wire/mqtt/endpoint.h"
#include "wire/mqtt/native_options.h"

namespace fleet::wire::mqtt {

// One MQTT connection on Paho. Owned like the native Connection: lives on `loop`, its events come there; the loop, the
// options and the owner's events outlive it.
//
// Paho runs one sending and one receiving thread and one lock for the whole process. Each of its callbacks is brought
// to the loop as a posted handler, so Paho's own queue, its threads and that hop are inside every number measured here.
//
// Where it differs from the native engine, because Paho does:
// - abort() sends a DISCONNECT packet.
// - A payload is copied for each topic inside Paho; the bounds of the options count it once a batch all the same.
// - A time-out of connect() is noticed up to 3 s late, a lost connection when Paho reads from it.
// - QoS 0 counts as published when Paho has written it.
// - What is wrong with a certificate is not told: such an attempt fails for Cause::other.
// - Messages that arrive faster than the loop takes them wait in it, up to EndpointOptions::arriving_bytes_max; what is
//   dropped then is acknowledged all the same.
// - maximum_packet_size is announced (5.0) and not enforced on what arrives.
// - Destroying the last endpoint of the process stops Paho's threads, which takes it about 0.1 s.
class PahoEndpoint final : public Endpoint {
 public:
  // Paho resolves a broker's name itself, on its own thread.
  PahoEndpoint(boost::asio::io_context& loop, const EndpointOptions& options, const BrokerPlace& broker,
               EndpointEvents& events);
  ~PahoEndpoint() override;
  PahoEndpoint(const PahoEndpoint&) = delete;
  PahoEndpoint& operator=(const PahoEndpoint&) = delete;

  void connect(const Login& login) override;
  void subscribe(std::span<const Subscription> filters, std::uint64_t cookie) override;
  void unsubscribe(std::span<const std::string> filters, std::uint64_t cookie) override;
  Offer publish(std::shared_ptr<const PublishBatch> batch, std::uint64_t cookie) override;
  void disconnect() override;
  void abort() override;
  // Paho keeps its own time; does nothing.
  void on_timer(TimePoint now) override;
  [[nodiscard]] Backlog backlog() const override;

 private:
  class Core;
  // Shared with handlers on their way through the loop; they find it closed after the destructor.
  std::shared_ptr<Core> core_;
};

}  // namespace fleet::wire::mqtt
