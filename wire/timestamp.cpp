#include "wire/timestamp.h"

#include <chrono>
#include <cstddef>

namespace fleet::wire {
namespace {

// The number in text[at .. at + digits), or -1.
int digits_at(std::string_view text, std::size_t at, std::size_t digits) {
  int number = 0;
  for (const char c : text.substr(at, digits)) {
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  return number;
}

void append_digits(unsigned value, std::size_t count, std::string& out) {
  const std::size_t end = out.size() + count;
  out.resize(end);
  for (std::size_t i = 1; i <= count; ++i, value /= 10) out[end - i] = static_cast<char>('0' + value % 10);
}

}  // namespace

void append_timestamp(WallTime wall, std::string& out) {
  const auto day = std::chrono::floor<std::chrono::days>(wall);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<std::chrono::seconds> time(wall - day);
  append_digits(static_cast<unsigned>(static_cast<int>(date.year())), 4, out);
  out += '-';
  append_digits(static_cast<unsigned>(date.month()), 2, out);
  out += '-';
  append_digits(static_cast<unsigned>(date.day()), 2, out);
  out += 'T';
  append_digits(static_cast<unsigned>(time.hours().count()), 2, out);
  out += ':';
  append_digits(static_cast<unsigned>(time.minutes().count()), 2, out);
  out += ':';
  append_digits(static_cast<unsigned>(time.seconds().count()), 2, out);
  out += 'Z';
}

std::optional<WallTime> parse_timestamp(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00Z";
  if (text.size() != kShape.size()) return {};
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] != '0' && text[i] != kShape[i]) return {};
  }
  const int year = digits_at(text, 0, 4);
  const int month = digits_at(text, 5, 2);
  const int day = digits_at(text, 8, 2);
  const int hour = digits_at(text, 11, 2);
  const int minute = digits_at(text, 14, 2);
  const int second = digits_at(text, 17, 2);
  if (year < 0 || month < 0 || day < 0) return {};
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return {};
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return {};
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

}  // namespace fleet::wire
