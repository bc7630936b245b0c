#include "sim/calls/bridge_answer.h"

#include <charconv>
#include <cstddef>
#include <exception>
#include <nlohmann/json.hpp>

namespace fleet::sim {

namespace {

constexpr std::size_t kCodeCharactersMax = 64;  // the longest code of the API has 44

// Picks Success and Code from the top level and keeps nothing else, however large or deep the text is.
class TopLevel final : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return value(); }
  bool boolean(bool flag) override {
    if (depth_ == 1 && key_ == Key::success) success = flag;
    return value();
  }
  bool number_integer(number_integer_t) override { return value(); }
  bool number_unsigned(number_unsigned_t) override { return value(); }
  bool number_float(number_float_t, const string_t&) override { return value(); }
  bool string(string_t& text) override {
    if (depth_ == 1 && key_ == Key::code) code = std::move(text);
    return value();
  }
  bool binary(binary_t&) override { return value(); }
  bool start_object(std::size_t) override { return open(); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return depth_ > 0 && open(); }  // the answer itself is an object
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    if (depth_ == 1)
      key_ = name == "Success" ? Key::success : name == "Code" || name == "code" ? Key::code : Key::other;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

  std::optional<bool> success;
  std::string code;

 private:
  enum class Key { other, success, code };

  // A bare value in place of the object ends the reading.
  [[nodiscard]] bool value() const { return depth_ > 0; }
  bool open() {
    ++depth_;
    return true;
  }
  bool close() {
    --depth_;
    return true;
  }

  std::size_t depth_ = 0;
  Key key_ = Key::other;
};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Cuts `text` at the first `separator` outside quotes; returns what was in front of it.
std::string_view take_until(char separator, std::string_view& text) {
  bool quoted = false;
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == separator && !quoted) {
      break;
    }
  }
  const std::string_view front = text.substr(0, i);
  text = i < text.size() ? text.substr(i + 1) : std::string_view{};
  return trimmed(front);
}

template <class Number>
bool read_number(std::string_view text, int base, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return error == std::errc{} && end == text.data() + text.size();
}

// "BOOT:NANOSECONDS", with or without quotes.
std::optional<wire::TimePoint> read_clock_reading(std::string_view text, std::uint32_t our_boot) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::uint32_t boot = 0;
  std::int64_t nanos = 0;
  if (!read_number(text.substr(0, colon), 16, boot) || !read_number(text.substr(colon + 1), 10, nanos)) {
    return std::nullopt;
  }
  if (boot != our_boot || our_boot == 0 || nanos < 0) return std::nullopt;
  return wire::TimePoint(wire::Nanos(nanos));
}

}  // namespace

std::string printable_code(std::string code) {
  if (code.size() > kCodeCharactersMax) code.resize(kCodeCharactersMax);
  for (char& c : code) {
    if (c < 0x20 || c > 0x7E) c = '?';
  }
  return code;
}

BridgeAnswer judge_answer(unsigned status, std::string_view body) {
  TopLevel top;
  bool whole = false;
  try {
    whole = nlohmann::json::sax_parse(body, &top);
  } catch (const std::exception&) {  // the library may throw what parse_error() does not cover
    whole = false;
  }
  const bool good_status = status >= 200 && status < 300;
  if (whole && good_status && top.success.value_or(false)) return {CallResult::accepted, {}};
  if (whole && !top.code.empty()) return {CallResult::rejected, printable_code(std::move(top.code))};
  if (!good_status) return {CallResult::rejected, "HTTP " + std::to_string(status)};
  return {CallResult::failed, "bad answer"};
}

std::optional<BridgeClock> read_bridge_clock(std::string_view server_timing, std::uint32_t our_boot) {
  std::optional<wire::TimePoint> received;
  std::optional<wire::TimePoint> published;
  while (!server_timing.empty()) {
    std::string_view metric = take_until(',', server_timing);
    const std::string_view name = take_until(';', metric);
    if (name != "received" && name != "published") continue;
    while (!metric.empty()) {
      std::string_view parameter = take_until(';', metric);
      if (take_until('=', parameter) != "desc") continue;
      (name == "received" ? received : published) = read_clock_reading(trimmed(parameter), our_boot);
    }
  }
  if (!received || !published) return std::nullopt;
  return BridgeClock{*received, *published};
}

}  // namespace fleet::sim
