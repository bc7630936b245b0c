#include "bridge/envelope/multipart.h"

#include <algorithm>

namespace fleet::bridge {
namespace {

constexpr std::size_t kBoundaryMax = 70;  // RFC 2046 §5.1.1
constexpr std::string_view kLineEnd = "\r\n";

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return to_lower(x) == to_lower(y); });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes one "; name=value" or "; name=\"value\"" (RFC 2045 §5.1) off the front; a backslash inside quotes stays, and
// keeps a quote behind it from ending the value. False at the end or where there is none.
struct Attribute {
  std::string_view name;
  std::string_view value;
};
bool take_attribute(std::string_view& text, Attribute& out) {
  text = trim(text);
  while (text.starts_with(';')) text = trim(text.substr(1));  // the Java SDK ends its list with one
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return false;
  out.name = trim(text.substr(0, equals));
  text = trim(text.substr(equals + 1));
  if (!text.starts_with('"')) {
    const std::size_t end = std::min(text.find(';'), text.size());
    out.value = trim(text.substr(0, end));
    text.remove_prefix(end);
    return true;
  }
  std::size_t end = 1;
  while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
  if (end >= text.size()) return false;
  out.value = text.substr(1, end - 1);
  text.remove_prefix(end + 1);
  return true;
}

struct Part {
  std::optional<std::string_view> name;
  bool is_file = false;
};

// The Content-Disposition of a part's header, which ends with an empty line that is already cut off.
Part read_header(std::string_view header) {
  Part part;
  while (!header.empty()) {
    const std::size_t end = std::min(header.find(kLineEnd), header.size());
    const std::string_view line = header.substr(0, end);
    header.remove_prefix(std::min(header.size(), end + kLineEnd.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    if (!equals_ignoring_case(trim(line.substr(0, colon)), "Content-Disposition")) continue;
    std::string_view rest = trim(line.substr(colon + 1));
    const std::size_t type = std::min(rest.find(';'), rest.size());
    if (!equals_ignoring_case(trim(rest.substr(0, type)), "form-data")) continue;
    rest.remove_prefix(type);
    for (Attribute attribute; take_attribute(rest, attribute);) {
      if (equals_ignoring_case(attribute.name, "name")) part.name = attribute.value;
      part.is_file |=
          equals_ignoring_case(attribute.name, "filename") || equals_ignoring_case(attribute.name, "filename*");
    }
  }
  return part;
}

// A line "--boundary" or "--boundary--" with white space behind it.
struct Delimiter {
  std::size_t begin = 0;  // of the line end in front of it, which belongs to it
  std::size_t end = 0;    // behind its own line end
  bool is_last = false;
};

std::optional<Delimiter> find_delimiter(std::string_view body, std::string_view boundary, std::size_t from) {
  for (std::size_t at = from;; ++at) {
    at = body.find(boundary, at);
    if (at == std::string_view::npos) return {};
    if (at < from + 2 || body.substr(at - 2, 2) != "--") continue;
    Delimiter found;
    if (at == 2) {
      found.begin = 0;
    } else if (at >= 4 && body.substr(at - 4, 2) == kLineEnd) {
      // Two delimiters in a row share one line end: then the part between them is empty.
      found.begin = std::max(at - 4, from);
    } else {
      continue;
    }
    std::string_view rest = body.substr(at + boundary.size());
    found.is_last = rest.starts_with("--");
    if (found.is_last) rest.remove_prefix(2);
    while (rest.starts_with(' ') || rest.starts_with('\t')) rest.remove_prefix(1);
    if (!rest.starts_with(kLineEnd) && !(found.is_last && rest.empty())) continue;
    found.end = std::min(body.size(), static_cast<std::size_t>(rest.data() - body.data()) + kLineEnd.size());
    return found;
  }
}

// Cuts a part into its header and its value; false where nothing ends the header.
bool split_part(std::string_view part, std::string_view& header, std::string_view& value) {
  if (part.starts_with(kLineEnd)) {  // no header at all
    header = {};
    value = part.substr(kLineEnd.size());
    return true;
  }
  const std::size_t end = part.find("\r\n\r\n");
  if (end == std::string_view::npos) return false;
  header = part.substr(0, end);
  value = part.substr(end + 4);
  return true;
}

}  // namespace

bool is_multipart(std::string_view content_type) {
  return equals_ignoring_case(trim(content_type.substr(0, content_type.find(';'))), "multipart/form-data");
}

std::string_view multipart_boundary(std::string_view content_type) {
  if (!is_multipart(content_type)) return {};
  std::string_view rest = content_type.substr(std::min(content_type.find(';'), content_type.size()));
  for (Attribute attribute; take_attribute(rest, attribute);) {
    if (!equals_ignoring_case(attribute.name, "boundary")) continue;
    return attribute.value.size() <= kBoundaryMax ? attribute.value : std::string_view();
  }
  return {};
}

bool read_multipart(std::string_view body, std::string_view boundary, std::size_t parts_max,
                    std::vector<wire::Param>& out) {
  if (boundary.empty()) return false;
  std::optional<Delimiter> open = find_delimiter(body, boundary, 0);
  for (std::size_t parts = 0; open && !open->is_last; ++parts) {
    const std::optional<Delimiter> close = find_delimiter(body, boundary, open->end);
    if (!close || parts == parts_max) return false;
    std::string_view header;
    std::string_view value;
    if (!split_part(body.substr(open->end, close->begin - open->end), header, value)) return false;
    const Part part = read_header(header);
    if (!part.name || part.name->empty()) return false;
    if (!part.is_file) {
      if (value.find('\0') != std::string_view::npos) return false;
      out.push_back({*part.name, value});
    }
    open = close;
  }
  return open.has_value();
}

}  // namespace fleet::bridge
