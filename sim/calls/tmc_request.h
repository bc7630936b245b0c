// A signed taobao.tmc.messages.produce (or taobao.tmc.message.produce) request as a real caller sends it: HTTP/1.1 POST
// to /router/rest, everything in the form body, keys in byte order, sign last (Taobao Open Platform: call method,
// sign_method hmac-sha256).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/calls/request.h"
#include "sim/ledger/message_deal.h"

namespace fleet::sim {

// The content of each message is a stamped JSON text of exactly payload_bytes, which says its position in the call.
// About 60 µs for 50 messages of 512 bytes at -O2, most of it for the signature.
class TmcRequestBuilder final : public RequestBuilder {
 public:
  // The call group's api carries messages; its payload_bytes is at least wire::kJsonStampBytes. Nothing is kept of
  // `scenario`. `run` is the stamps' run id.
  TmcRequestBuilder(const Scenario& scenario, std::uint16_t call_group, const MessageDeal& deal, const Url& bridge,
                    std::uint32_t run);

  // `wall` goes into the timestamp that the bridge checks.
  void build(std::uint64_t call, wire::TimePoint due, wire::WallTime wall, PreparedRequest& out) override;

 private:
  // Text as it is signed, and as the form has it.
  struct Piece {
    std::string plain;
    std::string form;
  };

  [[nodiscard]] static Piece value(std::string_view text);
  // "&key=value" in the form, "keyvalue" in what is signed.
  [[nodiscard]] static Piece param(std::string_view key, std::string_view value);
  void lay_out_list(const Scenario& scenario, const CallGroup& group);
  void lay_out_single(const Scenario& scenario, const CallGroup& group);
  void append(const Piece& piece, std::string& body);
  void append_content(std::uint64_t call, std::uint32_t position, wire::TimePoint due, std::string& body);
  void update_timestamp(wire::WallTime wall);

  MessageDeal deal_;
  std::uint32_t batch_;
  std::string secret_;
  std::uint32_t run_;
  std::uint32_t boot_;
  std::uint16_t call_group_;
  RequestFrame frame_;

  // In the order of the body; the last three lines but the timestamp once a call.
  Piece opening_;
  std::vector<Piece> before_;  // a message, by topic
  Piece content_head_, content_tail_;
  std::vector<Piece> behind_;  // a message, by target
  Piece between_;              // messages
  Piece closing_;
  Piece timestamp_;
  std::vector<Piece> end_;  // by topic of the first message

  std::string text_;  // content of a message, with its filler
  std::string to_sign_;
  wire::WallTime timestamp_of_{};
};

}  // namespace fleet::sim
