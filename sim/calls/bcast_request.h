// A BatchPub request in the dialect of EMQX's bcast plugin: HTTP/1.1 POST of a JSON object, HTTP Basic.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/calls/request.h"
#include "sim/calls/stamped_content.h"

namespace fleet::sim {

class BcastRequestBuilder final : public RequestBuilder {
 public:
  // As make_request_builder().
  BcastRequestBuilder(const Scenario& scenario, std::uint16_t call_group, const PickPlan& pick, const Url& bridge,
                      std::uint32_t run);

  // The time of day is not sent.
  void build(std::uint64_t call, wire::TimePoint due, wire::WallTime wall, PreparedRequest& out) override;

 private:
  const PickPlan& pick_;
  const FleetGroup& recipients_;
  RequestFrame frame_;
  const bool names_devices_;    // BatchPub; PubBroadcast names nobody
  std::string before_devices_;  // {"Action":... [
  std::string before_content_;  // ],"MessageContent":"
  StampedContent content_;
  std::vector<std::uint32_t> picked_;  // scratch
};

}  // namespace fleet::sim
