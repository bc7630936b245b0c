// Reads one HTTP/1.1 answer at a time from the pieces in which a socket hands it over. Bounded: 16 KB of head, 1 MB of
// body. The parser is Boost.Beast's, included in answer_reader.cpp only.
#pragma once

#include <memory>
#include <string_view>

namespace fleet::sim {

// Owned by one connection, lives on its loop.
class AnswerReader {
 public:
  enum class Progress {
    more,    // the answer goes on
    whole,   // status(), body() and the rest may be read
    broken,  // not HTTP, or beyond the bounds
  };

  AnswerReader();
  ~AnswerReader();

  // Forgets everything; the next byte is the first of an answer.
  void begin();
  // Interim answers (1xx) are passed over.
  [[nodiscard]] Progress feed(std::string_view bytes);
  // The peer closed: whole where the body's end is the end of the stream, broken otherwise.
  [[nodiscard]] Progress end_of_stream();

  // Something of an answer has come; interim answers are nothing of it.
  [[nodiscard]] bool has_begun() const;

  // After whole, until begin(); views into the reader.
  [[nodiscard]] unsigned status() const;
  [[nodiscard]] std::string_view body() const;
  [[nodiscard]] std::string_view server_timing() const;  // the header's first line, empty where there is none
  // Another request may follow on this connection: both sides keep it, and nothing came behind the answer.
  [[nodiscard]] bool reusable() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fleet::sim
