#include "bridge/broker_auth/refusal_log.h"

#include <utility>

namespace fleet::bridge {

void RefusalLog::tell(const std::function<std::string()>& make) {
  if (lines_ < kLinesMax) {
    ++lines_;
    write_(make());
  } else {
    ++left_out_;
  }
}

void RefusalLog::tick(wire::TimePoint now) {
  if (now < next_window_) return;
  next_window_ = now + kWindow;
  lines_ = 0;
  if (left_out_ > 0) write_(std::to_string(std::exchange(left_out_, 0)) + " more refusals in the last second");
}

std::string shown(std::string_view text) {
  constexpr std::size_t kBytesMax = 96;
  std::string out("'");
  for (const char c : text.substr(0, kBytesMax)) out.push_back(c >= 0x20 && c < 0x7F ? c : '?');
  if (text.size() > kBytesMax) out += "...";
  out.push_back('\'');
  return out;
}

}  // namespace fleet::bridge
