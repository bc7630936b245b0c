// result.json: the run record as a document, and back. The document is the one input of every renderer, so that a run
// that has just ended and one that is read from a file look the same.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "sim/report/run_record.h"
#include "wire/error.h"

namespace fleet::sim {

inline constexpr int kResultSchemaVersion = 1;

// "pass", "fail" or "invalid".
[[nodiscard]] std::string_view verdict_name(Verdict verdict);

// The document, keys in the order of design.md. Times in µs; what is not known (the CPU of a broker that is not ours, a
// cost without a delivery) is null.
[[nodiscard]] nlohmann::ordered_json result_json(const RunRecord& record);

// The number at a dotted path ("times_us.response.p99"); names of groups may hold dots themselves, and
// entries of lists go by their place ("faults.0.back.all_s"). None where there is
// no number: an unknown path, a null, or a statistic of times of which none was recorded (their count is a number: 0).
[[nodiscard]] std::optional<double> metric_at(const nlohmann::ordered_json& result, std::string_view path);

// Writes the document whole or not at all: beside `path` first, then renamed over it. Environment error when the disk
// is full or the directory is not there; nothing is left behind then.
[[nodiscard]] wire::Result<void> write_result(const nlohmann::ordered_json& result, const std::string& path);

// Reads a result.json. Usage error when the file cannot be read or is not one of this schema_version.
[[nodiscard]] wire::Result<nlohmann::ordered_json> read_result(const std::string& path);

}  // namespace fleet::sim
