// Text files with a row a line: identities, due times.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace fleet::settings {

// Views into the text, which outlives it.
class Rows {
 public:
  // A byte order mark in front is passed over.
  explicit Rows(std::string_view text);

  // The next row, without the blanks around it. Empty lines and lines that begin with '#' are no rows.
  [[nodiscard]] std::optional<std::string_view> next();
  // The line of the last row, from 1.
  [[nodiscard]] std::uint32_t line() const { return line_; }

 private:
  std::string_view rest_;
  std::uint32_t line_ = 0;
};

}  // namespace fleet::settings
