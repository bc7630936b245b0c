#include "sim/calls/request.h"

#include <charconv>
#include <cstring>

#include "sim/calls/aliyun_request.h"
#include "sim/calls/bcast_request.h"

namespace fleet::sim {

namespace {

// Room for the digits of a Content-Length.
constexpr std::size_t kLengthDigitsMax = 20;

constexpr std::string_view kEndOfHead = "\r\n\r\n";

}  // namespace

std::size_t RequestFrame::room() const { return head_.size() + kLengthDigitsMax + kEndOfHead.size(); }

std::string& RequestFrame::begin_body(PreparedRequest& out) const {
  out.buffer.resize(room());
  return out.buffer;
}

void RequestFrame::finish(PreparedRequest& out) const {
  char digits[kLengthDigitsMax];
  const auto end = std::to_chars(digits, digits + kLengthDigitsMax, out.buffer.size() - room()).ptr;
  const auto count = static_cast<std::size_t>(end - digits);
  out.begin = kLengthDigitsMax - count;
  char* at = out.buffer.data() + out.begin;
  std::memcpy(at, head_.data(), head_.size());
  std::memcpy(at + head_.size(), digits, count);
  std::memcpy(at + head_.size() + count, kEndOfHead.data(), kEndOfHead.size());
}

std::unique_ptr<RequestBuilder> make_request_builder(const Scenario& scenario, std::uint16_t call_group,
                                                     const PickPlan& pick, const Url& bridge, std::uint32_t run) {
  if (scenario.target.dialect == Dialect::emqx_bcast) {
    return std::make_unique<BcastRequestBuilder>(scenario, call_group, pick, bridge, run);
  }
  return std::make_unique<AliyunRequestBuilder>(scenario, call_group, pick, bridge, run);
}

}  // namespace fleet::sim
