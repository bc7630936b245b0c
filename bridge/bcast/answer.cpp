#include "bridge/bcast/answer.h"

#include <nlohmann/json.hpp>

#include "wire/signing.h"

namespace fleet::bridge {
namespace {

constexpr std::string_view kJson = "application/json";

}  // namespace

HttpAnswer bcast_message_answer(std::string_view request_id, std::string_view message_id) {
  HttpAnswer answer{200, std::string(kJson), {}};
  answer.body.reserve(140);
  answer.body.append(R"({"Success":true,"RequestId":")").append(request_id);
  answer.body.append(R"(","MessageId":")").append(message_id).append("\"}");
  return answer;
}

HttpAnswer bcast_fields_answer(std::string_view request_id, const nlohmann::ordered_json& fields) {
  nlohmann::ordered_json body = {{"Success", true}, {"RequestId", request_id}};
  body.update(fields);
  return {200, std::string(kJson), body.dump()};
}

HttpAnswer bcast_error_answer(std::string_view request_id, const BcastError& error) {
  nlohmann::ordered_json body;
  if (error.of_gate) {
    body = {{"code", error.code}, {"message", error.message}};
  } else {
    body = {{"Success", false}, {"RequestId", request_id}, {"Code", error.code}, {"ErrorMessage", error.message}};
  }
  HttpAnswer answer{error.status, std::string(kJson), body.dump()};
  answer.code = error.code;
  return answer;
}

std::string BcastIds::next() {
  std::string id = ids_.next();
  for (char& c : id) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  }
  return id;
}

std::string bcast_content_id(std::string_view content) {
  const std::string hash = wire::hash_hex(wire::HashMethod::sha256, content);
  std::string id;
  id.reserve(36);
  for (std::size_t i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) id.push_back('-');
    id.push_back(hash[i]);
  }
  id[14] = '4';  // version
  const int digit = id[19] <= '9' ? id[19] - '0' : id[19] - 'a' + 10;
  id[19] = "89ab"[digit & 3];  // variant: the upper two bits of the digit
  return id;
}

}  // namespace fleet::bridge
