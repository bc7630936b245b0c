#include "bridge/envelope/rpc_answer.h"

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>

#include "bridge/envelope/markup.h"

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
      append_json(value, out);
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
  HttpAnswer answer =
      make_answer(xml, 200, response_root(action), {{"RequestId", request_id}, {"Success", "true", true}}, fields);
  answer.action = action;
  return answer;
}

HttpAnswer business_answer(bool xml, std::string_view action, std::string_view request_id, const BusinessError& error,
                           const nlohmann::ordered_json& fields) {
  HttpAnswer answer = make_answer(
      xml, 200, response_root(action),
      {{"RequestId", request_id}, {"Success", "false", true}, {"Code", error.code}, {"ErrorMessage", error.message}},
      fields);
  answer.action = action;
  answer.code = error.code;
  return answer;
}

HttpAnswer gateway_answer(bool xml, std::string_view request_id, const GatewayError& error) {
  HttpAnswer answer = make_answer(
      xml, error.status, "Error",
      {{"RequestId", request_id}, {"HostId", kHostId}, {"Code", error.code}, {"Message", error.message}}, {});
  answer.code = error.code;
  return answer;
}

}  // namespace fleet::bridge
