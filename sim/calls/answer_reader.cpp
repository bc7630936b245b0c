#include "sim/calls/answer_reader.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <string>

namespace fleet::sim {

namespace {

namespace http = boost::beast::http;

constexpr std::uint32_t kHeadBytesMax = 16u << 10;
constexpr std::uint64_t kBodyBytesMax = 1u << 20;

}  // namespace

struct AnswerReader::State {
  std::optional<http::response_parser<http::string_body>> parser;
  std::string unread;  // the parser takes a head, and a chunk's size line, only whole
  bool ended_by_close = false;

  void restart() {
    parser.emplace();
    parser->eager(true);
    parser->header_limit(kHeadBytesMax);
    parser->body_limit(kBodyBytesMax);
  }
};

AnswerReader::AnswerReader() : state_(std::make_unique<State>()) { begin(); }
AnswerReader::~AnswerReader() = default;

void AnswerReader::begin() {
  state_->restart();
  state_->unread.clear();
  state_->ended_by_close = false;
}

AnswerReader::Progress AnswerReader::feed(std::string_view bytes) {
  State& state = *state_;
  state.unread.append(bytes);
  while (!state.unread.empty()) {
    boost::system::error_code error;
    const std::size_t taken = state.parser->put(boost::asio::buffer(state.unread), error);
    state.unread.erase(0, taken);
    if (error == http::error::need_more) return Progress::more;
    if (error) return Progress::broken;
    if (!state.parser->is_done()) {
      if (taken == 0) return Progress::more;
      continue;
    }
    const unsigned code = state.parser->get().result_int();
    if (code >= 200) return Progress::whole;
    if (code == 101) return Progress::broken;  // nobody asked for another protocol
    state.restart();
  }
  return Progress::more;
}

AnswerReader::Progress AnswerReader::end_of_stream() {
  State& state = *state_;
  state.ended_by_close = true;
  if (!state.parser->got_some()) return Progress::broken;
  boost::system::error_code error;
  state.parser->put_eof(error);
  return !error && state.parser->is_done() ? Progress::whole : Progress::broken;
}

bool AnswerReader::has_begun() const { return !state_->unread.empty() || state_->parser->got_some(); }

unsigned AnswerReader::status() const { return state_->parser->get().result_int(); }

std::string_view AnswerReader::body() const { return state_->parser->get().body(); }

std::string_view AnswerReader::server_timing() const {
  const auto& fields = state_->parser->get();
  const auto found = fields.find("Server-Timing");
  if (found == fields.end()) return {};
  return {found->value().data(), found->value().size()};
}

bool AnswerReader::reusable() const {
  return !state_->ended_by_close && state_->unread.empty() && state_->parser->get().keep_alive();
}

}  // namespace fleet::sim
