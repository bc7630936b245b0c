// The summary for the terminal.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace fleet::sim {

struct TextOptions {
  bool colour = false;  // ANSI colours for the verdict and for what failed
};

// About 30 lines: the verdict with its reasons first, then what was asked, the books, rates, times, cost, health,
// thresholds and notes. `result` is the document of result_json() or read_result(); a number that it does not hold
// shows as "-". UTF-8, ends with a line feed.
[[nodiscard]] std::string render_text(const nlohmann::ordered_json& result, const TextOptions& options = {});

}  // namespace fleet::sim
