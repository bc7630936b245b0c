#include "sim/calls/tmc_answer.h"

#include <exception>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

namespace fleet::sim {

namespace {

// Members of the answer, wherever they stand.
enum class Member { other, error_response, response, all_success, success, results, result, code, words, sub_code };

Member member_of(const std::string& key) {
  constexpr std::pair<std::string_view, Member> kMembers[] = {{"error_response", Member::error_response},
                                                              {"tmc_messages_produce_response", Member::response},
                                                              {"tmc_message_produce_response", Member::response},
                                                              {"is_all_success", Member::all_success},
                                                              {"is_success", Member::success},
                                                              {"results", Member::results},
                                                              {"tmc_produce_result", Member::result},
                                                              {"code", Member::code},
                                                              {"msg", Member::words},
                                                              {"sub_code", Member::sub_code},
                                                              {"error_code", Member::code},
                                                              {"error_message", Member::words}};
  for (const auto& [name, member] : kMembers) {
    if (name == key) return member;
  }
  return Member::other;
}

// What is said of the call (in a response or an error_response), or of one message.
struct Said {
  std::optional<bool> success;
  std::string code, words, sub_code;
};

// Keeps what is said at the places of the API's pages, and nothing else, however large or deep the text is.
//   depth 1: the roots · 2: their members · 3: tmc_produce_result · 4: its array · 5: members of a result
class TmcText final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit TmcText(std::uint32_t batch) : batch_(batch) {}

  bool null() override { return depth_ > 0; }
  bool boolean(bool flag) override {
    const Member member = here();
    if (Said* said = said_here(); said && (member == Member::success || member == Member::all_success)) {
      said->success = flag;
    }
    return depth_ > 0;
  }
  bool number_integer(number_integer_t number) override { return text_value(std::to_string(number)); }
  bool number_unsigned(number_unsigned_t number) override { return text_value(std::to_string(number)); }
  bool number_float(number_float_t, const string_t&) override { return depth_ > 0; }
  bool string(string_t& text) override { return text_value(std::move(text)); }
  bool binary(binary_t&) override { return depth_ > 0; }
  bool start_object(std::size_t) override {
    if (in_results() && depth_ == 4) {
      if (results.size() == batch_) return false;  // more than messages
      results.emplace_back();
    }
    return start();
  }
  bool start_array(std::size_t) override { return depth_ > 0 && start(); }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }
  bool key(string_t& name) override {
    if (depth_ < kDepthKept) keys_[depth_] = member_of(name);
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

  std::optional<Said> error, response;
  std::vector<Said> results;

 private:
  static constexpr std::size_t kDepthKept = 6;

  bool start() {
    ++depth_;
    if (depth_ < kDepthKept) keys_[depth_] = Member::other;
    return true;
  }
  bool end() {
    --depth_;
    return true;
  }
  [[nodiscard]] Member here() const { return depth_ < kDepthKept ? keys_[depth_] : Member::other; }
  [[nodiscard]] bool in_results() const {
    return keys_[1] == Member::response && depth_ >= 4 && keys_[2] == Member::results && keys_[3] == Member::result;
  }
  // Where a value at this place belongs; null: nowhere.
  [[nodiscard]] Said* said_here() {
    if (depth_ == 2 && keys_[1] == Member::error_response) return &(error ? *error : error.emplace());
    if (depth_ == 2 && keys_[1] == Member::response) return &(response ? *response : response.emplace());
    if (depth_ == 5 && in_results() && !results.empty()) return &results.back();
    return nullptr;
  }
  bool text_value(std::string text) {
    if (Said* said = said_here()) {
      if (here() == Member::code)
        said->code = std::move(text);
      else if (here() == Member::words)
        said->words = std::move(text);
      else if (here() == Member::sub_code)
        said->sub_code = std::move(text);
    }
    return depth_ > 0;
  }

  std::uint32_t batch_;
  std::size_t depth_ = 0;
  Member keys_[kDepthKept] = {};
};

std::string message_code(const Said& said) {
  return printable_code(said.words.empty() ? said.code : said.code + ": " + said.words);
}

std::string error_code(const Said& said) {
  const std::string& why = said.sub_code.empty() ? said.words : said.sub_code;
  return printable_code(why.empty() ? said.code : said.code + " " + why);
}

// Of a response that is not all success.
BridgeAnswer judge_results(const std::vector<Said>& results, std::uint32_t batch) {
  BridgeAnswer bad{CallResult::failed, "bad answer"};
  if (results.size() != batch) return bad;
  BridgeAnswer answer{CallResult::accepted, {}};
  for (std::uint32_t i = 0; i < batch; ++i) {
    if (!results[i].success) return bad;
    if (*results[i].success) continue;
    answer.refused.push_back(i);
    answer.refused_codes.push_back(message_code(results[i]));
  }
  if (answer.refused.empty()) return bad;
  if (answer.refused.size() == batch) return {CallResult::rejected, answer.refused_codes.front()};
  return answer;
}

}  // namespace

BridgeAnswer judge_tmc_answer(unsigned status, std::string_view body, std::uint32_t batch) {
  TmcText text(batch);
  bool whole = false;
  try {
    whole = nlohmann::json::sax_parse(body, &text);
  } catch (const std::exception&) {  // the library may throw what parse_error() does not cover
    whole = false;
  }
  const bool good_status = status >= 200 && status < 300;
  if (whole && text.error && !text.error->code.empty()) return {CallResult::rejected, error_code(*text.error)};
  if (!good_status) return {CallResult::rejected, "HTTP " + std::to_string(status)};
  if (!whole || text.error || !text.response || !text.response->success) return {CallResult::failed, "bad answer"};
  if (*text.response->success) return {CallResult::accepted, {}};
  return judge_results(text.results, batch);
}

}  // namespace fleet::sim
