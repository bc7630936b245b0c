#include "bridge/tmc/json_scan.h"

#include <array>
#include <cstdint>
#include <cstring>

#include "wire/mqtt/utf8.h"

namespace fleet::bridge {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Bytes of eight that are a quote, a backslash, below 0x20 or above 0x7F have their high bit set in the result, and
// perhaps further ones above the first such byte (the borrow of the subtractions); zero means that all are plain.
std::uint64_t special_bytes(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101ULL;
  constexpr std::uint64_t kHigh = 0x8080'8080'8080'8080ULL;
  const std::uint64_t quote = word ^ (kOnes * '"');
  const std::uint64_t backslash = word ^ (kOnes * '\\');
  return ((word - kOnes * 0x20) | (quote - kOnes) | (backslash - kOnes) | word) & kHigh;
}

// What stands behind a backslash, and the character it means; 0: none.
constexpr std::array<char, 256> make_escapes() {
  std::array<char, 256> table{};
  table['"'] = '"';
  table['\\'] = '\\';
  table['/'] = '/';
  table['b'] = '\b';
  table['f'] = '\f';
  table['n'] = '\n';
  table['r'] = '\r';
  table['t'] = '\t';
  return table;
}
constexpr auto kEscapes = make_escapes();

void append_utf8(unsigned point, std::string& out) {
  const auto add = [&out](unsigned byte) { out.push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    add(point);
  } else if (point < 0x800) {
    add(0xC0 | point >> 6);
    add(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    add(0xE0 | point >> 12);
    add(0x80 | (point >> 6 & 0x3F));
    add(0x80 | (point & 0x3F));
  } else {
    add(0xF0 | point >> 18);
    add(0x80 | (point >> 12 & 0x3F));
    add(0x80 | (point >> 6 & 0x3F));
    add(0x80 | (point & 0x3F));
  }
}

}  // namespace

bool is_json(std::string_view text) {
  JsonScan scan(text);
  return scan.skip_value() && scan.at_end();
}

char JsonScan::peek() {
  while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) ++at_;
  return at_ == end_ ? '\0' : *at_;
}

bool JsonScan::take(char c) {
  if (peek() != c || at_ == end_) return false;
  ++at_;
  return true;
}

bool JsonScan::read_raw(std::string_view& out) {
  (void)peek();
  const char* const begin = at_;
  if (!skip_value()) return false;
  out = {begin, static_cast<std::size_t>(at_ - begin)};
  return true;
}

bool JsonScan::skip_value(int depth) {
  switch (peek()) {
    case '{':
      return skip_list(depth, '}', true);
    case '[':
      return skip_list(depth, ']', false);
    case '"':
      return skip_string();
    case 't':
      return skip_word("true");
    case 'f':
      return skip_word("false");
    case 'n':
      return skip_word("null");
    default:
      return skip_number();
  }
}

bool JsonScan::skip_list(int depth, char close, bool with_keys) {
  if (depth == kJsonDepthMax) return false;
  ++at_;
  if (take(close)) return true;
  for (;;) {
    if (with_keys && (peek() != '"' || !skip_string() || !take(':'))) return false;
    if (!skip_value(depth + 1)) return false;
    if (take(close)) return true;
    if (!take(',')) return false;
  }
}

bool JsonScan::skip_word(std::string_view word) {
  const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
  if (!rest.starts_with(word)) return false;
  at_ += word.size();
  return true;
}

bool JsonScan::skip_number() {
  const auto digits = [this] {
    const char* const begin = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return at_ != begin;
  };
  if (at_ != end_ && *at_ == '-') ++at_;
  if (at_ != end_ && *at_ == '0') {
    ++at_;
  } else if (!digits()) {
    return false;
  }
  if (at_ != end_ && *at_ == '.') {
    ++at_;
    if (!digits()) return false;
  }
  if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
    ++at_;
    if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
    if (!digits()) return false;
  }
  return true;
}

bool JsonScan::skip_plain() {
  for (;;) {
    while (end_ - at_ >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, at_, sizeof word);
      if (special_bytes(word) != 0) break;
      at_ += 8;
    }
    while (at_ != end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_ - 0x20) < 0x60) ++at_;
    if (at_ == end_ || static_cast<unsigned char>(*at_) < 0x20) return false;
    if (static_cast<unsigned char>(*at_) < 0x80) return true;
    const std::size_t size = wire::mqtt::utf8_character_size({at_, static_cast<std::size_t>(end_ - at_)});
    if (size == 0) return false;
    at_ += size;
  }
}

std::optional<unsigned> JsonScan::read_hex4() {
  if (end_ - at_ < 4) return {};
  unsigned number = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = *at_++;
    const auto letter = static_cast<unsigned>((c | 0x20) - 'a');
    if (!is_digit(c) && letter > 5) return {};
    number = number << 4 | (is_digit(c) ? static_cast<unsigned>(c - '0') : letter + 10);
  }
  return number;
}

bool JsonScan::skip_string() {
  ++at_;
  for (;;) {
    if (!skip_plain()) return false;
    if (*at_++ == '"') return true;
    if (at_ == end_) return false;
    const char kind = *at_++;
    if (kind == 'u' ? !read_hex4() : kEscapes[static_cast<unsigned char>(kind)] == 0) return false;
  }
}

bool JsonScan::read_string(std::string& storage, std::string_view& out) {
  if (!take('"')) return false;
  const std::size_t first = storage.size();
  for (const char* run = at_;; run = at_) {
    if (!skip_plain()) return false;
    const std::string_view plain(run, static_cast<std::size_t>(at_ - run));
    if (*at_++ == '"') {
      if (storage.size() == first) {
        out = plain;
        return true;
      }
      storage.append(plain);
      out = std::string_view(storage).substr(first);
      return true;
    }
    storage.append(plain);
    if (at_ == end_) return false;
    const char kind = *at_++;
    if (kind != 'u') {
      const char meant = kEscapes[static_cast<unsigned char>(kind)];
      if (meant == 0) return false;
      storage.push_back(meant);
      continue;
    }
    const auto high = read_hex4();
    if (!high || (*high >= 0xDC00 && *high < 0xE000)) return false;
    if (*high < 0xD800 || *high >= 0xE000) {
      append_utf8(*high, storage);
      continue;
    }
    if (!skip_word("\\u")) return false;
    const auto low = read_hex4();
    if (!low || *low < 0xDC00 || *low >= 0xE000) return false;
    append_utf8(0x10000 + ((*high & 0x3FF) << 10 | (*low & 0x3FF)), storage);
  }
}

}  // namespace fleet::bridge
