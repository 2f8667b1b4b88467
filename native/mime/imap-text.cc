// Implementation of imap-text.h.
#include "mime/imap-text.h"

#include <array>
#include <charconv>

#include "bytes/utf8.h"

namespace tegu::mime {
namespace {

void append_literal(std::string& out, std::string_view text) noexcept {
  out.push_back('{');
  append_number(out, text.size());
  out.append("}\r\n");
  out.append(text);
}

std::string without_nul(std::string_view text) noexcept {
  std::string clean;
  for (const char c : text) {
    if (c == '\0') {
      bytes::append_utf8(clean, bytes::k_replacement);
    } else {
      clean.push_back(c);
    }
  }
  return clean;
}

}  // namespace

void append_number(std::string& out, std::uint64_t number) noexcept {
  std::array<char, 20> digits;
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), result.ptr);
}

void append_imap_string(std::string& out, std::string_view text) noexcept {
  bool needs_literal = false;
  for (const char c : text) {
    if (c == '\0') return append_literal(out, without_nul(text));
    needs_literal |= c == '\r' || c == '\n' || static_cast<unsigned char>(c) >= 0x80;
  }
  if (needs_literal) return append_literal(out, text);
  out.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
}

void append_imap_phrase(std::string& out, std::string_view text) noexcept {
  std::string single;
  for (const char c : text) {
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
      single.push_back(c);
    } else if (!single.empty() && single.back() != ' ') {
      single.push_back(' ');
    }
  }
  if (!single.empty() && single.back() == ' ') single.pop_back();
  append_imap_string(out, single);
}

}  // namespace tegu::mime
