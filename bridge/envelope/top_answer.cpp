#include "bridge/envelope/top_answer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "bridge/envelope/markup.h"

namespace fleet::bridge {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kXmlHead = R"(<?xml version="1.0" encoding="utf-8" ?>)";

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return to_lower(x) == to_lower(y); });
}

std::string root_of(std::string_view method) {
  constexpr std::string_view kPrefix = "taobao.";
  if (method.starts_with(kPrefix)) method.remove_prefix(kPrefix.size());
  std::string root(method);
  std::replace(root.begin(), root.end(), '.', '_');
  return root.append("_response");
}

// {"results": {"item": [...]}} becomes {"results": [...]}.
void drop_item_names(Json& value) {
  if (!value.is_structured()) return;
  if (value.is_object() && value.size() == 1 && value.begin()->is_array()) {
    Json list = std::move(*value.begin());
    value = std::move(list);
  }
  for (Json& member : value) drop_item_names(member);
}

HttpAnswer answer(TopFormat format, const std::string& root, const Json& fields) {
  HttpAnswer out;
  if (format.json) {
    out.content_type = "application/json;charset=utf-8";
    if (!format.simplify) out.body.append("{\"").append(root).append("\":");
    append_json(fields, out.body);
    if (!format.simplify) out.body.push_back('}');
  } else {
    out.content_type = "text/xml;charset=utf-8";
    out.body.append(kXmlHead);
    append_xml_member(root, fields, out.body);
  }
  return out;
}

}  // namespace

TopFormat top_format(const TopParams& params) {
  const std::string_view format = params.get("format");
  TopFormat out;
  out.json = equals_ignoring_case(format, "json");
  out.known = out.json || format.empty() || equals_ignoring_case(format, "xml");
  out.simplify = out.json && equals_ignoring_case(params.get("simplify"), "true");
  return out;
}

HttpAnswer top_success(TopFormat format, std::string_view method, std::string_view request_id, Json fields) {
  if (format.simplify) {
    for (Json& member : fields) drop_item_names(member);
  }
  fields["request_id"] = request_id;
  HttpAnswer out = answer(format, root_of(method), fields);
  out.action = method;
  return out;
}

HttpAnswer top_failure(TopFormat format, std::string_view request_id, const TopError& error) {
  Json fields = {{"code", error.code}, {"msg", error.message}};
  if (!error.sub_code.empty()) fields["sub_code"] = error.sub_code;
  if (!error.sub_message.empty()) fields["sub_msg"] = error.sub_message;
  fields["request_id"] = request_id;
  format.simplify = false;  // error_response is what callers look for
  HttpAnswer out = answer(format, "error_response", fields);
  out.code = top_code_text(error.code);
  return out;
}

TopRequestIds::TopRequestIds() {
  std::random_device entropy;
  random_.seed((std::uint64_t{entropy()} << 32) | entropy());
}

std::string TopRequestIds::next() {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string id(12, '0');  // 36^12 is below 2^64
  std::uint64_t bits = random_();
  for (char& c : id) {
    c = kDigits[bits % kDigits.size()];
    bits /= kDigits.size();
  }
  return id;
}

}  // namespace fleet::bridge
