// A signed BatchPub, Pub or PubBroadcast request as a real caller sends it: HTTP/1.1 POST, everything in the form body,
// keys in byte order, Signature last (protocol: Aliyun RPC signature version 1.0, HMAC-SHA1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/calls/request.h"
#include "sim/calls/stamped_content.h"

namespace fleet::sim {

// Request line and fields of a call at the bridge, for RequestFrame.
[[nodiscard]] std::string aliyun_head(const Url& bridge, std::string_view action);

// About 7 µs for 100 names and 256 bytes at -O2.
class AliyunRequestBuilder final : public RequestBuilder {
 public:
  // As make_request_builder().
  AliyunRequestBuilder(const Scenario& scenario, std::uint16_t call_group, const PickPlan& pick, const Url& bridge,
                       std::uint32_t run);

  // `wall` goes into the Timestamp that the bridge checks. The nonce is made of run, call group and call number:
  // unique, and the same for the same call.
  void build(std::uint64_t call, wire::TimePoint due, wire::WallTime wall, PreparedRequest& out) override;

 private:
  // Text of the form, and the same text percent-encoded once more as the string to sign has it.
  struct Piece {
    std::string form;
    std::string signed_form;
  };

  [[nodiscard]] static Piece piece(std::string_view form);
  void append(const Piece& piece, std::string& body);
  // A value that is not yet encoded.
  void append_value(std::string_view value, std::string& body);
  void append_devices(std::uint64_t call, std::string& body);
  // Of Pub: the whole topic of the one device.
  void append_device_topic(std::uint64_t call, std::string& body);
  void update_timestamp(wire::WallTime wall);

  const PickPlan& pick_;
  const FleetGroup& recipients_;
  const bool names_devices_;  // BatchPub
  const bool names_topic_;    // Pub; the third is PubBroadcast, which names nobody
  std::string secret_;
  std::uint32_t run_;
  std::uint16_t call_group_;

  RequestFrame frame_;
  Piece before_devices_;              // AccessKeyId … Action
  std::vector<Piece> device_keys_;    // "&DeviceName.N=" in byte order of the keys
  std::vector<std::uint32_t> order_;  // place in the call of each of them
  Piece before_content_, before_nonce_, before_timestamp_;
  Piece topic_front_, topic_back_;  // of Pub: around the device's name
  Piece behind_timestamp_;
  StampedContent content_;
  Piece content_tail_;

  std::vector<std::uint32_t> picked_;
  std::string to_sign_, encoded_, nonce_;  // scratch
  wire::WallTime timestamp_of_{};
  std::string timestamp_;
};

}  // namespace fleet::sim
