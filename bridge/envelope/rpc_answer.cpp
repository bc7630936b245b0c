#include "bridge/envelope/rpc_answer.h"

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>

namespace fleet::bridge {
namespace {

// The host that real answers of this API name.
constexpr std::string_view kHostId = "iot.cn-shanghai.aliyuncs.com";

// One member of the answer. `bare` values are booleans: unquoted in JSON.
struct Field {
  std::string_view name;
  std::string_view value;
  bool bare = false;
};

// RFC 8259 §7. Bytes from 0x80 on pass: what callers sent is UTF-8 or their own affair.
void append_json_text(std::string_view text, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out.append("\\u00");
      out.push_back(kHex[static_cast<unsigned char>(c) >> 4]);
      out.push_back(kHex[static_cast<unsigned char>(c) & 15]);
    } else {
      out.push_back(c);
    }
  }
}

// XML 1.0 §2.2 and §2.4: control characters cannot be written at all, not even escaped.
void append_xml_text(std::string_view text, std::string& out) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out.append("&amp;");
        break;
      case '<':
        out.append("&lt;");
        break;
      case '>':
        out.append("&gt;");
        break;
      default: {
        const bool writable = static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n' || c == '\r';
        out.push_back(writable ? c : '?');
      }
    }
  }
}

// A member as XML elements: one for a value or an object, one for each item of an array.
void append_xml_member(const std::string& name, const nlohmann::ordered_json& value, std::string& out) {
  if (value.is_array()) {
    for (const auto& item : value) append_xml_member(name, item, out);
    return;
  }
  out.append("<").append(name).push_back('>');
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) append_xml_member(key, member, out);
  } else if (value.is_string()) {
    append_xml_text(value.get_ref<const std::string&>(), out);
  } else {
    out.append(value.dump());
  }
  out.append("</").append(name).push_back('>');
}

HttpAnswer make_answer(bool xml, unsigned status, std::string_view root, std::initializer_list<Field> fields,
                       const nlohmann::ordered_json& more) {
  HttpAnswer answer;
  answer.status = status;
  std::string& out = answer.body;
  std::size_t size = 80 + 2 * root.size();
  for (const Field& field : fields) size += 2 * field.name.size() + field.value.size() + 8;
  out.reserve(size);
  if (!xml) {
    answer.content_type = "application/json;charset=utf-8";
    for (const Field& field : fields) {
      out.append(out.empty() ? "{\"" : ",\"").append(field.name).append(field.bare ? "\":" : "\":\"");
      append_json_text(field.value, out);
      if (!field.bare) out.push_back('"');
    }
    for (const auto& [name, value] : more.items()) {
      out.append(",\"").append(name).append("\":");
      out.append(value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    }
    out.push_back('}');
    return answer;
  }
  answer.content_type = "text/xml;charset=utf-8";
  out.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?><").append(root).push_back('>');
  for (const Field& field : fields) {
    out.append("<").append(field.name).push_back('>');
    append_xml_text(field.value, out);
    out.append("</").append(field.name).push_back('>');
  }
  for (const auto& [name, value] : more.items()) append_xml_member(name, value, out);
  out.append("</").append(root).push_back('>');
  return answer;
}

std::string response_root(std::string_view action) { return std::string(action) + "Response"; }

}  // namespace

HttpAnswer success_answer(bool xml, std::string_view action, std::string_view request_id,
                          const nlohmann::ordered_json& fields) {
  return make_answer(xml, 200, response_root(action), {{"RequestId", request_id}, {"Success", "true", true}}, fields);
}

HttpAnswer business_answer(bool xml, std::string_view action, std::string_view request_id, const BusinessError& error,
                           const nlohmann::ordered_json& fields) {
  return make_answer(
      xml, 200, response_root(action),
      {{"RequestId", request_id}, {"Success", "false", true}, {"Code", error.code}, {"ErrorMessage", error.message}},
      fields);
}

HttpAnswer gateway_answer(bool xml, std::string_view request_id, const GatewayError& error) {
  return make_answer(xml, error.status, "Error",
                     {{"RequestId", request_id}, {"HostId", kHostId}, {"Code", error.code}, {"Message", error.message}},
                     {});
}

}  // namespace fleet::bridge
