// Topic filters against a slow, plain matcher. Input: a filter, a zero byte, a topic.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/error.h"
#include "wire/mqtt/topic.h"
#include "wire/mqtt/utf8.h"

namespace {

using namespace fleet::wire::mqtt;

std::vector<std::string> levels(std::string_view text) {
  std::vector<std::string> all(1);
  for (const char c : text) {
    if (c == '/') {
      all.emplace_back();
    } else {
      all.back().push_back(c);
    }
  }
  return all;
}

bool matches_plainly(std::string_view filter, std::string_view topic) {
  std::vector<std::string> wanted = levels(filter);
  if (is_shared(filter)) wanted.erase(wanted.begin(), wanted.begin() + 2);
  const std::vector<std::string> have = levels(topic);
  if (topic.starts_with('$') && (wanted[0] == "+" || wanted[0] == "#")) return false;
  for (std::size_t level = 0; level < wanted.size(); ++level) {
    if (wanted[level] == "#") return have.size() >= level;
    if (level >= have.size() || (wanted[level] != "+" && wanted[level] != have[level])) return false;
  }
  return wanted.size() == have.size();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::size_t zero = text.find('\0');
  const std::string filter = text.substr(0, zero);
  const std::string topic = zero == std::string::npos ? std::string() : text.substr(zero + 1);
  const bool name = valid_topic_name(topic);
  FLEET_CHECK(name == (!topic.empty() && topic.size() <= 65'535 && valid_utf8(topic) &&
                       topic.find_first_of("+#") == std::string::npos));
  if (name) FLEET_CHECK(is_shared(topic) || (valid_topic_filter(topic) && matches(topic, topic)));
  if (!valid_topic_filter(filter) || !name) return 0;
  FLEET_CHECK(matches(filter, topic) == matches_plainly(filter, topic));
  return 0;
}
