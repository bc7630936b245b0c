// RequestId: an upper-case UUID in every answer.
#pragma once

#include <random>
#include <string>

namespace fleet::bridge {

// Random UUIDs, RFC 4122 version 4. They name calls and protect nothing, so a plain generator does.
class RequestIds {
 public:
  RequestIds();

  // "9E76053E-26ED-4AB4-AE58-8AFC3F1E7E8E"
  [[nodiscard]] std::string next();

 private:
  std::mt19937_64 random_;
};

}  // namespace fleet::bridge
