// multipart/form-data (RFC 7578 over RFC 2046 §5.1): parameters as the Java SDK sends them where a call carries files.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "wire/encoding.h"

namespace fleet::bridge {

// The boundary of a content type; empty where it is not multipart/form-data, or has none of 1 to 70 characters.
// A view into `content_type`.
[[nodiscard]] std::string_view multipart_boundary(std::string_view content_type);

// True for a content type that says multipart/form-data, with a usable boundary or without.
[[nodiscard]] bool is_multipart(std::string_view content_type);

// Appends the parts of `body` that are no files, in their order; names and values are views into it. Parts with a file
// name are passed over: files are not signed, and no method takes one. Line ends are CRLF; what stands in front of the
// first boundary and behind the last one does not count. False where the body does not end with the last boundary, a
// part has no end of its header or no name, a value holds a NUL, or there are more than `parts_max` parts.
[[nodiscard]] bool read_multipart(std::string_view body, std::string_view boundary, std::size_t parts_max,
                                  std::vector<wire::Param>& out);

}  // namespace fleet::bridge
