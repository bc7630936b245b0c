// Text of callers inside JSON and XML answers.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace fleet::bridge {

// The inside of a JSON string: RFC 8259 §7. Bytes from 0x80 on pass: what callers sent is UTF-8 or their own affair.
void append_json_text(std::string_view text, std::string& out);

// A JSON value; bytes that are no UTF-8 are replaced.
void append_json(const nlohmann::ordered_json& value, std::string& out);

// The inside of an XML element: XML 1.0 §2.2, §2.4 and §2.11. Control characters cannot be written at all, not even
// escaped: they and bytes that are no UTF-8 are replaced.
void append_xml_text(std::string_view text, std::string& out);

// A member as XML elements: one for a value or an object, one for each item of an array.
void append_xml_member(const std::string& name, const nlohmann::ordered_json& value, std::string& out);

}  // namespace fleet::bridge
