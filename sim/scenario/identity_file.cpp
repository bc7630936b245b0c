#include "sim/scenario/identity_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "settings/file.h"
#include "settings/rows.h"
#include "settings/spelling.h"
#include "settings/units.h"
#include "sim/scenario/identities.h"
#include "sim/scenario/naming.h"
#include "wire/identifiers.h"

namespace fleet::sim {

using settings::grouped;
using settings::shortened;

namespace {

// A million rows at their longest.
constexpr settings::Language kIdentities{"list of identities", 256u << 20, 0};
constexpr std::string_view kHeader = "product_key,device_name,device_secret";
constexpr std::array<std::string_view, 3> kColumns{"product key", "device name", "device secret"};

using Row = std::array<std::string_view, 3>;

bool is_secret(std::string_view text) {
  return text.size() <= Identities::kSecretBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~' && c != '"'; });
}

// The columns of a line, or what is wrong with it.
tl::expected<Row, std::string> read_row(std::string_view line) {
  Row row;
  std::size_t columns = 0;
  for (std::string_view rest = line;; ++columns) {
    const std::size_t comma = rest.find(',');
    if (columns < row.size()) row[columns] = rest.substr(0, comma);
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  if (++columns != row.size()) {
    return tl::unexpected(
        fmt::format("{} column{}; a row is product key,device name,device secret", columns, columns == 1 ? "" : "s"));
  }
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i].empty()) return tl::unexpected(fmt::format("the {} is empty", kColumns[i]));
  }
  if (!wire::is_product_key(row[0])) {
    return tl::unexpected(fmt::format("'{}' is not a product key; allowed are 1 .. {} of [A-Za-z0-9]",
                                      shortened(row[0]), wire::kProductKeyBytesMax));
  }
  if (!wire::is_device_name(row[1])) {
    return tl::unexpected(fmt::format("'{}' is not a device name; allowed are {} .. {} of [A-Za-z0-9_@.:-]",
                                      shortened(row[1]), wire::kDeviceNameBytesMin, wire::kDeviceNameBytesMax));
  }
  if (!is_secret(row[2])) {
    return tl::unexpected(fmt::format("the device secret of '{}' is not 1 .. {} visible ASCII characters", row[1],
                                      Identities::kSecretBytesMax));
  }
  return row;
}

}  // namespace

wire::Result<void> read_identity_file(
    const Scenario& scenario, std::size_t fleet_group,
    const std::function<void(std::uint32_t index, std::string_view secret)>& on_device) {
  const FleetGroup& group = scenario.fleet[fleet_group];
  const std::string& product_key = scenario.products[group.product].key;
  const auto text = settings::read_file(group.identities, kIdentities);
  if (!text) return tl::unexpected(text.error());
  if (text->size() > kIdentities.bytes_max) return wire::usage_error("larger than 256 MB", group.identities);
  const NameTemplate names(group.name_template);
  std::vector<bool> known(group.count);
  std::uint32_t found = 0;
  settings::Rows lines(*text);
  while (const auto line = lines.next()) {
    if (lines.line() == 1 && *line == kHeader) continue;
    const auto row = read_row(*line);
    const std::string where = fmt::format("{}:{}", group.identities, lines.line());
    if (!row) return wire::usage_error(row.error(), where);
    if ((*row)[0] != product_key) continue;
    const auto index = names.index_of((*row)[1]);
    if (!index || *index >= group.count) continue;
    if (known[*index]) return wire::usage_error(fmt::format("device '{}' is in the file already", (*row)[1]), where);
    known[*index] = true;
    ++found;
    on_device(*index, (*row)[2]);
  }
  if (found == group.count) return {};
  const auto missing = static_cast<std::uint32_t>(std::find(known.begin(), known.end(), false) - known.begin());
  return wire::usage_error(
      fmt::format("{} of the {} devices of '{}' are in it; '{}' of product {} is the first that is not", grouped(found),
                  grouped(group.count), group.name, device_name(group.name_template, missing), product_key),
      group.identities);
}

}  // namespace fleet::sim
