// One request of a caller, ready to be written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sim/ledger/pick.h"
#include "sim/scenario/scenario.h"
#include "wire/clock.h"

namespace fleet::sim {

// The bytes of one request. Its buffer is reused from call to call.
struct PreparedRequest {
  std::string buffer;     // the request ends where the buffer ends
  std::size_t begin = 0;  // the head is as long as its Content-Length needs, so the request begins behind some room

  [[nodiscard]] std::string_view text() const { return std::string_view(buffer).substr(begin); }
};

// Puts a head in front of a body that is written first, because only then its length is known.
class RequestFrame {
 public:
  // Everything of the head in front of Content-Length: request line and fields, each with its line end.
  explicit RequestFrame(std::string head) : head_(std::move(head)) { head_ += "Content-Length: "; }

  // Where the body is to be appended; what the buffer held is gone.
  [[nodiscard]] std::string& begin_body(PreparedRequest& out) const;
  void finish(PreparedRequest& out) const;

 private:
  [[nodiscard]] std::size_t room() const;

  std::string head_;
};

// Builds the requests of one call group in the target's dialect; everything that is the same in all of them is built
// once. Owned by the callers' thread.
class RequestBuilder {
 public:
  virtual ~RequestBuilder() = default;

  // Writes the request of a call. `due` goes into the stamp, `wall` is the time of day for dialects that send one.
  virtual void build(std::uint64_t call, wire::TimePoint due, wire::WallTime wall, PreparedRequest& out) = 0;
};

// The builder of the dialect. `scenario` and `pick` outlive it; the group's payload_bytes is at least
// wire::kStampBytes. `run` is the stamp's run id.
[[nodiscard]] std::unique_ptr<RequestBuilder> make_request_builder(const Scenario& scenario, std::uint16_t call_group,
                                                                   const PickPlan& pick, const Url& bridge,
                                                                   std::uint32_t run);

}  // namespace fleet::sim
