#include "bridge/envelope/top_time.h"

#include <fmt/format.h>

#include <chrono>

#include "wire/timestamp.h"

namespace fleet::bridge {
namespace {

constexpr std::chrono::hours kZone{8};
constexpr std::size_t kDateBytes = 10;  // yyyy-MM-dd

}  // namespace

std::optional<wire::WallTime> parse_top_time(std::string_view text) {
  if (text.size() <= kDateBytes || text[kDateBytes] != ' ') return {};
  std::string iso(text);
  iso[kDateBytes] = 'T';
  iso.push_back('Z');
  const auto local = wire::parse_timestamp(iso);
  if (!local) return {};
  return *local - kZone;
}

std::string top_time_text(wire::WallTime time) {
  const auto local = time + kZone;
  const auto days = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss clock(local - days);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

}  // namespace fleet::bridge
