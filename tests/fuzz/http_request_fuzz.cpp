// Any bytes as HTTP requests: what is kept stays within the limits, and a request is the same in whatever pieces it
// arrives.
#include <cstdint>
#include <string>
#include <string_view>

#include "bridge/server/request_parser.h"
#include "wire/error.h"

namespace {

using fleet::bridge::RequestLimits;
using fleet::bridge::RequestParser;
using fleet::bridge::RequestText;
using Step = RequestParser::Step;

constexpr RequestLimits kLimits{8'192, 2'048};  // libFuzzer's inputs are shorter than the header may be

// Reads one request that arrives in pieces; returns how far it came.
Step read(std::string_view bytes, std::size_t piece, RequestText& text) {
  RequestParser parser(kLimits, text);
  std::string unread;
  Step step = Step::more;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    unread.append(bytes.substr(at, piece));
    do {
      std::size_t used = 0;
      step = parser.put(unread, used);
      FLEET_CHECK(used <= unread.size());
      unread.erase(0, used);
    } while (step == Step::header && !unread.empty());
    FLEET_CHECK(text.body.size() <= kLimits.body_bytes_max);
    if (step == Step::refused) FLEET_CHECK(parser.refusal() >= 400 && parser.refusal() < 600);
    if (step == Step::done || step == Step::refused) break;
  }
  return step;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 2 || size > 6'000) return 0;
  const std::string_view request(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  RequestText whole;
  RequestText pieces;
  const Step at_once = read(request, request.size(), whole);
  const Step by_pieces = read(request, 1 + std::size_t{bytes[0]}, pieces);
  FLEET_CHECK((at_once == Step::done) == (by_pieces == Step::done));
  if (at_once != Step::done) return 0;
  FLEET_CHECK(whole.body == pieces.body && whole.method == pieces.method && whole.target == pieces.target);
  FLEET_CHECK(whole.content_type == pieces.content_type && whole.authorization == pieces.authorization);
  FLEET_CHECK(!whole.view().path.empty());
  return 0;
}
